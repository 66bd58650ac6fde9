"""From a manifest to the files of a compose project.

    compose.yaml                the services
    nginx/                      nginx.conf and upstream.conf, mounted as a folder
    postgres/                   what the bundled server starts with

Secrets are not rendered: they are files in `secrets/`, which scripts/deploy.sh makes once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from shopx_core.containers import postgres_files
from shopx_core.containers.variables import API_PORT
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import Manifest
from shopx_core.resource.v1beta1.access import base_path
from shopx_core.resource.v1beta1.spec import (
    DashboardSpec,
    connection_budget,
    connections_at_most,
    has_signing_key,
    has_smtp_password,
)
from shopx_local import nginx, plan
from shopx_local.compose import monitoring, services, values
from shopx_local.compose.shapes import Service

LEAST_API: Final = 3
"""API containers: while one is replaced, two serve."""

_NOT_HERE: Final = (
    *plan.CLUSTER_ONLY,
    "backup",
    "ingress.tls.secretName",
    "api.autoscaling.max",
    "api.autoscaling.targets",
    "api.autoscaling.behavior",
    "workers.autoscaling.max",
)
"""What has no meaning in a compose project: paths in the spec, with everything below them."""


@dataclass(frozen=True, slots=True)
class Project:
    """What is rendered."""

    files: Mapping[str, str]
    """The text of each file, by its path in the project's folder."""
    notes: tuple[str, ...]
    """What the reader of the manifest should know, one sentence each."""


def render(manifest: Manifest) -> Project:
    """Render a project.

    Raises:
        InvalidConfiguration: The manifest is for a cluster only, or its connection budget has no
            room for the API containers.
    """
    spec = manifest.dashboard.spec
    _check(spec)
    instances = [f"api-{number + 1}" for number in range(_api_containers(spec))]
    tls = spec.ingress is not None and spec.ingress.tls is not None
    open_to_network = spec.auth.mode is not None or spec.environment == "production"
    exposed = open_to_network or spec.auth.public
    shown = services.Shown(
        instances=instances,
        http=values.HTTP_OPEN if exposed else values.HTTP_LOCAL,
        tls=tls,
    )
    document: dict[str, Any] = {
        "name": manifest.dashboard.metadata.name,
        "services": _plain(services.render(spec, shown) | monitoring.services()),
        "networks": {
            "default": {"ipam": {"config": [{"subnet": f"{values.NETWORK}.0/24"}]}},
        },
        "volumes": services.volumes(spec) | monitoring.volumes(),
        "secrets": {
            name: {"file": f"{values.SECRETS}/{name}"} for name in services.secret_names(spec)
        },
    }
    front = nginx.Front(
        upstreams=[f"{one}:{API_PORT}" for one in instances],
        folder=services.NGINX_FOLDER,
        work="/tmp",  # noqa: S108 -- the container's own
        port=services.NGINX_PORT,
        tls_port=services.NGINX_TLS_PORT if tls else None,
        tls_folder=services.TLS_FOLDER,
        server_name=_host(spec),
        base_path=base_path(spec),
        trusted=spec.auth.proxy.trusted_sources if spec.auth.proxy else (),
        identity_headers=nginx.identity_headers(spec),
    )
    files = {
        "compose.yaml": _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100)
    }
    files |= {f"nginx/{name}": text for name, text in nginx.files(front).items()}
    if spec.database.bundled is not None:
        files |= {f"postgres/{name}": text for name, text in postgres_files.POSTGRES_FILES.items()}
    return Project(files, tuple(_notes(manifest, len(instances))))


_HEAD: Final = """\
# Rendered by `shopx render compose`: change the manifest, and render it again.
# scripts/deploy.sh starts it, upgrades it and restarts the API one by one.
"""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _plain(made: Mapping[str, Service]) -> dict[str, Any]:
    return {name: {key: value for key, value in one.items() if value} for name, one in made.items()}


def not_here(spec: DashboardSpec) -> tuple[str, ...]:
    """The paths that this spec's project does not read."""
    return (*_NOT_HERE, *plan.without_replicas(spec))


def _api_containers(spec: DashboardSpec) -> int:
    return max(LEAST_API, plan.api_processes(spec))


def _host(spec: DashboardSpec) -> str:
    if spec.ingress is not None:
        return " ".join((spec.ingress.host, *spec.ingress.additional_hosts))
    return " ".join(spec.gateway.hostnames) if spec.gateway is not None else "_"


def _check(spec: DashboardSpec) -> None:
    if spec.database.cloud_native_pg is not None:
        raise InvalidConfiguration(
            "spec.database.cloudNativePG needs a cluster.",
            hint="In a compose project use database.bundled: {} or database.external.",
        )
    number = _api_containers(spec)
    api = spec.api.model_copy(update={"replicas": number, "autoscaling": None})
    needed = connections_at_most(spec.model_copy(update={"api": api}))
    budget = connection_budget(spec)
    if needed > budget:
        raise InvalidConfiguration(
            f"{number} API containers need a spec.database.connectionBudget of {needed};"
            f" it is {budget}.",
            hint="Raise it (and max_connections of an external server), or lower api.poolSize.",
        )


def ignored(manifest: Manifest) -> list[str]:
    """What of a manifest is old, or has no meaning in a project, one sentence each."""
    spec = manifest.dashboard.spec
    fields = plan.given_below(spec, not_here(spec))
    return [
        *([manifest.deprecation] if manifest.deprecation else []),
        *(f"{kind}: ignored in a compose project" for kind in manifest.ignored),
        *([f"ignored in a compose project: {', '.join(fields)}"] if fields else []),
    ]


def _notes(manifest: Manifest, containers: int) -> list[str]:
    spec = manifest.dashboard.spec
    notes = ignored(manifest)
    asked = plan.api_processes(spec)
    if asked < containers:
        notes.append(
            f"{containers} API containers instead of {asked}: while one is replaced, two serve"
        )
    if spec.database.external is not None:
        notes.append("write the database's URL into secrets/database-dsn")
        if spec.database.external.read_only_secret_ref is not None:
            notes.append("write the URL for reads into secrets/database-readonly-dsn")
    if spec.cache.redis.external is not None:
        notes.append("write the cache's URL into secrets/redis-url")
    if has_smtp_password(spec):
        notes.append("write the mail server's password into secrets/smtp-password")
    if has_signing_key(spec):
        notes.append("write the key that signs webhooks into secrets/signing-key")
    feeds = spec.imports.feeds
    if feeds is not None and feeds.secret_name is not None:
        notes.append(f"write the credentials of feeds into {services.CREDENTIALS}, a file each")
    if spec.ingress is not None and spec.ingress.tls is not None:
        notes.append("put the certificate into tls/fullchain.pem and tls/privkey.pem")
    return notes
