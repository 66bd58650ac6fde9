"""Every setting and every field of the manifest does something."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel, Field, create_model

from shopx_core.resource.types import Setting
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_core.settings import PartitionSettings, Settings
from tests.support.field_usage import models_below, models_in, unread_fields

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = tuple(
    ROOT / name / f"shopx_{name}"
    for name in ("core", "store", "api", "operator", "workers", "migrations", "local", "kubectl")
)
CORE: Final = ROOT / "core" / "shopx_core"
SPEC: Final = CORE / "resource" / "v1beta1"
DERIVATION: Final = CORE / "resource" / "derive.py"
SETTINGS: Final = CORE / "settings.py"

READ_OTHERWISE: Final[Mapping[tuple[str, str], str]] = {
    ("ResourceList", "memory"): "the operator's `resources` reads cpu and memory by name",
    ("BundledDatabase", "instances"): "a rule refuses more than one server, and says what to use",
}
"""Fields of the spec whose reading the search does not see, with the reason."""


@cache
def _modules() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted(package.rglob("*.py"))
    }


def _functions(module: ast.Module) -> ast.Module:
    """A module of the spec without its classes, whose rules only validate."""
    kept = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return ast.Module(body=list(kept), type_ignores=[])


def unread_settings(root: type[BaseModel] = Settings) -> set[tuple[str, str]]:
    """Settings that no process reads."""
    declaring = (SETTINGS, SPEC, DERIVATION)
    modules = [
        module
        for path, module in _modules().items()
        if not any(path.is_relative_to(one) for one in declaring)
    ]
    return unread_fields(root, "settings", modules)


def unread_spec(root: type[BaseModel] = DashboardSpec) -> set[tuple[str, str]]:
    """Fields of the spec that nothing reads and that neither are nor hold a setting."""
    modules = [
        _functions(module) if path.is_relative_to(SPEC) else module
        for path, module in _modules().items()
        if path != SETTINGS
    ]
    settings = {
        (name, one)
        for name, model in models_below(root).items()
        for one, info in model.model_fields.items()
        if any(isinstance(extra, Setting) for extra in info.metadata)
        or any(True for inner in models_in(info.annotation) for _ in _declared(inner))
    }
    return unread_fields(root, "spec", modules) - settings - READ_OTHERWISE.keys()


def _declared(model: type[BaseModel]) -> Iterator[str]:
    for inner in models_below(model).values():
        for info in inner.model_fields.values():
            yield from (extra.path for extra in info.metadata if isinstance(extra, Setting))


def test_every_setting_is_read() -> None:
    """A variable that nothing reads promises something that does not happen."""
    assert unread_settings() == set()


def test_every_field_of_the_spec_is_read_or_is_a_setting() -> None:
    assert unread_spec() == set()


def test_every_declared_setting_exists_and_is_declared_once() -> None:
    paths = list(_declared(DashboardSpec))
    assert len(paths) == len(set(paths))
    groups = {name: info.annotation for name, info in Settings.model_fields.items()}
    for path in paths:
        group, _, name = path.partition(".")
        owner = groups[group]
        assert isinstance(owner, type)
        assert issubclass(owner, BaseModel)
        assert name in owner.model_fields, path


@pytest.mark.parametrize("name", ["retain", "min", "dsn"])
def test_a_setting_that_nothing_reads_is_found(name: str) -> None:
    """Whatever else has an attribute of that name."""
    group = PartitionSettings
    changed = create_model(group.__name__, __base__=group, **{name: (int, 1)})  # type: ignore[call-overload]
    root = create_model("Settings", __base__=Settings, partitions=(changed, Field()))
    assert unread_settings(root) == {(group.__name__, name)}


def test_a_field_of_the_spec_that_nothing_reads_is_found() -> None:
    group = DashboardSpec.model_fields["partitions"].annotation
    assert isinstance(group, type)
    changed = create_model(group.__name__, __base__=group, retain=(int, 1))
    root = create_model("DashboardSpec", __base__=DashboardSpec, partitions=(changed, Field()))
    assert unread_spec(root) == {(group.__name__, "retain")}
