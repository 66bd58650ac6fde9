"""The operator's Helm chart: values, their JSON schema, README and the operator's rules.

helm-docs would write the README, and a schema plugin the schema, from comments in values.yaml.
Both need Go or a downloaded binary, and Python alone must be enough on a fresh machine.
"""

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shopx_operator.manifests.kinds import rules
from shopx_operator.manifests.platform import Platform
from shopx_tools import ROOT

CHART = ROOT / "charts" / "shopx-operator"
HEADER = "Written by `make generate` from tools/shopx_tools/generators/chart.py; edit that."


class _Values(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )


class Image(_Values):
    """An image of the operator's release."""

    repository: str = Field(min_length=1)
    """Its repository, without a tag."""
    tag: str = ""
    """Empty = the chart's appVersion."""
    digest: str = Field(default="", pattern="^(sha256:[0-9a-f]{64})?$")
    """The digest, as sha256:…, by which the image is pulled then; the tag says what it is."""


class OperatorImage(Image):
    """The operator's own image."""

    repository: str = Field(default="ghcr.io/shopx-analytics/operator", min_length=1)
    """Its repository, without a tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """The imagePullPolicy."""


class AppImage(Image):
    """The application's image."""

    repository: str = Field(default="ghcr.io/shopx-analytics/app", min_length=1)
    """Its repository, without a tag."""


class PostgresImage(Image):
    """The bundled PostgreSQL's image."""

    repository: str = Field(default="ghcr.io/shopx-analytics/postgres", min_length=1)
    """Its repository, without a tag."""
    tag: str = Field(default="18.6", min_length=1)
    """Its version: another one restarts the databases of the dashboards that name no image."""


class RedisImage(Image):
    """The bundled Valkey's image."""

    repository: str = Field(default="ghcr.io/shopx-analytics/valkey", min_length=1)
    """Its repository, without a tag."""
    tag: str = Field(default="9.1", min_length=1)
    """Its version: another one restarts the caches of the dashboards that name no image."""


class Dashboards(_Values):
    """The images of dashboards with a manifest that names none."""

    app: AppImage = AppImage()
    """API, workers, fold and migrations; its tag is the release of the application."""
    postgres: PostgresImage = PostgresImage()
    """The bundled PostgreSQL."""
    redis: RedisImage = RedisImage()
    """The bundled Valkey."""
    defaults: Platform = Platform()
    """What holds for every dashboard; what a manifest says wins."""


class Crds(_Values):
    """The CustomResourceDefinition."""

    install: bool = True
    """Install and upgrade it with the chart. It stays when the chart is uninstalled."""


class ServiceAccount(_Values):
    """The operator's account."""

    create: bool = True
    """Create it."""
    name: str = ""
    """Its name; empty = derived from the release's name."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Its annotations."""


class Rbac(_Values):
    """The operator's rights."""

    create: bool = True
    """Create roles and bindings."""
    user_roles: bool = True
    """Create the ClusterRoles NAME-view, NAME-edit and NAME-admin for people, which the cluster's
    own roles view, edit and admin take in. Their names need the rights to create ClusterRoles, also
    with `watchNamespaces`."""
    secret_names: list[str] = Field(default_factory=list)
    """Limit the rights on Secrets to these names; empty = any name, but no list of all Secrets.
    Each dashboard NAME needs NAME-token, NAME-database, NAME-redis, NAME-columns, and the Secrets
    that its manifest names."""


class Permitted(_Values):
    """What manifests may do beyond what is harmless."""

    addresses: list[str] = Field(default_factory=list)
    """Networks (10.20.0.0/16) and hosts (*.monitoring.svc) of Redis and Prometheus servers that the
    operator may connect to, beside public addresses and Services of the dashboard's namespace."""
    pod_fields: list[str] = Field(default_factory=list)
    """Fields of podTemplate, each with what is below it (spec.serviceAccountName, spec.volumes);
    `*` = all: then who may write dashboards may run privileged pods."""


class Compute(_Values):
    """Amounts of compute."""

    cpu: str | int | None = None
    """CPU cores."""
    memory: str | None = None
    """Memory."""


class Resources(_Values):
    """The compute resources of the operator's container."""

    requests: Compute = Compute(cpu="50m", memory="128Mi")
    """The requests."""
    limits: Compute = Compute(cpu="1", memory="512Mi")
    """The limits."""


class Metrics(_Values):
    """The operator's own metrics."""

    service_monitor: bool = False
    """Create a ServiceMonitor for Prometheus Operator."""
    pod_monitor: bool = False
    """Create a PodMonitor for Prometheus Operator."""
    interval: str = ""
    """The scrape interval of either; empty = that of Prometheus."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels of either, by which a Prometheus selects it."""
    relabelings: list[dict[str, Any]] = Field(default_factory=list)
    """RelabelConfigs for the scraped pods."""
    metric_relabelings: list[dict[str, Any]] = Field(default_factory=list)
    """RelabelConfigs for the scraped series."""


class NetworkPolicy(_Values):
    """A NetworkPolicy for the operator's pods."""

    enabled: bool = True
    """Create one: in, requests for health and metrics; out, DNS, the dashboards' pods, and the
    ports below, without link-local addresses (cloud metadata)."""
    egress_ports: list[int] = Field(default_factory=lambda: [443, 6443, 6379, 6380, 9090, 26379])
    """TCP ports of the API server, of external Redis servers and of Prometheus servers."""
    egress_networks: list[str] = Field(default_factory=list)
    """Networks where these are outside the cluster, such as 10.20.0.0/16; empty = anywhere."""


