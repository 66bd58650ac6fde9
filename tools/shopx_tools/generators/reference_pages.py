"""The reference pages, from the models: docs/configuration.md and docs/manifest.md."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shopx_core.resource.rules import Resource, Rule, Transition
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_core.settings import PREFIX, Settings
from shopx_tools import ROOT

DOCS = ROOT / "docs"
GENERATED = "<!-- Written by `make generate` from the models; edit those. -->"


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Model | None` or `list[Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in get_args(annotation) if (found := _inner(item))), None)


def _text(description: str | None) -> str:
    return re.sub(r"\s+", " ", description or "").replace("|", "\\|").strip()


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return ""
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), "") or isinstance(value, BaseModel | SecretStr):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def configuration() -> str:
    """The page of environment variables."""
    lines = [
        "# Configuration",
        "",
        GENERATED,
        "",
        (
            "Every process reads its configuration from environment variables. `shopx up` and"
            " the operator set them from an `AnalyticsDashboard` (see [manifest.md](manifest.md)),"
            " so you need them only to run a process by hand. Durations are seconds; lists are"
            " JSON; an empty variable counts as absent; an unknown one within a group is refused."
            " A URL with a password or a token may be in a file instead: `NAME_FILE` has its path,"
            " such as `SHOPX_DATABASE_DSN_FILE=/run/secrets/database-dsn`."
        ),
    ]
    for name, field in Settings.model_fields.items():
        group = _inner(field.annotation)
        if group is None:
            lines += ["", f"`{PREFIX}{name.upper()}`: {_text(field.description)}"]
            lines[-1] += f" Default: {_default(field)}."
            continue
        lines += ["", f"## {name}", "", _text(group.__doc__), ""]
        lines += ["| variable | default | meaning |", "| --- | --- | --- |"]
        for key, inner in group.model_fields.items():
            variable = f"{PREFIX}{name}_{key}".upper()
            lines.append(f"| `{variable}` | {_default(inner)} | {_text(inner.description)} |")
    return "\n".join(lines) + "\n"


def _rows(model: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = _inner(field.annotation)
        many = "[]" if "list[" in str(field.annotation) and inner else ""
        where = f"{path}{field.alias or name}{many}"
        yield f"| `{where}` | {_default(field)} | {_text(field.description)} |"
        # Overrides of pods are the same everywhere: shown once.
        repeated = inner is not None and inner.__name__ in ("PodTemplate", "ComputeResources")
        if inner is not None and not (repeated and path):
            yield from _rows(inner, f"{where}.")


def _rules(model: type[Resource], path: str) -> Iterator[str]:
    rules: list[Rule | Transition] = [*model.rules, *model.transitions]
    for rule in rules:
        where = f"{path}.{rule.field}" if rule.field else path
        yield f"- `{where}`: {rule.message}"
    for name, field in model.model_fields.items():
        inner = _inner(field.annotation)
        if inner is not None and issubclass(inner, Resource):
            yield from _rules(inner, f"{path}.{field.alias or name}")


def manifest() -> str:
    """The page of the resource's spec."""
    lines = [
        "# The AnalyticsDashboard manifest",
        "",
        GENERATED,
        "",
        (
            "One object describes a whole dashboard, on one machine (`shopx up -f FILE`) and on a"
            " cluster alike. Every field has a default; `examples/dashboard.yaml` is a small one"
            " to start from. Durations are written `30s` or `1m30s`, quantities as Kubernetes"
            " writes them (`500m`, `2Gi`), schedules as five cron fields."
        ),
        "",
        "## Fields of spec",
        "",
        "| field | default | meaning |",
        "| --- | --- | --- |",
        *_rows(DashboardSpec, ""),
        "",
        (
            "The fields of every `podTemplate` are those of `podTemplate`; the fields of every"
            " `resources` are `requests` and `limits`, each with `cpu` and `memory`."
        ),
        "",
        "## Rules",
        "",
        "Besides the type of each field:",
        "",
        *dict.fromkeys(_rules(DashboardSpec, "spec")),
    ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    return {DOCS / "configuration.md": configuration(), DOCS / "manifest.md": manifest()}
