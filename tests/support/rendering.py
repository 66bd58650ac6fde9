"""Rendering a dashboard's children in tests: from a spec, with everything else filled in."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from shopx_core.resource.manifest import parse_dashboard
from shopx_operator.manifests import secrets
from shopx_operator.manifests.context import ClusterFacts, Context, Object, Release
from shopx_operator.manifests.render import DesiredObject, render
from tests.support.dashboards import dashboard

RELEASE = Release(
    version="1.0.0",
    app="registry.test/shopx",
    postgres="registry.test/postgres:18",
    redis="registry.test/valkey:9",
)
OPTIONAL_KINDS = frozenset(
    {
        "ServiceMonitor.monitoring.coreos.com",
        "PrometheusRule.monitoring.coreos.com",
        "HTTPRoute.gateway.networking.k8s.io",
        "Cluster.postgresql.cnpg.io",
        "ScaledObject.keda.sh",
    }
)
SECRETS = {
    "db": {
        "dsn": "postgresql://someone:pw@pg.test:6543/sales",
        "reader": "postgresql://r@ro.test/s",
    },
    "redis": {"url": "redis://:pw@cache.test:6380/1"},
    "authority": {"ca.crt": "-----BEGIN CERTIFICATE-----", "redis.crt": "-----BEGIN REDIS"},
    "pg-app": {"uri": "postgresql://app:pw@pg-rw.shop:5432/app"},
}


def context(
    spec: dict[str, Any] | None = None,
    *,
    name: str = "sales",
    release: Release = RELEASE,
    kinds: frozenset[str] = OPTIONAL_KINDS,
    given: dict[str, dict[str, str]] | None = None,
    draw: str = "d" * 43,
) -> Context:
    """A dashboard in the namespace `shop`, its Secrets complete.

    Args:
        spec: Of the dashboard.
        name: Of the dashboard.
        release: The operator's.
        kinds: Optional kinds of the cluster.
        given: The Secrets that exist; `None` = `SECRETS`.
        draw: What stands for every random value, but for the token.
    """
    document = dashboard(spec or {}, name)
    document["metadata"]["namespace"] = "shop"
    facts = ClusterFacts(
        uid="uid-1",
        release=release,
        secrets={
            f"{name}-token": {"token": "shopx_" + "t" * 43, "salt": "salt"},
            **(SECRETS if given is None else given),
        },
        kinds=kinds,
        operator_namespace="shopx-system",
    )
    made = Context(parse_dashboard(document), facts)
    return replace(made, facts=replace(facts, secrets=secrets.complete(made, lambda: draw)))


class Children:
    """What was rendered, by kind and name."""

    def __init__(self, wanted: Iterable[DesiredObject]) -> None:
        self.wanted = list(wanted)
        self._by_key = {one.key: one.object for one in self.wanted}
        assert len(self._by_key) == len(self.wanted), "two objects have one name"

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __getitem__(self, key: tuple[str, str]) -> Object:
        return self._by_key[key]

    @property
    def objects(self) -> list[Object]:
        """All of them, in order."""
        return [one.object for one in self.wanted]

    def kind(self, kind: str) -> list[Object]:
        """Those of one kind."""
        return [one for one in self.objects if one["kind"] == kind]

    def pods(self) -> dict[str, Object]:
        """Every PodTemplateSpec, by kind and name of what makes the pods."""
        return {
            f"{one['kind']} {one['metadata']['name']}": template
            for one in self.objects
            if (template := pod_template(one)) is not None
        }

    def pod(self, kind: str, name: str) -> Object:
        """One PodTemplateSpec."""
        template = pod_template(self[kind, name])
        assert template is not None
        return template


def pod_template(made: Object) -> Object | None:
    """The PodTemplateSpec inside an object, if it has one."""
    spec = made.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    template: Object | None = spec.get("template")
    return template


def children(spec: dict[str, Any] | None = None, **how: Any) -> Children:
    """Render a dashboard; the arguments are those of `context`."""
    return Children(render(context(spec, **how)))


def environment(template: Object, container: int = 0) -> dict[str, Any]:
    """A container's variables: the value, or the reference."""
    return {
        variable["name"]: variable.get("value", variable.get("valueFrom"))
        for variable in template["spec"]["containers"][container].get("env", ())
    }
