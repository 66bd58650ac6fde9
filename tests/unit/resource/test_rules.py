"""Each rule's CEL text and Python twin say the same about every object of the table."""

from collections.abc import Iterator
from typing import Any

import cel
import pytest

from shopx_core.resource.rules import Resource, Rule, Transition
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1 import AnalyticsDashboard
from tests.support.dashboards import CASES, CHANGES, dashboard


def _classes(parent: type[Resource] = Resource) -> Iterator[type[Resource]]:
    for child in parent.__subclasses__():
        yield child
        yield from _classes(child)


RULES: dict[type[Resource], tuple[Rule, ...]] = {model: model.rules for model in _classes()}


@pytest.fixture
def unruled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects are validated by their schema alone, so that broken rules can be looked at."""
    for model in RULES:
        monkeypatch.setattr(model, "rules", ())


def _context(**variables: Any) -> cel.Context:
    context = cel.Context()
    # The quantity library of Kubernetes, as far as the rules use it.
    context.add_function("quantity", lambda text: float(amount(text)))
    context.add_function("add", lambda left, right: left + right)
    context.add_function("compareTo", lambda left, right: (left > right) - (left < right))
    for name, value in variables.items():
        context.add_variable(name, value)
    return context


def _as_stored(model: Resource) -> dict[str, Any]:
    return model.model_dump(by_alias=True, exclude_none=True, mode="json")


def _parts(model: Resource) -> Iterator[Resource]:
    yield model
    for name in type(model).model_fields:
        value = getattr(model, name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Resource):
                yield from _parts(item)


def _pairs(old: Resource, new: Resource) -> Iterator[tuple[Resource, Resource]]:
    yield old, new
    for name in type(new).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, Resource) and isinstance(after, Resource):
            yield from _pairs(before, after)


@pytest.mark.usefixtures("unruled")
def test_cel_and_python_agree_and_every_rule_is_seen_broken_and_kept() -> None:
    seen: dict[tuple[str, str], set[bool]] = {
        (model.__name__, rule.cel): set() for model, rules in RULES.items() for rule in rules
    }
    for case in CASES:
        try:
            whole = AnalyticsDashboard.model_validate(dashboard(case.spec, case.name))
        except ValueError:
            continue  # the schema alone refuses it
        for part in _parts(whole):
            for rule in RULES[type(part)]:
                by_cel = cel.evaluate(rule.cel, _context(self=_as_stored(part)))
                assert by_cel is rule.holds(part), (case.id, rule.message)
                seen[type(part).__name__, rule.cel].add(by_cel)
    assert {rule: results for rule, results in seen.items() if results != {True, False}} == {}


def test_cel_and_python_agree_on_changes() -> None:
    seen: dict[str, set[bool]] = {}
    for change in CHANGES:
        old, new = (
            AnalyticsDashboard.model_validate(change.stored()),
            AnalyticsDashboard.model_validate(dashboard(change.new)),
        )
        for before, after in _pairs(old, new):
            transitions: tuple[Transition, ...] = type(after).transitions
            for rule in transitions:
                context = _context(self=_as_stored(after), oldSelf=_as_stored(before))
                by_cel = cel.evaluate(rule.cel, context)
                assert by_cel is rule.holds(before, after), (change.id, rule.message)
                seen.setdefault(rule.cel, set()).add(by_cel)
    assert seen
    assert all(results == {True, False} for results in seen.values())
