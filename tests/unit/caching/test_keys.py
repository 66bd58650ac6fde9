"""The names of cached answers."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.keys import Audience, answer_key, canonical_variables, namespace

READER = Audience(permissions="read", zone="UTC", currency="EUR", locale="en")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def key(**changes: object) -> bytes:
    parts: dict[str, object] = {
        "document": b"d" * 32,
        "operation": "Overview",
        "variables": b"{}",
        "audience": READER,
        "build": "1.0",
        "media": "json",
    } | changes
    return answer_key(**parts)  # type: ignore[arg-type]


def test_equal_parts_have_equal_keys_in_every_process() -> None:
    """A key is no accident of this process: it is written down here."""
    assert key() == key()
    assert key() == b"22a6f33b0c2d07f590c9b761e22c6a36"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"document": b"e" * 32}, id="document"),
        pytest.param({"operation": "Other"}, id="operation"),
        pytest.param({"variables": b'{"a":1}'}, id="variables"),
        pytest.param({"build": "1.1"}, id="build"),
        pytest.param({"media": "response"}, id="media"),
        *(
            pytest.param({"audience": dataclasses.replace(READER, **{name: "other"})}, id=name)
            for name in ("permissions", "zone", "currency", "locale")
        ),
    ],
)
def test_whatever_may_alter_the_answer_alters_the_key(change: dict[str, object]) -> None:
    """Two callers who may be answered differently never share an entry."""
    assert key(**change) != key()


def test_parts_cannot_run_into_one_another() -> None:
    """Moving a character from one part to the next is another key."""
    assert key(operation="ab", build="c") != key(operation="a", build="bc")


@given(st.dictionaries(st.text(min_size=1), JSON, max_size=4))
def test_variables_are_canonical(variables: dict[str, object]) -> None:
    """The order in which a client writes its variables does not matter, what they say does."""
    backwards = dict(reversed(variables.items()))
    assert canonical_variables(backwards) == canonical_variables(variables)
    assert json.loads(canonical_variables(variables)) == variables


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a": None}, {}, id="null-is-not-absent"),
        pytest.param({"a": 1}, {"a": "1"}, id="number-is-not-text"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, id="lists-have-an-order"),
        pytest.param({"a": True}, {"a": 1}, id="true-is-not-one"),
    ],
)
def test_different_variables_differ(one: dict[str, object], other: dict[str, object]) -> None:
    """Values that differ in GraphQL have different keys."""
    assert canonical_variables(one) != canonical_variables(other)


def test_no_variables_are_the_same_as_an_empty_object() -> None:
    assert canonical_variables(None) == canonical_variables({})


@pytest.mark.parametrize(
    ("dsn", "same"),
    [
        pytest.param("postgresql://b:other@h:5/d?sslmode=require", True, id="user-and-options"),
        pytest.param("postgresql://h:5/d", True, id="no-user"),
        pytest.param("postgresql://a:p@h:5/e", False, id="database"),
        pytest.param("postgresql://a:p@h:6/d", False, id="port"),
        pytest.param("postgresql://a:p@i:5/d", False, id="host"),
    ],
)
def test_each_database_has_a_namespace_of_its_own(dsn: str, same: bool) -> None:
    """Two installations in one Redis leave one another's entries alone."""
    assert (namespace(dsn) == namespace("postgresql://a:p@h:5/d")) is same


def test_a_namespace_shows_no_password() -> None:
    assert b"secret" not in namespace("postgresql://a:secret@h/d")
