"""The API server accepts and refuses what the models accept and refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.v1beta1 import GROUP, PLURAL, VERSION
from tests.support.dashboards import CASES, CHANGES, Case, Change, dashboard
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.e2e


@pytest.fixture
def api(kubectl: Kubectl) -> Iterator[client.CustomObjectsApi]:
    with config.new_client_from_config(context=kubectl.context) as connection:  # type: ignore[no-untyped-call] # the client has no types
        yield client.CustomObjectsApi(connection)


def _create(api: client.CustomObjectsApi, namespace: str, body: Any, **how: Any) -> Any:
    return api.create_namespaced_custom_object(
        GROUP, VERSION, namespace, PLURAL, body, field_validation="Strict", **how
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_object(api: client.CustomObjectsApi, kubectl: Kubectl, case: Case) -> None:
    body = dashboard(case.spec, case.name)
    if case.refused is None or case.only_models:
        taken = _create(api, kubectl.namespace, body, dry_run="All")
        if case.refused is None:
            # With the API server's defaults filled in, it is the same object to the models.
            ours = parse_dashboard(body)
            theirs = parse_dashboard(taken)
            assert theirs.spec == ours.spec
        return
    with pytest.raises(client.ApiException) as caught:
        _create(api, kubectl.namespace, body, dry_run="All")
    assert caught.value.status in (400, 422)
    with pytest.raises(InvalidConfiguration) as refused:
        parse_dashboard(body)
    places = [problem.partition(":")[0] for problem in refused.value.details["problems"]]
    said = caught.value.body or ""
    rules = [problem.partition(": ")[2] for problem in refused.value.details["problems"]]
    assert any(place in said for place in places) or any(rule in said for rule in rules), said


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_change(api: client.CustomObjectsApi, kubectl: Kubectl, change: Change) -> None:
    created = _create(api, kubectl.namespace, dashboard(change.old | {"suspend": True}))
    try:
        wanted = dashboard(change.new | {"suspend": True})
        name = created["metadata"]["name"]
        if change.volume is not None:
            kubectl.patch(
                "adash", name, {"status": {"volume": change.volume}}, "--subresource=status"
            )
        found = kubectl.get("adash", name) or {}
        wanted["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]

        def replace() -> None:
            api.replace_namespaced_custom_object(
                GROUP, VERSION, kubectl.namespace, PLURAL, name, wanted, dry_run="All"
            )

        if change.refused is None:
            replace()
        else:
            with pytest.raises(client.ApiException) as caught:
                replace()
            assert caught.value.status == 422
            assert change.refused in (caught.value.body or "")
    finally:
        api.delete_namespaced_custom_object(
            GROUP, VERSION, kubectl.namespace, PLURAL, dashboard({})["metadata"]["name"]
        )


def test_it_reads_like_documentation(kubectl: Kubectl) -> None:
    text = kubectl("explain", "adash.spec.cache.ttl")
    assert "The lifetime of a response." in text
    assert "A response's shortest lifetime, 30s to 60s." in text


def test_it_scales_like_a_deployment(kubectl: Kubectl) -> None:
    kubectl.apply(dashboard({"suspend": True, "api": {"replicas": 1}}, "scaled"))
    kubectl("scale", "adash", "scaled", "--replicas=3")
    found = kubectl.get("adash", "scaled")
    assert found is not None
    assert found["spec"]["api"]["replicas"] == 3
    assert "READY" in kubectl("get", "shopx")
    kubectl("delete", "adash", "scaled")
