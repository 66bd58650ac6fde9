"""The commands of this repository, run inside `.venv` (`make help` lists them).

Each check prints one line; the output of a failing one follows in full. CI calls the same.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
BINARIES = FRONTEND / "node_modules" / ".bin"
PACKAGES = (
    "core", "store", "operator", "api", "workers", "migrations", "local", "kubectl", "tools"
)  # fmt: skip
WORKERS = min(8, (os.cpu_count() or 1) + 1)
"""Of pytest: tests of live systems wait now and then, so one more than there are processors."""
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "--dist", "loadgroup")
NORTHWIND = ROOT.parent / "shared" / "datasets" / "northwind" / "northwind.sql"
"""Real sales, which are not part of this repository."""
TESTED = ("--constraint", "requirements/dev.txt")
LOCKS: dict[str, tuple[str, ...]] = {
    "bootstrap": ("--group", "pyproject.toml:bootstrap"),
    "node": ("--group", "pyproject.toml:node"),
    "run": ("pyproject.toml", "--extra", "local", "--group", "run"),
    "dev": ("pyproject.toml", "--extra", "local", "--extra", "operator", "--group", "dev"),
    # What container images bring, at the versions that are tested.
    "image-build": ("--group", "pyproject.toml:build", *TESTED),
    "image-app": (
        *("pyproject.toml", "--extra", "api", "--extra", "workers", "--extra", "migrations"),
        *TESTED,
    ),
    "image-operator": ("pyproject.toml", "--extra", "operator", *TESTED),
    "image-servers": ("--group", "pyproject.toml:servers", *TESTED),
}
_CLOSING = re.compile(
    r"^=*\s*(\d+ (?:passed|failed|error|skipped|deselected).* in [\d.]+s.*?)\s*=*$"
)


@dataclass(frozen=True, slots=True)
class Check:
    """A check that has a processor for itself and takes nothing from another."""

    name: str
    argv: Sequence[object]
    cwd: Path = ROOT


@dataclass(slots=True)
class Run:
    """The checks of one command, with what they found."""

    failed: list[str] = field(default_factory=list)
    closings: list[str] = field(default_factory=list)
    """pytest's last lines."""
    _printing: threading.Lock = field(default_factory=threading.Lock)

    def check_each(self, checks: Sequence[Check]) -> None:
        """Run checks side by side, one a processor; the longest is best named first."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for _ in pool.map(lambda one: self.check(one.name, one.argv, cwd=one.cwd), checks):
                pass

    def check(
        self, name: str, argv: Sequence[object], *, cwd: Path = ROOT, loud: bool = False
    ) -> None:
        """Run one check; `loud` shows its output also when it passes."""
        began = time.monotonic()
        done = subprocess.run(
            [str(word) for word in argv],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        took = time.monotonic() - began
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        closing = next((m[1] for line in reversed(lines) if (m := _CLOSING.match(line))), "")
        if closing:
            self.closings.append(closing)
        passed = done.returncode == 0
        summary = f": {closing}" if closing else ""
        with self._printing:
            print(f"{'✓' if passed else '✗'} {name} ({took:.1f} s){summary}", flush=True)
            if not passed:
                self.failed.append(name)
            if loud or not passed:
                print("\n".join(lines), flush=True)

    def watch(self, name: str, argv: Sequence[object]) -> None:
        """Run one check that takes many minutes, and show its output as it comes."""
        began = time.monotonic()
        closing = ""
        with subprocess.Popen(
            [str(word) for word in argv],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                if match := _CLOSING.match(line.strip()):
                    closing = match[1]
        if closing:
            self.closings.append(closing)
        passed = process.returncode == 0
        print(f"{'✓' if passed else '✗'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if not passed:
            self.failed.append(name)

    def skip(self, name: str, why: str) -> None:
        """Leave one check out, and say so; in CI that is a failure."""
        print(f"- {name} left out: {why}", flush=True)
        if os.environ.get("CI"):
            self.failed.append(name)

    def end(self) -> int:
        """Say how it went, pytest's closing line last; returns the exit code."""
        if self.failed:
            print(f"failed: {', '.join(self.failed)}")
        if self.closings:
            print(together(self.closings))
        return 1 if self.failed else 0


