"""What counts as a difference between an object in the cluster and the one that is wanted."""

from typing import Any

import pytest

from shopx_operator.planning.drift import ANNOTATION, differs, with_digest


def wanted(spec: Any) -> dict[str, Any]:
    return with_digest({"kind": "X", "metadata": {"name": "x"}, "spec": spec})


CASES: dict[str, tuple[Any, Any, bool]] = {
    "same": ({"a": 1}, {"a": 1}, False),
    "defaults of the API server": ({"a": 1, "b": 2}, {"a": 1}, False),
    "changed": ({"a": 2}, {"a": 1}, True),
    "gone": ({}, {"a": 1}, True),
    "empty values are dropped": ({}, {"a": {}, "b": [], "c": "", "d": {"e": {}}}, False),
    "quantities are written shorter": (
        {"requests": {"cpu": "1", "m": "500m"}},
        {"requests": {"cpu": "1000m", "m": "0.5"}},
        False,
    ),
    "a label is no quantity": ({"labels": {"v": "1.1"}}, {"labels": {"v": "1.10"}}, True),
    "digests that are huge numbers": ({"a": "09e6141386106019"}, {"a": "08e6141386106019"}, True),
    "digests that are digits and letters": ({"a": "213085f"}, {"a": "213085e"}, True),
    "another quantity": ({"limits": {"cpu": "2"}}, {"limits": {"cpu": "1000m"}}, True),
    "a shorter list": ({"args": ["a"]}, {"args": ["a", "b"]}, True),
    "a longer list of plain values": ({"args": ["a", "b"]}, {"args": ["a"]}, True),
    "a container that a webhook injected": (
        {"containers": [{"name": "proxy"}, {"name": "api", "image": "i", "tty": False}]},
        {"containers": [{"name": "api", "image": "i"}]},
        False,
    ),
    "a container's image": (
        {"containers": [{"name": "api", "image": "j"}]},
        {"containers": [{"name": "api", "image": "i"}]},
        True,
    ),
    "mounts of one volume in order": (
        {"mounts": [{"name": "a", "path": "1"}, {"name": "a", "path": "2"}]},
        {"mounts": [{"name": "a", "path": "1"}, {"name": "a", "path": "2"}]},
        False,
    ),
    "rules without names": ({"rules": [{"a": 1, "b": 2}]}, {"rules": [{"a": 1}]}, False),
    "one rule more": ({"rules": [{"a": 1}, {"a": 2}]}, {"rules": [{"a": 1}]}, True),
    "false where nothing is said": ({}, {"paused": False}, False),
    "true where nothing is said": ({}, {"paused": True}, True),
    "text and number": ({"a": "x"}, {"a": 1}, True),
}


@pytest.mark.parametrize(("live", "spec", "expected"), CASES.values(), ids=CASES.keys())
def test_fields(live: Any, spec: Any, expected: bool) -> None:
    applied = wanted(spec)
    there = applied | {"spec": live, "status": {"anything": 1}}
    assert differs(there, applied) is expected


def test_a_field_that_is_no_longer_wanted() -> None:
    before, after = wanted({"a": 1, "b": 2}), wanted({"a": 1})
    assert differs(before, after)


def test_a_removed_stamp() -> None:
    applied = wanted({"a": 1})
    there = applied | {"metadata": {"name": "x", "annotations": {}}}
    assert differs(there, applied)


def test_stamping_changes_nothing_else() -> None:
    plain = {"kind": "X", "metadata": {"name": "x", "annotations": {"a": "b"}}, "spec": {}}
    made = with_digest(plain)
    assert made["metadata"]["annotations"].keys() == {"a", ANNOTATION}
    assert plain["metadata"] == {"name": "x", "annotations": {"a": "b"}}
    assert with_digest(plain) == made
