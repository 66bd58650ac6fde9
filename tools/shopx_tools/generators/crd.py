"""The CustomResourceDefinition, from the models of shopx_core.resource.

Pydantic's JSON schema uses what a structural schema forbids (references, `anyOf` with null, keys of
maps by pattern), so it is translated here. The models' rules become `x-kubernetes-validations`.
"""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from shopx_core.resource.rules import Resource, Transition
from shopx_core.resource.types import WORDS
from shopx_core.resource.v1beta1 import (
    CATEGORIES,
    GROUP,
    KIND,
    PLURAL,
    SHORT_NAMES,
    SINGULAR,
    AnalyticsDashboard,
)
from shopx_core.resource.versions import DEPRECATED, VERSION, deprecation
from shopx_tools import ROOT

Schema = dict[str, Any]

_HEADER: Final = "# Written by `make generate` from shopx_core.resource.v1beta1; edit that.\n"

# What a structural schema may say about a value, in the order in which it is written.
_KEPT: Final = (
    "description",
    "type",
    "enum",
    "default",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
)


def _condition(kind: str, field: str = "status") -> str:
    """The JSON path of a condition's field."""
    return f".status.conditions[?(@.type=='{kind}')].{field}"


_COLUMNS: Final = (
    ("Ready", "string", _condition("Ready"), "Whether all that was asked for runs.", 0),
    ("Status", "string", _condition("Ready", "reason"), "The state in one word.", 0),
    ("Version", "string", ".status.version", "The release that serves.", 0),
    ("URL", "string", ".status.url", "Where it is reached.", 0),
    ("API", "integer", ".status.api.ready", "API pods that serve.", 0),
    ("P95", "string", ".status.latency.p95Milliseconds", "95th percentile of answers, ms.", 0),
    ("Hit ratio", "string", ".status.cache.hitRatio", "Share answered from cache.", 0),
    ("Age", "date", ".metadata.creationTimestamp", "Since when it exists.", 0),
    ("Available", "string", _condition("Available"), "Whether visitors are answered.", 1),
    ("Degraded", "string", _condition("Degraded"), "Whether something is broken.", 1),
    ("Progressing", "string", _condition("Progressing"), "Whether it is changing.", 1),
    ("Database", "string", _condition("DatabaseReady"), "Whether the database serves.", 1),
    ("Last backup", "date", ".status.backup.lastBackupTime", "The last good base backup.", 1),
    ("Message", "string", _condition("Ready", "message"), "What to do.", 1),
)