class Values(_Values):
    """All values."""

    replicas: int = Field(default=1, ge=0, le=5)
    """Replicas of the operator; one of them leads, the others take over when it is gone."""
    watch_namespaces: list[str] = Field(default_factory=list)
    """Namespaces to serve, with rights in these alone; empty = all namespaces."""
    registry: str = ""
    """A mirror, such as registry.example.com/mirror, in place of the registry of all images below
    (ghcr.io); empty = their own."""
    image: OperatorImage = OperatorImage()
    """The operator's own image."""
    image_pull_secrets: list[dict[str, str]] = Field(default_factory=list)
    """Secrets with registry credentials, as `- name: NAME`."""
    dashboards: Dashboards = Dashboards()
    """The images of dashboards with a manifest that names none."""
    crds: Crds = Crds()
    """The CustomResourceDefinition."""
    service_account: ServiceAccount = ServiceAccount()
    """The operator's account."""
    rbac: Rbac = Rbac()
    """The operator's rights."""
    permitted: Permitted = Permitted()
    """What manifests may do beyond what is harmless."""
    cluster_domain: str = Field(default="cluster.local", min_length=1)
    """The DNS domain of the cluster."""
    resources: Resources = Resources()
    """Compute of the operator's container."""
    workers: int = Field(default=4, ge=1, le=100)
    """Dashboards that are reconciled at once."""
    resync_seconds: int = Field(default=20, ge=5, le=3600)
    """Seconds between two reconciles of every dashboard, in addition to events."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Log lines below it are dropped."""
    metrics: Metrics = Metrics()
    """The operator's own metrics."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """A NetworkPolicy for the operator's pods."""
    common_labels: dict[str, str] = Field(default_factory=dict)
    """Labels of every object of the chart; those of dashboards are `dashboards.defaults.labels`."""
    extra_env: list[dict[str, Any]] = Field(default_factory=list)
    """Variables of the operator's container (core/v1 EnvVar)."""
    extra_volumes: list[dict[str, Any]] = Field(default_factory=list)
    """Volumes of the operator's pods (core/v1 Volume)."""
    extra_volume_mounts: list[dict[str, Any]] = Field(default_factory=list)
    """Where the operator's container has them (core/v1 VolumeMount)."""
    pod_labels: dict[str, str] = Field(default_factory=dict)
    """Labels of the operator's pods."""
    pod_annotations: dict[str, str] = Field(default_factory=dict)
    """Annotations of the operator's pods."""
    node_selector: dict[str, str] = Field(default_factory=dict)
    """Labels that a node must have."""
    tolerations: list[dict[str, Any]] = Field(default_factory=list)
    """Taints that the pods tolerate."""
    affinity: dict[str, Any] = Field(default_factory=dict)
    """A core/v1 Affinity."""
    priority_class_name: str = ""
    """The PriorityClass of the pods."""
    name_override: str = ""
    """Replaces the chart's name in the names of the objects."""
    fullname_override: str = ""
    """Replaces the whole name of the objects."""


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True)
    return value


def values() -> str:
    """values.yaml: each default with what it means."""

    def lines(model: BaseModel, indent: str) -> list[str]:
        made = []
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            if value is None:
                continue
            made += [f"{indent}# {line}" for line in (field.description or "").splitlines()]
            if isinstance(value, BaseModel):
                made.append(f"{indent}{field.alias}:")
                made += lines(value, f"{indent}  ")
            else:
                made.append(f"{indent}{field.alias}: {json.dumps(value)}")
        return made

    return "\n".join([f"# {HEADER}", *lines(Values(), "")]) + "\n"


def schema() -> str:
    """values.schema.json: mistakes are found before anything is rendered."""
    made = Values.model_json_schema(by_alias=True)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["$comment"] = HEADER
    # Charts that use this one as a dependency hand `global` down.
    made["properties"]["global"] = {"type": "object"}
    return json.dumps(made, indent=2) + "\n"


def readme() -> str:
    """README.md: how to install, and the table of values."""

    def rows(model: BaseModel, prefix: str) -> list[str]:
        made = []
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            path = f"{prefix}{field.alias}"
            if isinstance(value, BaseModel):
                made += rows(value, f"{path}.")
            elif value is not None:
                text = " ".join((field.description or "").split()).replace("|", "\\|")
                made.append(f"| `{path}` | `{json.dumps(_plain(value))}` | {text} |")
        return made

    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    oldest = chart["kubeVersion"].removeprefix(">=").removesuffix("-0")
    return "\n".join(
        [
            f"<!-- {HEADER} -->",
            "",
            "# shopx-operator",
            "",
            chart["description"],
            "",
            f"Needs Kubernetes {oldest} or newer.",
            "",
            "```sh",
            "helm install shopx charts/shopx-operator --namespace shopx-system --create-namespace",
            "kubectl apply -f examples/cluster.yaml",
            "kubectl wait --for=condition=Ready adash/sales --timeout=5m",
            "```",
            "",
            "How to upgrade, back up, restore, rotate and troubleshoot: docs/operations.md.",
            "",
            "## Values",
            "",
            "| value | default | meaning |",
            "| --- | --- | --- |",
            *rows(Values(), ""),
            "",
        ]
    )


def rbac() -> str:
    """files/rules.yaml: the operator's rights, from the registry of kinds."""
    header = (
        "# Written by `make generate` from operator/shopx_operator/manifests/kinds.py; edit that."
    )
    return f"{header}\n{yaml.safe_dump(rules(), sort_keys=False, default_flow_style=None)}"


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    return {
        CHART / "values.yaml": values(),
        CHART / "values.schema.json": schema(),
        CHART / "README.md": readme(),
        CHART / "files" / "rules.yaml": rbac(),
    }
