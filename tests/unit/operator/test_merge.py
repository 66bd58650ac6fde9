"""Overrides lie over a finished object as a strategic merge patch would."""

from typing import Any

import pytest

from shopx_operator.manifests.merge import merge

CASES: dict[str, tuple[Any, Any, Any]] = {
    "keys merge": ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
    "null removes": ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
    "null of what is not there": ({}, {"a": {"b": None}}, {"a": {}}),
    "plain lists are replaced": ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
    "containers merge by name": (
        [{"name": "api", "image": "old", "tty": False}, {"name": "side"}],
        [{"name": "api", "image": "new"}],
        [{"name": "api", "image": "new", "tty": False}, {"name": "side"}],
    ),
    "a new container comes last": (
        [{"name": "api"}],
        [{"name": "proxy", "image": "p"}],
        [{"name": "api"}, {"name": "proxy", "image": "p"}],
    ),
    "mounts of one volume are distinguished by their path": (
        [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 -- a path in a pod
        [{"name": "tmp", "mountPath": "/cache"}],
        [{"name": "tmp", "mountPath": "/tmp"}, {"name": "tmp", "mountPath": "/cache"}],  # noqa: S108
    ),
    "tolerations have no name": (
        [{"key": "a", "operator": "Exists"}],
        [{"key": "b", "operator": "Exists"}],
        [{"key": "b", "operator": "Exists"}],
    ),
    "other kinds replace": ({"a": [1]}, {"a": {"b": 1}}, {"a": {"b": 1}}),
}


@pytest.mark.parametrize(("base", "over", "merged"), CASES.values(), ids=CASES.keys())
def test_merge(base: Any, over: Any, merged: Any) -> None:
    before = repr(base), repr(over)
    assert merge(base, over) == merged
    assert (repr(base), repr(over)) == before, "neither argument is changed"
