"""The committed CustomResourceDefinition is one that an API server accepts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cel
import pytest
import yaml

from shopx_core.resource import cron
from shopx_core.resource.rules import Resource, Rule, Transition
from shopx_core.resource.v1beta1 import CATEGORIES, KIND, AnalyticsDashboard
from shopx_core.resource.versions import API_VERSIONS, DEPRECATED, GROUP
from shopx_core.resource.versions import VERSION as STORED
from shopx_tools.generators.crd import without_descriptions

ROOT = Path(__file__).resolve().parents[2]
CRD: dict[str, Any] = yaml.safe_load((ROOT / "crds" / "analyticsdashboards.yaml").read_text())
VERSIONS: dict[str, dict[str, Any]] = {one["name"]: one for one in CRD["spec"]["versions"]}
VERSION = VERSIONS[STORED]
SCHEMA: dict[str, Any] = VERSION["schema"]["openAPIV3Schema"]

# What apiextensions.k8s.io/v1 calls non-structural, and what it does not know.
FORBIDDEN = {"$ref", "$defs", "const", "oneOf", "propertyNames", "patternProperties", "title"}


def _nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any], int]]:
    """Every schema, with its path and how often it may occur in one object."""

    def walk(
        node: dict[str, Any], path: str, times: int
    ) -> Iterator[tuple[str, dict[str, Any], int]]:
        yield path, node, times
        for name, inner in node.get("properties", {}).items():
            yield from walk(inner, f"{path}.{name}", times)
        if "items" in node:
            yield from walk(node["items"], f"{path}[]", times * node["maxItems"])
        if isinstance(node.get("additionalProperties"), dict):
            yield from walk(
                node["additionalProperties"], f"{path}{{}}", times * node["maxProperties"]
            )

    yield from walk(schema, path, 1)


NODES = [node for node in _nodes(SCHEMA) if not node[0].startswith(".metadata")]


def test_it_is_structural() -> None:
    """Every value has exactly one type, said at its own place."""
    for path, node, _ in NODES:
        assert not FORBIDDEN & node.keys(), path
        if node.get("x-kubernetes-int-or-string"):
            assert "type" not in node, path
        else:
            assert isinstance(node.get("type"), str), path
        assert not ("properties" in node and "additionalProperties" in node), path


def test_everything_in_it_is_documented() -> None:
    """`kubectl explain adash.spec` reads like documentation."""
    undocumented = [
        path
        for path, node, _ in NODES
        if not path.endswith(("[]", "{}", ".apiVersion", ".kind")) and not node.get("description")
    ]
    assert undocumented == []


def test_everything_in_it_has_a_bound() -> None:
    """The API server multiplies a rule's cost by the bounds, and refuses a CRD without them."""
    for path, node, _ in NODES:
        bounded = not node.get("x-kubernetes-preserve-unknown-fields")
        if path in (".apiVersion", ".kind") or not bounded:
            continue
        if node.get("type") == "string" or node.get("x-kubernetes-int-or-string"):
            assert "maxLength" in node or "enum" in node, path


def test_rules_stay_where_they_are_cheap() -> None:
    """A rule below two lists would be multiplied by the bounds of both."""
    for path, node, times in NODES:
        for rule in node.get("x-kubernetes-validations", ()):
            assert times <= 32, (path, rule)
            assert len(rule["rule"]) < 2000, path
            assert 0 < len(rule["message"]) <= 2048, path
            assert "\n" not in rule["message"], path


def test_lists_say_how_they_merge() -> None:
    """Server-side apply by two writers depends on it."""
    for path, node, _ in NODES:
        if node.get("type") == "array":
            assert node["x-kubernetes-list-type"] in ("atomic", "map"), path
        if node.get("x-kubernetes-list-type") == "map":
            keys = node["x-kubernetes-list-map-keys"]
            assert set(keys) <= set(node["items"]["required"]), path


def _rules(model: type[Resource]) -> Iterator[Rule | Transition]:
    yield from model.rules
    yield from model.transitions
    for child in model.__subclasses__():
        yield from _rules(child)


def test_no_rule_of_the_models_is_lost() -> None:
    written = {
        rule["rule"] for _, node, _ in NODES for rule in node.get("x-kubernetes-validations", ())
    }
    assert {rule.cel for rule in _rules(Resource)} <= written


