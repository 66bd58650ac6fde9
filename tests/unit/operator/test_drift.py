"""What counts as a difference between an object in the cluster and the one that is wanted."""

import copy
import hashlib
import json
from typing import Any

import pytest

from shopx_core.resource.versions import API_VERSION, API_VERSIONS, DEPRECATED
from shopx_operator.manifests.render import render
from shopx_operator.planning.drift import ANNOTATION, differs, with_digest
from tests.support.cluster import Cluster
from tests.support.rendering import context


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


# Every kind of workload, each with an owner; the last one has three servers that change in turn.
SPECS: dict[str, dict[str, Any]] = {
    "bundled": {"ingress": {"host": "sales.example.com"}, "auth": {"public": True}},
    "external": {
        "database": {"external": {"secretRef": {"name": "db"}}},
        "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
    },
    "three servers": {"database": {"bundled": {"instances": 3}}},
}


def owned_by_version(made: dict[str, Any], version: str) -> dict[str, Any]:
    """An object that names its dashboard by another version."""
    other = copy.deepcopy(made)
    for owner in other["metadata"].get("ownerReferences", ()):
        owner["apiVersion"] = version
    return other


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
@pytest.mark.parametrize("version", DEPRECATED)
def test_the_owners_version_is_no_difference(spec: dict[str, Any], version: str) -> None:
    """An upgrade from an operator of v1alpha1 writes nothing.

    The digest is the one that the operator before computed, over the object as it wrote it.
    """
    rendered = [one.object for one in render(context(spec))]
    owned = [made for made in rendered if "ownerReferences" in made["metadata"]]
    assert len(owned) > 10
    for desired in owned:
        before = owned_by_version(desired, f"analytics.shopx.io/{version}")
        text = json.dumps(before, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        made = with_digest(desired)
        assert made["metadata"]["annotations"][ANNOTATION] == digest
        assert made["metadata"]["ownerReferences"][0]["apiVersion"] == API_VERSION
        assert not differs(owned_by_version(made, API_VERSIONS[-1]), made)
        assert not differs(made, owned_by_version(made, API_VERSIONS[-1]))


def test_an_owner_of_a_version_that_is_not_served_is_a_difference() -> None:
    """The cluster could not find the owner."""
    made = with_digest(render(context())[0].object)
    assert differs(owned_by_version(made, "analytics.shopx.io/v0"), made)
    assert differs(owned_by_version(made, "apps/v1"), made)


def test_no_server_waits_for_its_turn_because_of_the_owners_version() -> None:
    cluster = Cluster()
    cluster.running()
    cluster.objects = {
        key: owned_by_version(made, API_VERSIONS[-1]) for key, made in cluster.objects.items()
    }
    plan = cluster.reconcile()
    assert not plan.changes
    assert not plan.prune
    assert plan.waits == ()
    assert cluster.condition("Ready")[0] == "True"
