"""Every field of the manifest is read on one machine, or named as ignored there.

A new field makes this fail until it is one or the other: what is ignored without a word is taken
for granted.
"""

from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

import pytest

from shopx_core.resource.rules import Resource
from shopx_core.resource.types import Setting
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_local import plan
from shopx_local.compose import project

_BOTH: Final = {
    "environment": "the mode of auth, and exposure",
    "size": "presets",
    "database.bundled.parameters": "arguments of the server",
    "database.external.secretRef": "the URL",
    "database.external.readOnlySecretRef": "the URL for reads",
    "database.external.replicaAddress": "settings_from_spec",
    "database.reads": "settings_from_spec; `without_replicas` names it where it has no meaning",
    "database.cloudNativePG": "refused",
    "database.connectionBudget": "max_connections",
    "cache.redis.bundled.maxMemory": "arguments of the server",
    "cache.redis.external.secretRef": "the URL",
    "cache.redis.external.keyPrefix": "settings_from_spec",
    "api.replicas": "api_processes",
    "api.poolSize": "settings_from_spec",
    "api.autoscaling.min": "api_processes",
    "workers.concurrency": "settings_from_spec",
    "columns.enabled": "whether the builder runs",
    "columns.memory": "settings_from_spec",
    "columns.threads": "settings_from_spec",
    "refresh.views": "settings_from_spec",
    "reports.smtp.secretRef": "the password",
    "reports.webhooks.secretRef": "the signing key",
    "ingress.additionalHosts": "the hosts that are answered",
    "ingress.path": "base_path",
    "gateway.path": "base_path",
    "auth.mode": "settings_from_spec",
    "demo": "seeding",
}
_UP: Final = {
    "backup.destination.s3": "shopx back-ups of one machine",
    "backup.retention": "the same",
    "api.autoscaling.max": "scaling.bounds",
    "api.autoscaling.targets": "the same",
    "api.autoscaling.behavior": "the same",
}
_COMPOSE: Final = {
    "database.bundled.resources": "limits of the container",
    "cache.redis.bundled.resources": "limits of the container",
    "api.resources": "limits of the container",
    "workers.resources": "limits of the container",
    "workers.replicas": "containers",
    "workers.autoscaling.min": "containers",
    "fold.resources": "limits of the container",
    "columns.resources": "limits of the container",
    "imports.feeds.secretName": "a folder of files",
    "ingress.host": "server_name",
    "gateway.hostnames": "server_name",
    "auth.firstToken": "options of the command that registers it",
}
SPEC: Final = DashboardSpec.model_validate({})
TARGETS: Final = {
    "up": (plan.not_here(SPEC), _BOTH | _UP),
    "compose": (project.not_here(SPEC), _BOTH | _COMPOSE),
}


def fields(model: type[Resource], prefix: str = "") -> Iterator[str]:
    """The paths of the fields that are no group, without those that declare a setting."""
    for info in model.model_fields.values():
        path = f"{prefix}{info.alias}"
        groups = [] if _is_collection(info.annotation) else list(_groups(info.annotation))
        for group in groups:
            yield from fields(group, f"{path}.")
        if not groups and not any(isinstance(one, Setting) for one in info.metadata):
            yield path


def _is_collection(annotation: Any) -> bool:
    return get_origin(annotation) in (list, tuple, dict)


def _groups(annotation: Any) -> Iterator[type[Resource]]:
    if isinstance(annotation, type) and issubclass(annotation, Resource):
        yield annotation
    for one in get_args(annotation):
        yield from _groups(one)


def below(path: str, items: Any) -> bool:
    return any(path == item or path.startswith(f"{item}.") for item in items)


@pytest.mark.parametrize("target", TARGETS)
def test_every_field_is_read_or_named_as_ignored(target: str) -> None:
    ignored, read = TARGETS[target]
    silent = [path for path in fields(DashboardSpec) if not below(path, {*ignored, *read})]
    assert silent == []


@pytest.mark.parametrize("target", TARGETS)
def test_no_field_is_both(target: str) -> None:
    ignored, read = TARGETS[target]
    both = [path for path in fields(DashboardSpec) if below(path, ignored) and below(path, read)]
    assert both == []


def test_the_lists_are_about_fields() -> None:
    """A path that no field has, as after a field was renamed, names nothing."""
    known = set(_every_path(DashboardSpec))
    for ignored, read in TARGETS.values():
        assert [path for path in {*ignored, *read} if path not in known] == []


def _every_path(model: type[Resource], prefix: str = "") -> Iterator[str]:
    for info in model.model_fields.values():
        path = f"{prefix}{info.alias}"
        yield path
        if not _is_collection(info.annotation):
            for group in _groups(info.annotation):
                yield from _every_path(group, f"{path}.")