@pytest.mark.parametrize(
    ("schedule", "good"),
    [
        ("7 * * * *", True),
        ("*/15 8-18/2 * JAN MON-FRI", True),
        ("60 * * * *", False),
        ("@daily", False),
    ],
)
def test_a_wrong_schedule_is_told_in_words(schedule: str, *, good: bool) -> None:
    """The API server would show a pattern of a thousand characters."""
    (node,) = [node for path, node, _ in NODES if path.endswith(".views[].schedule")]
    assert "pattern" not in node
    (rule,) = node["x-kubernetes-validations"]
    assert rule["message"] == cron.WORDS
    assert cel.evaluate(rule["rule"], {"self": schedule}) is good


def test_an_empty_object_gets_the_defaults_of_the_models() -> None:
    """What the API server fills in is what Pydantic fills in."""

    def filled(node: dict[str, Any], value: Any) -> Any:
        if isinstance(value, dict) and "properties" in node:
            return {
                name: filled(inner, value[name] if name in value else inner["default"])
                for name, inner in node["properties"].items()
                if name in value or "default" in inner
            }
        return value

    spec = SCHEMA["properties"]["spec"]
    model = AnalyticsDashboard.model_validate(
        {"apiVersion": API_VERSIONS[0], "kind": KIND, "metadata": {"name": "a"}}
    )
    assert filled(spec, spec["default"]) == model.spec.model_dump(by_alias=True, exclude_none=True)


@pytest.mark.parametrize(
    "path",
    [
        *(column["jsonPath"] for column in VERSION["additionalPrinterColumns"]),
        *VERSION["subresources"]["scale"].values(),
    ],
)
def test_columns_and_subresources_point_at_fields_that_exist(path: str) -> None:
    found = {name.replace("[]", "") for name, _, _ in NODES}
    plain = re.sub(r"\[\?\(@\.type=='\w+'\)\]", "", path)
    assert plain in found | {".metadata.creationTimestamp"}


def test_one_version_is_stored_and_every_other_one_is_served_with_a_warning() -> None:
    assert [f"{GROUP}/{name}" for name in VERSIONS] == list(API_VERSIONS)
    assert [name for name, one in VERSIONS.items() if one["storage"]] == [STORED]
    assert all(one["served"] for one in VERSIONS.values())
    assert [name for name, one in VERSIONS.items() if one.get("deprecated")] == list(DEPRECATED)
    for name in DEPRECATED:
        warning = VERSIONS[name]["deprecationWarning"]
        assert f"write {GROUP}/{STORED}" in warning
        # What the API server takes, as an HTTP header.
        assert len(warning) <= 256
        assert warning.isascii()


@pytest.mark.parametrize("name", DEPRECATED)
def test_a_conversion_that_changes_nothing_loses_nothing(name: str) -> None:
    """The API server rewrites `apiVersion` alone: a field that differs needs a webhook.

    Descriptions aside, two schemas that are equal validate, fill in and drop the same.
    """
    assert CRD["spec"]["conversion"] == {"strategy": "None"}
    old = VERSIONS[name]["schema"]["openAPIV3Schema"]
    assert old == without_descriptions(SCHEMA)
    for part in ("additionalPrinterColumns", "subresources"):
        assert VERSIONS[name][part] == VERSION[part]


def test_names_are_short_to_type() -> None:
    names = CRD["spec"]["names"]
    assert names["shortNames"] == ["adash"]
    assert names["categories"] == list(CATEGORIES)
    assert set(VERSION["subresources"]) == {"status", "scale"}


def test_uninstalling_the_chart_keeps_it() -> None:
    assert CRD["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_defaults_are_whole() -> None:
    """The API server holds a default against the rules before it fills in what is missing."""
    lacking = [
        f"{path}.{name}"
        for path, node, _ in NODES
        if isinstance(node.get("default"), dict)
        for name, inner in node.get("properties", {}).items()
        if "default" in inner and name not in node["default"]
    ]
    assert lacking == []


def test_kubectl_apply_can_keep_what_it_applied() -> None:
    """In an annotation, of which the API server takes 256 KiB."""
    assert len(json.dumps(CRD)) < 0.9 * 256 * 1024