def together(closings: Sequence[str]) -> str:
    """Pytest's closing lines as one: `3 passed, 1 skipped in 4.20s`."""
    counts: dict[str, int] = {}
    seconds = 0.0
    for closing in closings:
        told, _, took = closing.rpartition(" in ")
        seconds += float(took.partition("s")[0])
        for part in told.split(", "):
            number, _, what = part.partition(" ")
            what = what.replace("errors", "error").replace("warnings", "warning")
            counts[what] = counts.get(what, 0) + int(number)
    return f"{', '.join(f'{n} {what}' for what, n in counts.items())} in {seconds:.2f}s"


RUFF = (sys.executable, "-m", "ruff")
LINT = (
    Check("ruff", [*RUFF, "check", "."]),
    Check("format", [*RUFF, "format", "--check", "."]),
    Check("import contracts", [Path(sys.executable).with_name("lint-imports")]),
)
TYPES = (
    Check("mypy", [sys.executable, "-m", "mypy"]),
    Check("tsc", [BINARIES / "tsc", "--project", "."], FRONTEND),
)
PAGES = (
    Check("typed documents", [BINARIES / "graphql-codegen", "--check"], FRONTEND),
    Check("unused code", [BINARIES / "knip"], FRONTEND),
    Check("biome", [BINARIES / "biome", "check", "--error-on-warnings"], FRONTEND),
    Check("size of the pages", ["node", "tooling/budget.ts"], FRONTEND),
)


def lint(run: Run, _rest: Sequence[str]) -> None:
    """Style, formatting and import contracts."""
    run.check_each(LINT)


def types(run: Run, _rest: Sequence[str]) -> None:
    """Static types of Python and TypeScript."""
    run.check_each(TYPES)


def check_unit(run: Run, rest: Sequence[str]) -> None:
    """Tests of pure code."""
    run.check("unit tests", [*PYTEST, "tests/unit", *rest], loud=bool(rest))


def check_integration(run: Run, rest: Sequence[str]) -> None:
    """Tests over real PostgreSQL and Valkey."""
    run.check("integration tests", [*PYTEST, "tests/integration", *rest], loud=bool(rest))


def check_contract(run: Run, rest: Sequence[str]) -> None:
    """Generated files, extras, examples."""
    run.check("contract tests", [*PYTEST, "tests/contract", *rest], loud=bool(rest))


def check_python(run: Run, rest: Sequence[str]) -> None:
    """All Python tests but the cluster's and the browser's."""
    folders = ["tests/unit", "tests/integration", "tests/contract"]
    chosen = rest or [*folders, "-m", "not e2e and not browser"]
    run.check("pytest", [*PYTEST, *chosen], loud=bool(rest))


def check_components(run: Run) -> None:
    """The unit tests of the frontend."""
    run.check("vitest", [BINARIES / "vitest", "run"], cwd=FRONTEND)


def check_frontend(run: Run, _rest: Sequence[str]) -> None:
    """The frontend's checks and unit tests."""
    run.check_each(PAGES)
    check_components(run)