def crd() -> Schema:
    """The whole CustomResourceDefinition."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{PLURAL}.{GROUP}",
            # Uninstalling the operator's chart must not delete every dashboard.
            "annotations": {"helm.sh/resource-policy": "keep"},
            "labels": {"app.kubernetes.io/name": "shopx-operator"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": list(SHORT_NAMES),
                "categories": list(CATEGORIES),
            },
            # The versions differ in nothing but their names, so there is nothing to convert.
            "conversion": {"strategy": "None"},
            "versions": [_version(name) for name in (VERSION, *DEPRECATED)],
        },
    }


def _version(name: str) -> Schema:
    """One version; of those that are deprecated, the fields are described by the other one.

    `kubectl apply` keeps the whole definition in an annotation, of which there are 256 KiB.
    """
    made: Schema = {"name": name, "served": True, "storage": name == VERSION}
    fields = schema()
    if name in DEPRECATED:
        made |= {"deprecated": True, "deprecationWarning": deprecation(f"{GROUP}/{name}")}
        fields = without_descriptions(fields)
    made["additionalPrinterColumns"] = [
        {"name": column, "type": kind, "jsonPath": path, "description": text}
        | ({"priority": priority} if priority else {})
        for column, kind, path, text, priority in _COLUMNS
    ]
    made["subresources"] = {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.api.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        },
    }
    made["schema"] = {"openAPIV3Schema": fields}
    return made


def without_descriptions(node: Schema) -> Schema:
    """A schema without its texts: what the API server validates and fills in by."""
    made = {key: value for key, value in node.items() if key != "description"}
    if "properties" in made:
        made["properties"] = {
            name: without_descriptions(inner) for name, inner in made["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = without_descriptions(made[key])
    return made


def schema() -> Schema:
    """The structural schema of the resource."""
    made = _Translation().model(AnalyticsDashboard)
    made["properties"] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    } | {name: made["properties"][name] for name in ("spec", "status")}
    # Flux and Helm take an object without status for one that is done; the first generation is 1.
    status = made["properties"]["status"]
    status["default"] = {
        name: field["default"] for name, field in status["properties"].items() if "default" in field
    }
    # The API server itself asks for the first three, and the spec has a default.
    made.pop("required", None)
    return made


class _Translation:
    """From Pydantic's JSON schema of a model to a structural schema."""

    def __init__(self) -> None:
        self._models = {model.__name__: model for model in _subclasses(Resource)}

    def model(self, model: type[Resource]) -> Schema:
        """An object's schema: its fields, then its rules."""
        json = model.model_json_schema(by_alias=True)
        self._definitions: Schema = json.get("$defs", {})
        return self._object(json, model)

    def _object(self, json: Schema, model: type[Resource]) -> Schema:
        properties = {
            name: self._value(value, _default(model, name))
            for name, value in json.get("properties", {}).items()
        }
        made: Schema = {"description": _one_line(model.__doc__), "type": "object"}
        if "required" in json:
            made["required"] = json["required"]
        made["properties"] = properties
        rules = [_validation(rule) for rule in (*model.rules, *model.transitions)]
        if rules:
            made["x-kubernetes-validations"] = rules
        return made

    def _value(self, json: Schema, default: Any = None) -> Schema:
        """One field's schema, its description and default in front of its type's own."""
        outer = {"description": _one_line(json["description"])} if "description" in json else {}
        if default is not None:
            outer["default"] = default
        alternatives = [item for item in json.get("anyOf", ()) if item.get("type") != "null"]
        if "anyOf" in json:
            # Absence stands for null: the API server drops nulls before it looks at anything.
            (json,) = alternatives
        if "$ref" in json:
            name = json["$ref"].removeprefix("#/$defs/")
            if name not in self._models:
                return outer | {"type": "object"}
            return _ordered(self._object(self._definitions[name], self._models[name]) | outer)
        return _ordered(self._plain(json) | outer)

    def _plain(self, json: Schema) -> Schema:
        made: Schema = {key: json[key] for key in _KEPT if key in json and key != "default"}
        if WORDS in json:
            pattern = made.pop("pattern", None)
            rule = _QUANTITY if pattern is None else f"self.matches('{_quoted(pattern)}')"
            made["x-kubernetes-validations"] = [{"rule": rule, "message": json[WORDS]}]
        if "const" in json:
            made["enum"] = [json["const"]]
        if "items" in json:
            made["items"] = self._value(json["items"])
            if "x-kubernetes-list-type" not in made:
                made["x-kubernetes-list-type"] = "atomic"
        if made.get("x-kubernetes-int-or-string"):
            # The API server wants the two types said in this way and in no other.
            del made["type"]
            made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
        if "patternProperties" in json:
            ((pattern, value),) = json["patternProperties"].items()
            made["additionalProperties"] = self._value(value)
            made["x-kubernetes-validations"] = [
                _keys_rule(pattern, json["propertyNames"]["maxLength"])
            ]
        elif isinstance(json.get("additionalProperties"), dict):
            made["additionalProperties"] = self._value(json["additionalProperties"])
        return made


_QUANTITY: Final = (
    "type(self) == int ? self >= 0 : isQuantity(self) && !quantity(self).isLessThan(quantity('0'))"
)
"""The API server's own reading of a quantity, which has no pattern."""


def _quoted(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace("'", "\\'")


def _keys_rule(pattern: str, longest: int) -> Schema:
    """A structural schema has no place for the form of a map's keys; CEL has."""
    return {
        "rule": f"self.all(key, key.size() <= {longest} && key.matches('{_quoted(pattern)}'))",
        "message": f"keys have at most {longest} characters and the form {pattern}",
    }


def _validation(rule: Any) -> Schema:
    made = {"rule": rule.cel, "message": rule.message}
    if rule.field:
        made["fieldPath"] = f".{rule.field}"
    if not isinstance(rule, Transition) and "oldSelf" in rule.cel:
        message = f"a rule that compares with the past is a Transition: {rule.cel}"
        raise ValueError(message)
    return made


def _default(model: type[BaseModel], alias: str) -> Any:
    """What the API server fills in.

    Whole objects are written out: the API server holds each default against the rules of its
    schema before it fills in what is missing inside.
    """
    field = next(info for name, info in model.model_fields.items() if (info.alias or name) == alias)
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True, mode="json")
    return value


def _subclasses(model: type[Resource]) -> list[type[Resource]]:
    return [found for child in model.__subclasses__() for found in (child, *_subclasses(child))]


def _ordered(schema: Schema) -> Schema:
    first = {key: schema[key] for key in _KEPT if key in schema}
    return first | schema


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, which a reader of a diff would have to follow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        del data
        return True


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    text = _HEADER + yaml.dump(crd(), Dumper=_Dumper, sort_keys=False, width=100)
    name = f"{PLURAL}.yaml"
    return {
        ROOT / "crds" / name: text,
        # The chart is installed without the rest of the repository.
        ROOT / "charts" / "shopx-operator" / "files" / name: text,
    }
