"""Pure: the processes of a dashboard on one machine, and the fields that have no meaning here."""

import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import Manifest
from shopx_core.resource.rules import Resource
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.settings import Settings
from shopx_local.process import ProcessSpec

# Paths in the spec; a prefix stands for everything below it.
CLUSTER_ONLY: Final = (
    "version",
    "suspend",
    "restartedAt",
    "deletionPolicy",
    "ingress.className",
    "ingress.annotations",
    "ingress.port",
    "gateway.parentRefs",
    "gateway.scheme",
    "gateway.port",
    "gateway.redirect",
    "networkPolicy",
    "podTemplate",
    "jobs",
    "images",
    "monitoring.serviceMonitor",
    "monitoring.podMonitor",
    "monitoring.prometheusRule",
    "monitoring.grafanaDashboard",
    "monitoring.prometheusUrl",
    "api.autoscaling.mode",
    "api.podTemplate",
    "workers.podTemplate",
    "fold.podTemplate",
    "columns.storage",
    "columns.podTemplate",
    "database.initialize",
    "database.bundled.recovery",
    "database.external.caSecretRef",
    "database.bundled.storage",
    "database.bundled.instances",
    "database.bundled.synchronous",
    "database.bundled.podTemplate",
    "cache.redis.bundled.podTemplate",
    "cache.redis.bundled.storage",
    "cache.redis.bundled.instances",
    "cache.redis.external.caSecretRef",
)
"""What has no meaning outside a cluster."""
_NOT_HERE: Final = (
    *CLUSTER_ONLY,
    "backup.schedule",
    "backup.checkSchedule",
    "backup.maxAge",
    "backup.destination.pvc.size",
    "backup.destination.pvc.className",
    "imports.feeds.secretName",
    "ingress.host",
    "ingress.tls",
    "gateway.hostnames",
    "auth.firstToken",
    "api.resources",
    "workers.replicas",
    "workers.autoscaling",
    "workers.resources",
    "fold.resources",
    "columns.resources",
    "database.bundled.resources",
    "cache.redis.bundled.resources",
)
"""What has no meaning for processes of one machine."""


def meaningless_here(spec: DashboardSpec) -> list[str]:
    """The fields of the manifest that have no meaning on one machine, in schema order."""
    return given_below(spec, not_here(spec))


def notes(manifest: Manifest) -> list[str]:
    """What the reader of a manifest should know that is to run on one machine."""
    fields = meaningless_here(manifest.dashboard.spec)
    return [
        *([manifest.deprecation] if manifest.deprecation else []),
        *(f"{kind}: ignored on one machine" for kind in manifest.ignored),
        *([f"ignored on one machine: {', '.join(fields)}"] if fields else []),
    ]


def not_here(spec: DashboardSpec) -> tuple[str, ...]:
    """The paths that this spec's processes on one machine do not read."""
    return (*_NOT_HERE, *without_replicas(spec))


def without_replicas(spec: DashboardSpec) -> tuple[str, ...]:
    """What asks for replicas of a database that is one server outside a cluster."""
    asks = spec.database.reads == "Replicas" and spec.database.external is None
    return ("database.reads",) if asks else ()


def given_below(spec: DashboardSpec, paths: Sequence[str]) -> list[str]:
    """The fields that a manifest gives at or below one of these paths, in schema order."""
    return [
        f"spec.{path}"
        for path in _given(spec, paths)
        if any(path == item or path.startswith(f"{item}.") for item in paths)
    ]


def _given(model: Resource, whole: Sequence[str], prefix: str = "") -> Iterator[str]:
    """The paths of the given fields; those of `whole` are not divided."""
    for name, info in type(model).model_fields.items():
        if name not in model.model_fields_set:
            continue
        path = f"{prefix}{info.alias}"
        value = getattr(model, name)
        if isinstance(value, Resource) and path not in whole:
            yield from _given(value, whole, f"{path}.")
        elif value is not None:
            yield path


