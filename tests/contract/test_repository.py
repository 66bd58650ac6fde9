"""Rules for the repository as a whole."""

import json
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from shopx_core.resource.manifest import parse_manifest
from shopx_core.resource.v1beta1 import KIND

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_the_folder_operator_does_not_hide_the_standard_library() -> None:
    """`import operator` from the repository's root is Python's own."""
    found = subprocess.run(
        [sys.executable, "-c", "import operator; print(operator.itemgetter(0)('ok'))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "o\n"
    assert not (ROOT / "operator" / "__init__.py").exists()


@pytest.mark.parametrize(
    "module",
    [
        "shopx_api.graphql.export",
        # CustomResourceDefinition, chart, reference pages
        "shopx_tools.generators",
        "shopx_tools.npm_lock",
    ],
)
def test_generated_files_are_current(module: str) -> None:
    """`make generate` (or `make lock`) would change nothing, in the chart neither."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_that_pages_name_exist() -> None:
    """A test that a page names is there."""
    named = {
        name
        for page in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", page.read_text("utf-8"))
    }
    assert len(named) > 20
    for name in sorted(named):
        file, _, function = name.partition("::")
        assert (ROOT / file).is_file(), name
        assert f"def {function}(" in (ROOT / file).read_text("utf-8") or not function, name


MANIFESTS = [
    path
    for path in sorted((ROOT / "examples").rglob("*.yaml"))
    if any(
        isinstance(document, dict) and document.get("kind") == KIND
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )
]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_example_manifests_are_valid(path: Path) -> None:
    manifest = parse_manifest(path.read_text(encoding="utf-8"), path.name)
    assert manifest.dashboard.metadata.name


def test_there_are_examples_for_one_machine() -> None:
    assert {"dashboard.yaml", "demo.yaml"} <= {path.name for path in MANIFESTS}


# Joined from parts, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a path of one machine": re.compile("|".join(["/" + "work/", "/" + "root/"])),
    "a package registry": re.compile(
        "|".join(
            re.escape(".".join(parts))
            for parts in (
                ("registry", "npmjs", "org"),
                ("registry", "yarnpkg", "com"),
                ("pypi", "org"),
                ("files", "pythonhosted", "org"),
                ("proxy", "golang", "org"),
            )
        )
    ),
}


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    """Each machine has its own registry and paths; a lock file must not choose."""
    found = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, pattern in FORBIDDEN.items():
            match = pattern.search(text)
            if match:
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line} names {what}: {match[0]}")
    assert found == []


def test_npm_lock_names_no_download_place() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, info in lock["packages"].items() if "resolved" in info] == []


def test_npm_lock_pins_the_content_of_what_is_installed_here() -> None:
    """A hash is lacking at most where a registry did not have the package: for other platforms."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    here = {"os": "linux", "cpu": "x64", "libc": "glibc"}
    unpinned = [
        name
        for name, info in lock["packages"].items()
        if name
        and "integrity" not in info
        and not (
            info.get("optional") and any(one not in info.get(key, one) for key, one in here.items())
        )
    ]
    assert unpinned == []


def _locked(name: str) -> dict[str, set[Version]]:
    """Versions by package; a package may have several, for different platforms."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    found: dict[str, set[Version]] = {}
    for match in re.finditer(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(match[1], set()).add(Version(match[2]))
    return found


def _requirements(names: list[str | dict[str, str]]) -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    found = []
    for name in names:
        if isinstance(name, dict):
            found += _requirements(groups[name["include-group"]])
        else:
            found.append(Requirement(name))
    return found


EXTRAS = PROJECT["project"]["optional-dependencies"]
BASE = PROJECT["project"]["dependencies"]
LOCAL = [item for name in ("api", "workers", "migrations", "local") for item in EXTRAS[name]]


@pytest.mark.parametrize(
    ("lock", "names"),
    [
        ("bootstrap", [{"include-group": "bootstrap"}]),
        ("node", [{"include-group": "node"}]),
        (
            "run",
            [*BASE, *(r for e in ("api", "workers", "migrations", "local") for r in EXTRAS[e])],
        ),
        ("dev", [*BASE, *(r for e in EXTRAS.values() for r in e), {"include-group": "dev"}]),
        ("image-build", [{"include-group": "build"}]),
        (
            "image-app",
            [*BASE, *(r for e in ("api", "workers", "migrations") for r in EXTRAS[e])],
        ),
        ("image-operator", [*BASE, *EXTRAS["operator"]]),
        ("image-backup", [{"include-group": "backup"}]),
        ("image-servers", [{"include-group": "servers"}]),
    ],
)
def test_locks_satisfy_the_project(lock: str, names: list[str | dict[str, str]]) -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    locked = _locked(lock)
    wrong = [
        str(wanted)
        for wanted in _requirements(names)
        if wanted.name != "shopx-analytics"
        and not any(
            wanted.specifier.contains(version, prereleases=True)
            for version in locked.get(wanted.name.lower().replace("_", "-"), ())
        )
    ]
    assert wrong == []


def test_locks_check_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        for line in lines:
            assert line.startswith("#") or not line.strip() or "--hash=sha256:" in line


BOOTSTRAP = runpy.run_path(str(ROOT / "hack" / "bootstrap.py"))["COMMANDS"]
TASKS: dict[str, object] = PROJECT["tool"]["poe"]["tasks"]
TARGETS = set(
    re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
)
STAGES = [
    stage
    for task in (*TASKS.values(), PROJECT["tool"]["poe"]["env"]["STATIC_CHECKS"])
    for stage in str(task).removeprefix("python -m shopx_tools.checks").split()
]


def test_make_help_lists_every_command() -> None:
    """A target is a command of bootstrap.py or a task; any other task must be a check."""
    checks = {name for stage in STAGES for name in stage.split(",")}
    assert {"help", *BOOTSTRAP} <= TARGETS
    assert TARGETS - {"help", *BOOTSTRAP} <= TASKS.keys()
    assert TASKS.keys() - checks <= TARGETS


def test_every_check_of_ci_is_a_task() -> None:
    """`make ci` is `make test`, then the cluster's tests; a misspelt check would fail late."""
    words = {name: str(TASKS[name]).split() for name in ("test", "ci")}
    assert words["ci"] == [*words["test"], "--stream", "cluster-tests"]
    assert words["test"][:4] == ["python", "-m", "shopx_tools.checks", "$STATIC_CHECKS"]
    static = PROJECT["tool"]["poe"]["env"]["STATIC_CHECKS"].split(",")
    assert {*static, *words["test"][4:], "cluster-tests"} <= TASKS.keys()
    for group in ("lint", "types", "test-frontend"):
        named = {name for stage in str(TASKS[group]).split()[3:] for name in stage.split(",")}
        assert named <= {*static, *words["test"][4:]}, group


def test_hosted_workflows_run_commands_that_exist() -> None:
    """Hosted CI calls what everyone calls; both checks of `make ci` are in it."""
    commands = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            commands |= {step["run"] for step in job["steps"] if "run" in step}
    assert {"make test", "make e2e"} <= commands
    made = {command.split()[1] for command in commands if command.startswith("make ")}
    assert made <= TARGETS
