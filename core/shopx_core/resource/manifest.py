"""Reading a manifest: one AnalyticsDashboard, with Secrets beside it, in multi-document YAML."""

import base64
import binascii
import difflib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource import cron
from shopx_core.resource.v1beta1 import API_VERSION, GROUP, KIND, AnalyticsDashboard
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_core.resource.versions import API_VERSIONS, deprecation


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file contains."""

    dashboard: AnalyticsDashboard
    secrets: Mapping[str, Mapping[str, str]]
    """Decoded values by Secret name and key; never to be printed."""
    ignored: tuple[str, ...]
    """Other objects in the file, as `Kind name`."""

    @property
    def deprecation(self) -> str | None:
        """What the API server would warn of; `None` = nothing."""
        return deprecation(self.dashboard.api_version)

    def secret(self, reference: SecretReference, field: str) -> str:
        """The value that a reference means.

        Args:
            reference: Which Secret and which key.
            field: The field that holds the reference, for the message.

        Raises:
            InvalidConfiguration: The file has no such Secret or key.
        """
        values = self.secrets.get(reference.name)
        if values is None:
            raise InvalidConfiguration(
                f"{field} names the Secret {reference.name!r}, which is not in the file.",
                hint="Add the Secret to the file as a document of its own, separated by `---`.",
            )
        if reference.key not in values:
            raise InvalidConfiguration(
                f"{field} names the key {reference.key!r}, which the Secret {reference.name!r}"
                " does not have.",
                hint=f"Its keys are: {', '.join(sorted(values)) or 'none'}.",
            )
        return values[reference.key]


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: no timestamps, and a key given twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is given twice", key_node.start_mark
                    )
                seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_manifest(text: str, source: str = "manifest") -> Manifest:
    """Read a manifest.

    Args:
        text: YAML, one or more documents.
        source: The file's name, for messages.

    Raises:
        InvalidConfiguration: The text is no YAML, has not exactly one AnalyticsDashboard, or the
            object is invalid; the message lists every problem with the path of its field.
    """
    try:
        documents = [item for item in yaml.load_all(text, _Loader) if item is not None]
    except yaml.YAMLError as error:
        raise InvalidConfiguration(
            f"{source} is not valid YAML: {_place(error)}.",
            hint="Check the indentation and quotes around that place.",
        ) from None
    dashboards: list[dict[str, Any]] = []
    secrets: dict[str, dict[str, str]] = {}
    ignored: list[str] = []
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, dict) or "kind" not in document:
            raise InvalidConfiguration(
                f"{source}, document {number}, is no Kubernetes object: it has no `kind`.",
                hint=f"Start it with `apiVersion: {API_VERSION}` and `kind: {KIND}`.",
            )
        kind = document["kind"]
        name = (document.get("metadata") or {}).get("name", "")
        if kind == KIND:
            dashboards.append(document)
        elif kind == "Secret" and document.get("apiVersion") == "v1":
            secrets[str(name)] = _secret_values(document, source)
        else:
            ignored.append(f"{kind} {name}".strip())
    if len(dashboards) != 1:
        raise InvalidConfiguration(
            f"{source} has {len(dashboards) or 'no'} objects of kind {KIND}; exactly one is needed."
        )
    return Manifest(parse_dashboard(dashboards[0], source), secrets, tuple(ignored))


def parse_dashboard(document: Mapping[str, Any], source: str = "manifest") -> AnalyticsDashboard:
    """Validate one object.

    Raises:
        InvalidConfiguration: With every problem, each with the path of its field.
    """
    version = document.get("apiVersion")
    if version not in API_VERSIONS:
        raise InvalidConfiguration(
            f"{source} says apiVersion {version!r}; this build reads {' and '.join(API_VERSIONS)}.",
            hint="Correct the apiVersion, or use the release that knows it."
            if str(version).startswith(GROUP)
            else f"Write `apiVersion: {API_VERSION}`.",
        )
    try:
        return AnalyticsDashboard.model_validate(document)
    except ValidationError as error:
        problems = [
            problem for item in error.errors(include_url=False) for problem in _problems(item)
        ]
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise InvalidConfiguration(
            f"{source} is not a valid {KIND}:{lines}", problems=problems
        ) from None


def _place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).replace("\n", " ")


def _secret_values(document: Mapping[str, Any], source: str) -> dict[str, str]:
    values: dict[str, str] = {}
    name = (document.get("metadata") or {}).get("name", "")
    try:
        for key, encoded in (document.get("data") or {}).items():
            values[key] = base64.b64decode(str(encoded), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidConfiguration(
            f"{source}: a value under `data` of the Secret {name!r} is not base64 of text.",
            hint="Write plain values under `stringData` instead.",
        ) from None
    values.update({key: str(value) for key, value in (document.get("stringData") or {}).items()})
    return values


def _fields_at(path: Iterable[str | int]) -> list[str]:
    """The names of the fields that the object at `path` may have."""
    model: type[BaseModel] = AnalyticsDashboard
    for part in path:
        if isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        inner = _model_in(fields[part].annotation) if part in fields else None
        if inner is None:
            return []
        model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Model | None` or `list[Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _problems(item: Any) -> list[str]:
    """One Pydantic error as sentences that start with the path of the field."""
    location = item["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    path = path.lstrip(".")
    if item["type"] == "rule":
        return [
            f"{path}.{field}: {message}" if field else f"{path}: {message}" if path else message
            for field, message in item["ctx"]["problems"]
        ]
    if item["type"] == "extra_forbidden":
        known = _fields_at(location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return [f"{path}: unknown field; {hint}"]
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "string_pattern_mismatch":
        message = f"has not the form that is needed ({message[0].lower()}{message[1:]})"
        if location[-1] == "schedule":
            message = cron.WORDS
    return [f"{path}: {message}"]