def api_processes(spec: DashboardSpec) -> int:
    """The initial number of API processes: the manifest's replicas, or autoscaling's minimum."""
    scaling = spec.api.autoscaling
    return max(1, scaling.min if scaling is not None else spec.api.replicas)


def check_exposure(spec: DashboardSpec, host: str) -> None:
    """Refuse to expose figures to a whole network by accident.

    Raises:
        InvalidConfiguration: The host is reachable from elsewhere, and reads would be open.
    """
    local = host in ("127.0.0.1", "::1", "localhost")
    closed = spec.auth.mode is not None or spec.environment == "production"
    if not local and not closed and not spec.auth.public:
        raise InvalidConfiguration(
            f"Listening on {host} would let everyone on the network read the dashboard.",
            hint="Set spec.auth.mode: token, or spec.auth.public: true if that is intended;"
            " or listen on 127.0.0.1.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The facts about this run that the plan needs."""

    environ: Mapping[str, str]
    """The supervisor's own environment."""
    work: Path
    """A folder for the processes' files."""
    socket_fd: int
    """The listening socket that all API processes share."""
    api_ready: Callable[[], Awaitable[bool]]
    """Whether the API serves."""
    metrics_port: Callable[[str], int] | None = None
    """The port of a process's metrics, by the process's name; `None` = they are not served."""


def environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a dashboard's processes: the present one, with other SHOPX_ variables."""
    kept = {name: value for name, value in environ.items() if not name.startswith("SHOPX_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | settings.to_env()


def shopx(*words: str) -> list[str]:
    """The argv of a `shopx` command in this Python."""
    return [sys.executable, "-m", "shopx_core.cli", *words]


def api_process(settings: Settings, here: Surroundings, number: int) -> ProcessSpec:
    """One API process; all of them share one socket."""
    name = f"api.{number}"
    return ProcessSpec(
        name=name,
        argv=[sys.executable, "-m", "shopx_api"],
        env=_shown(environment(settings, here.environ), name, here),
        pass_fds=(here.socket_fd,),
        stop_timeout=settings.api.drain_timeout + 5,
        ready=here.api_ready,
    )


def _shown(env: Mapping[str, str], name: str, here: Surroundings) -> dict[str, str]:
    """The environment of a process, with the port of its metrics where they are served."""
    if here.metrics_port is None:
        return dict(env)
    return {**env, "SHOPX_METRICS_PORT": str(here.metrics_port(name))}


def stages(spec: DashboardSpec, settings: Settings, here: Surroundings) -> list[list[ProcessSpec]]:
    """The processes in the order in which they start; each stage waits for the one before.

    They stop in the opposite order, stage by stage.
    """
    env = environment(settings, here.environ)
    without_socket = {name: value for name, value in env.items() if name != "SHOPX_API_FD"}
    fold = ProcessSpec(
        name="fold",
        argv=shopx("fold"),
        env=_shown(without_socket, "fold", here),
        stop_timeout=10,
    )
    columns = ProcessSpec(
        name="columns",
        argv=shopx("columns"),
        env=_shown(without_socket, "columns", here),
        # A build that is killed leaves nothing that the next one does not clear up.
        stop_timeout=10,
    )
    followers = [fold, columns] if settings.columns.folder else [fold]
    jobs = [
        ProcessSpec(
            name=role,
            argv=[sys.executable, "-m", "shopx_workers", role],
            env=_shown(without_socket, role, here) if role == "worker" else without_socket,
            cwd=here.work,
            # SIGTERM: finish the running job, take no new one.
            stop_timeout=30,
        )
        for role in ("worker", "beat")
    ]
    api = [api_process(settings, here, number + 1) for number in range(api_processes(spec))]
    trickle = (
        [
            ProcessSpec(
                name="trickle",
                argv=shopx(*spec.demo.trickle),
                env=without_socket,
                stop_signal=signal.SIGTERM,
                stop_timeout=5,
            )
        ]
        if spec.demo is not None and spec.demo.trickle is not None
        else []
    )
    return [stage for stage in (followers, [*api, *jobs], trickle) if stage]
