"""What the models accept and refuse; the API server is asked the same table elsewhere."""

from typing import Any

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.rules import Resource, Rule, Transition, violated_transitions
from shopx_core.resource.v1beta1 import AnalyticsDashboard
from tests.support.dashboards import CASES, CHANGES, Case, Change, dashboard

GOOD = [case for case in CASES if case.refused is None]
BAD = [case for case in CASES if case.refused is not None]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_good_object_is_accepted_and_round_trips(case: Case) -> None:
    """What is written back is what was read, in the API's spelling."""
    first = parse_dashboard(dashboard(case.spec, case.name))
    again = parse_dashboard(first.model_dump(by_alias=True, exclude_none=True))
    assert again == first


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.id)
def test_bad_object_is_refused_with_a_message_that_names_the_place(case: Case) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        parse_dashboard(dashboard(case.spec, case.name))
    assert case.refused is not None
    assert case.refused in caught.value.message


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_change_is_accepted_or_refused(change: Change) -> None:
    violations = list(
        violated_transitions(
            AnalyticsDashboard.model_validate(change.stored()),
            AnalyticsDashboard.model_validate(dashboard(change.new)),
        )
    )
    if change.refused is None:
        assert violations == []
    else:
        assert len(violations) == 1
        assert change.refused in violations[0]
        assert violations[0].startswith("spec")


def test_every_problem_of_an_object_is_listed_at_once() -> None:
    """A reader corrects a manifest in one go."""
    with pytest.raises(InvalidConfiguration) as caught:
        parse_dashboard(dashboard({"size": "huge", "cahce": {}, "cache": {"ttl": {"min": "1s"}}}))
    assert len(caught.value.details["problems"]) == 3


def _models() -> dict[str, type[Resource]]:
    found: dict[str, type[Resource]] = {}

    def walk(model: type[Resource]) -> None:
        for child in model.__subclasses__():
            found[child.__name__] = child
            walk(child)

    walk(Resource)
    return found


@pytest.mark.parametrize("model", _models().values(), ids=_models().keys())
def test_every_field_says_what_it_is(model: type[Resource]) -> None:
    """`kubectl explain` reads like documentation."""
    undocumented = [name for name, field in model.model_fields.items() if not field.description]
    assert undocumented == []
    assert model.__doc__


def _unbounded(schema: dict[str, Any], path: str) -> list[str]:
    """Places without a maximum, which CEL's cost budget refuses."""
    found: list[str] = []
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return found
    match schema.get("type"):
        case "string" if not {"maxLength", "enum", "const"} & schema.keys():
            found.append(path)
        case "array":
            found += [path] * ("maxItems" not in schema)
            found += _unbounded(schema["items"], f"{path}[]")
        case "object" if schema.get("additionalProperties"):
            found += [path] * ("maxProperties" not in schema)
            if isinstance(schema["additionalProperties"], dict):
                found += _unbounded(schema["additionalProperties"], f"{path}{{}}")
    for name, inner in schema.get("properties", {}).items():
        found += _unbounded(inner, f"{path}.{name}")
    for inner in schema.get("anyOf", ()):
        found += _unbounded(inner, path)
    return found


def test_every_string_list_and_map_of_the_schema_is_bounded() -> None:
    schema = AnalyticsDashboard.model_json_schema()
    found = [
        place
        for name, model in schema["$defs"].items()
        if name != "ObjectMeta"  # the API server owns its schema
        for place in _unbounded(model, name)
    ]
    assert found == []


def _rules(model: type[Resource]) -> list[Rule | Transition]:
    return [*model.rules, *model.transitions]


def test_messages_fit_the_api_server() -> None:
    """At most 2,048 characters on one line, which `x-kubernetes-validations` demands."""
    for model in _models().values():
        for rule in _rules(model):
            assert 0 < len(rule.message) <= 2048
            assert "\n" not in rule.message
            assert "self" in rule.cel


def test_rules_point_at_fields_that_exist() -> None:
    for model in _models().values():
        names = {field.alias for field in model.model_fields.values()}
        for rule in _rules(model):
            assert rule.field == "" or rule.field in names