def check_browser(run: Run, rest: Sequence[str]) -> None:
    """The pages in a real browser, over Northwind's sales."""
    if "BASE_URL" not in os.environ:
        for path, why in (
            (Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")), "install chromium"),
            (Path(os.environ.get("NORTHWIND_SQL", NORTHWIND)), "name it in NORTHWIND_SQL"),
        ):
            if not path.exists():
                run.skip("playwright", f"there is no {path}; {why}")
                return
    run.check("playwright", [BINARIES / "playwright", "test", *rest], cwd=FRONTEND)


def check_all(run: Run, rest: Sequence[str]) -> None:
    """Everything that CI checks without a cluster."""
    if rest:
        check_python(run, rest)
        return
    run.check_each([*TYPES, *LINT, *PAGES])
    check_components(run)
    check_python(run, rest)
    check_browser(run, rest)


def e2e(run: Run, rest: Sequence[str]) -> None:
    """Everything on a real kind cluster."""
    run.watch("cluster tests", [sys.executable, ROOT / "hack" / "e2e.py", "test", *rest])


def e2e_full(run: Run, rest: Sequence[str]) -> None:
    """What takes longer on a cluster: hundreds of dashboards, scaling under load."""
    run.watch("longer cluster tests", [sys.executable, ROOT / "hack" / "e2e.py", "full", *rest])


def kind(run: Run, _rest: Sequence[str]) -> None:
    """A kind cluster with a dashboard on it."""
    run.watch("cluster", [sys.executable, ROOT / "hack" / "e2e.py", "kind"])


def ci(run: Run, _rest: Sequence[str]) -> None:
    """What CI runs: everything without a cluster, and everything on a real one."""
    check_all(run, ())
    e2e(run, ())


def generate(run: Run, _rest: Sequence[str]) -> None:
    """Write the generated files anew: pages, CRD, chart, GraphQL schema, typed documents."""
    run.check("reference pages", [sys.executable, ROOT / "hack" / "reference.py"], loud=True)
    run.check("CRD", [sys.executable, "-m", "shopx_tools.crd"], loud=True)
    run.check("chart", [sys.executable, ROOT / "hack" / "chart.py"], loud=True)
    run.check("schema.graphql", [sys.executable, "-m", "shopx_api.graphql.export"], loud=True)
    run.check("typed documents", [BINARIES / "graphql-codegen"], cwd=FRONTEND)


def fix(run: Run, _rest: Sequence[str]) -> None:
    """Format everything and apply the safe corrections."""
    run.check("ruff", [*RUFF, "check", "--fix", "."])
    run.check("format", [*RUFF, "format", "."])
    run.check("biome", [BINARIES / "biome", "check", "--write"], cwd=FRONTEND)


def lock(run: Run, rest: Sequence[str]) -> None:
    """Write requirements/*.txt anew; with --upgrade, at the newest versions."""
    uv = shutil.which("uv") or "uv"
    for name, what in LOCKS.items():
        run.check(
            f"requirements/{name}.txt",
            [
                uv,
                "pip",
                "compile",
                "-q",
                *what,
                "--universal",
                "--python-version",
                "3.11",
                "--generate-hashes",
                "--no-emit-index-url",
                "--no-annotate",
                "--custom-compile-command",
                "make lock",
                "-o",
                f"requirements/{name}.txt",
                *rest,
            ],
        )
    run.check("package-lock.json", [sys.executable, ROOT / "hack" / "complete_npm_lock.py"])


def bench(run: Run, rest: Sequence[str]) -> None:
    """Run a benchmark of bench/ (without a name: list them)."""
    scripts = {path.stem: path for path in sorted((ROOT / "bench").glob("*.py"))}
    if not rest or rest[0] not in scripts:
        print("make bench NAME=…, one of: " + ", ".join(scripts))
        run.failed += ["bench"] if rest else []
        return
    os.execv(sys.executable, [sys.executable, str(scripts[rest[0]]), *rest[1:]])  # noqa: S606 -- a script of this repository


def simulate(_run: Run, rest: Sequence[str]) -> None:
    """Compare autoscalers over the simulated scenarios; SEED=N draws others."""
    words = rest or ("--write", ROOT / "docs" / "scaling")
    module = (sys.executable, "-m", "shopx_tools.simulator")
    os.execv(sys.executable, [*module, *(str(word) for word in words)])  # noqa: S606 -- a module of this repository


def clean(run: Run, _rest: Sequence[str]) -> None:
    """Remove what was built or cached; data of `shopx up` stay."""
    del run
    for name in ("build", "dist", ".tools", ".pytest_cache", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ("node_modules", "test-results", "playwright-report"):
        shutil.rmtree(FRONTEND / folder, ignore_errors=True)
    shutil.rmtree(ROOT / "api" / "shopx_api" / "static", ignore_errors=True)
    for package in PACKAGES:
        for cache in (ROOT / package).rglob("__pycache__"):
            shutil.rmtree(cache, ignore_errors=True)


TASKS: dict[str, Callable[[Run, Sequence[str]], None]] = {
    "lint": lint,
    "types": types,
    "test": check_all,
    "test-unit": check_unit,
    "test-integration": check_integration,
    "test-contract": check_contract,
    "test-python": check_python,
    "test-frontend": check_frontend,
    "test-browser": check_browser,
    "e2e": e2e,
    "e2e-full": e2e_full,
    "kind": kind,
    "ci": ci,
    "generate": generate,
    "fix": fix,
    "lock": lock,
    "bench": bench,
    "simulate": simulate,
    "clean": clean,
}


def main(words: Sequence[str]) -> int:
    """Run one task."""
    name, *rest = words or [""]
    task = TASKS.get(name)
    if task is None:
        print(f"error: no such command: {name!r}; there are {', '.join(TASKS)}")
        return 2
    run = Run()
    task(run, rest)
    return run.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
