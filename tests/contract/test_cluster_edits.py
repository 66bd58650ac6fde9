"""Each field of the spec is edited on a cluster, or named here with the place that tests it."""

from collections.abc import Iterator
from typing import Any, Final

from shopx_core.resource.rules import Resource
from shopx_core.resource.v1beta1 import DashboardSpec
from tests.support.edits import EDITS


def _leaves(model: type[Resource], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}{field.alias or name}"
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        groups = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Resource)]
        if groups and name not in ("resources", "tolerations", "views"):
            yield from _leaves(groups[0], f"{here}.")
        else:
            yield here


NOT_HERE: Final = {
    "version": "test_upgrades",
    "images.app": "test_upgrades",
    "images.postgres": "the chart's own",
    "images.redis": "the chart's own",
    "deletionPolicy": "test_removal",
    "database.initialize": "full/test_lost_volume",
    "backup": "full/test_backup, tests/unit/operator",
    "database.bundled.recovery": "full/test_backup",
    "imports.feeds": "tests/unit/operator",
    "suspend": "test_switches",
    "restartedAt": "test_switches",
    "size": "tests/unit/resource",
    "auth": "test_switches; proxies in tests/unit/operator",
    "api.autoscaling": "test_switches",
    "workers.autoscaling": "test_switches",
    "database.bundled.storage": "test_switches",
    "database.bundled.instances": "full/test_high_availability",
    "database.bundled.synchronous": "full/test_high_availability",
    "cache.redis.bundled.storage": "tests/unit/operator",
    "cache.redis.bundled.instances": "full/test_cache_failover",
    "database.reads": "tests/unit/operator, tests/integration/replicas",
    "database.external": "tests/unit/operator",
    "database.cloudNativePG": "tests/unit/operator",
    "cache.redis.external": "tests/unit/operator",
    "gateway": "test_dashboard",
    "ingress.additionalHosts": "tests/unit/operator",
    "ingress.path": "test_dashboard, tests/compose",
    "ingress.port": "test_dashboard",
    "ingress.tls": "tests/unit/operator",
    "monitoring.serviceMonitor.enabled": "tests/unit/operator",
    "monitoring.serviceMonitor.relabelings": "tests/unit/operator",
    "monitoring.serviceMonitor.metricRelabelings": "tests/unit/operator",
    "monitoring.podMonitor": "tests/unit/operator",
    "monitoring.prometheusUrl": "tests/integration/operator",
    "networkPolicy.enabled": "tests/unit/operator",
    "networkPolicy.databaseNetworks": "tests/unit/operator",
    "networkPolicy.redisNetworks": "tests/unit/operator",
    "networkPolicy.tracesNetworks": "tests/unit/operator",
    "networkPolicy.importNetworks": "tests/unit/operator",
    "jobs": "tests/unit/operator",
    "reports": "tests/unit/operator, tests/integration/test_reports",
    "api.podTemplate.volumes": "tests/unit/operator",
    "api.podTemplate.volumeMounts": "tests/unit/operator",
    "podTemplate": "as the components' own",
    "workers.podTemplate": "as the API's",
    "fold.podTemplate": "as the API's",
    "columns.podTemplate": "as the API's",
    "columns.storage.className": "tests/unit/operator",
    "database.bundled.podTemplate": "as the API's",
    "cache.redis.bundled.podTemplate": "as the API's",
}
"""Fields with the place that tests them, or the reason why none does here."""


def test_no_field_is_forgotten() -> None:
    """Each field of the spec is edited here or named as tested elsewhere."""

    def given(spec: Any, path: str = "") -> set[str]:
        if not isinstance(spec, dict):
            return {path}
        below = {found for key, value in spec.items() for found in given(value, f"{path}.{key}")}
        return below | {path}

    edited = {path.lstrip(".") for edit in EDITS for path in given(edit.spec)} | NOT_HERE.keys()
    forgotten = [
        leaf
        for leaf in _leaves(DashboardSpec)
        if leaf not in edited and not any(leaf.startswith(f"{one}.") for one in NOT_HERE)
    ]
    assert forgotten == []
