"""Common fields of every component's pods: resources and overrides."""

from typing import Annotated, Literal

from pydantic import Field

from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import (
    Annotations,
    AnyObject,
    ImageReference,
    Labels,
    MetadataKey,
    Name,
    Quantity,
    ShortText,
    Variables,
    amount,
)


class ResourceList(Resource):
    """Amounts of compute."""

    cpu: Quantity | None = None
    """CPU cores, such as 500m or 2."""
    memory: Quantity | None = None
    """Memory, such as 512Mi or 2Gi."""


def _within(requests: str | None, limits: str | None) -> bool:
    return requests is None or limits is None or amount(requests) <= amount(limits)


def _request_rule(name: Literal["cpu", "memory"]) -> Rule:
    return Rule(
        cel=(
            f"!has(self.requests) || !has(self.limits) || !has(self.requests.{name})"
            f" || !has(self.limits.{name})"
            f" || quantity(string(self.requests.{name}))"
            f".compareTo(quantity(string(self.limits.{name}))) <= 0"
        ),
        holds=lambda compute: (
            compute.requests is None
            or compute.limits is None
            or _within(getattr(compute.requests, name), getattr(compute.limits, name))
        ),
        message=f"requests.{name} is above limits.{name}; lower the request or raise the limit",
    )


class ComputeResources(Resource):
    """Requests and limits of a container; absent values come from `spec.size`."""

    requests: ResourceList | None = None
    """Reserved compute of the container."""
    limits: ResourceList | None = None
    """Maximum compute of the container."""
    rules = (_request_rule("cpu"), _request_rule("memory"))


class Toleration(Resource):
    """A taint of nodes that the pods tolerate."""

    key: MetadataKey | None = None
    """The taint's key; absent = every key."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Exists ignores the value, Equal compares it."""
    value: ShortText | None = None
    """The taint's value, with operator Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; absent = every effect."""
    toleration_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    """How long a pod stays on a node after a NoExecute taint; absent = forever."""


class PodTemplate(Resource):
    """Overrides for pods. A component's own values win over those of `spec.podTemplate`."""

    labels: Labels = Field(default_factory=dict)
    """Labels added to the pods."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations added to the pods."""
    env: Variables = Field(default_factory=dict)
    """Environment variables added to every container, such as HTTPS_PROXY."""
    volumes: Annotated[list[AnyObject], Field(max_length=16)] = Field(default_factory=list)
    """Volumes added to the pods (core/v1 Volume); must be permitted by the administrator
    (permitted.podFields of the chart, such as spec.volumes.configMap)."""
    volume_mounts: Annotated[list[AnyObject], Field(max_length=16)] = Field(default_factory=list)
    """Where every container has them (core/v1 VolumeMount); must be permitted by the administrator
    (spec.containers.volumeMounts)."""
    node_selector: Labels = Field(default_factory=dict)
    """Labels that a node must carry to run the pods."""
    tolerations: Annotated[list[Toleration], Field(max_length=16)] = Field(default_factory=list)
    """Taints that the pods tolerate."""
    affinity: AnyObject | None = None
    """A core/v1 Affinity, passed on unchanged."""
    service_account_name: Name | None = None
    """An existing ServiceAccount instead of the component's own; must be permitted by the
    administrator (permitted.podFields of the chart)."""
    priority_class_name: Name | None = None
    """The PriorityClass of the pods."""
    overrides: AnyObject | None = None
    """A core/v1 PodTemplateSpec merged over the finished one. Fields beyond placement, compute and
    plain variables must be permitted by the administrator (permitted.podFields of the chart)."""


class Images(Resource):
    """Which container images are used; absent values are those of the operator's release."""

    app: ImageReference | None = None
    """Image of API, workers, fold and migration, with or without a tag (see `spec.version`)."""
    postgres: ImageReference | None = None
    """Image of the bundled PostgreSQL."""
    redis: ImageReference | None = None
    """Image of the bundled Redis or Valkey."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When nodes fetch the images."""
    pull_secrets: Annotated[list[Name], Field(max_length=8)] = Field(default_factory=list)
    """Secrets with registry credentials, in the same namespace."""
