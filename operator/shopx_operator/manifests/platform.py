"""What a platform asks of every dashboard: the values `dashboards.defaults` of the chart."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shopx_core.resource.types import Annotations, Labels, Name
from shopx_core.resource.v1beta1 import GROUP
from shopx_core.resource.v1beta1.pods import PodTemplate
from shopx_operator.manifests import names

_OWN: Final = (
    f"{GROUP}/",
    names.LABEL_NAME,
    names.LABEL_INSTANCE,
    names.LABEL_COMPONENT,
    names.LABEL_MANAGED_BY,
    names.LABEL_VERSION,
)
"""Beginnings of labels by which the operator finds its objects."""
_OF_OTHERS: Final = (
    "argocd.argoproj.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)
"""By these, tools find what they applied: a child that carried them would be pruned by them."""
_CLUSTER: Final = ("localhost", "127.0.0.1", "::1", ".svc")
"""What no proxy is asked for, beside the cluster's own domain."""


def _not_ours(labels: Mapping[str, str]) -> Mapping[str, str]:
    taken = [key for key in labels if key.startswith(_OWN)]
    if taken:
        raise ValueError(f"the operator sets {', '.join(taken)} itself")
    return labels


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )


class Proxy(_Group):
    """The HTTP proxy that the pods use for what is outside the cluster."""

    http: str = ""
    """The proxy's URL for http://; empty = none."""
    https: str = ""
    """The proxy's URL for https://; empty = none."""
    no_proxy: list[str] = Field(default_factory=list)
    """Hosts, domains and networks that are reached without it, beside the cluster's own."""


class Platform(_Group):
    """Defaults of all dashboards; what a manifest says wins."""

    pull_secrets: list[Name] = Field(default_factory=list)
    """Secrets with registry credentials, in the namespace of each dashboard."""
    storage_class_name: str = ""
    """The StorageClass of databases; empty = the cluster's default. A volume keeps its own."""
    labels: Annotated[Labels, AfterValidator(_not_ours)] = Field(default_factory=dict)
    """Labels of everything that belongs to a dashboard; a change restarts the pods."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations of everything that belongs to a dashboard; a change restarts the pods."""
    inherited_labels: list[str] = Field(default_factory=list)
    """Labels that everything takes over from its dashboard: keys, or patterns (billing/*)."""
    inherited_annotations: list[str] = Field(default_factory=list)
    """Annotations that everything takes over from its dashboard: keys, or patterns."""
    proxy: Proxy = Proxy()
    """An HTTP proxy."""
    service_mesh: Literal["", "istio", "linkerd"] = ""
    """The mesh that injects sidecars into the dashboards' namespaces: Jobs end beside them, metrics
    stay readable, and NetworkPolicies let them reach their control plane."""
    ip_family_policy: Literal["", "SingleStack", "PreferDualStack", "RequireDualStack"] = ""
    """Of every Service; empty = the cluster's default."""
    ip_families: list[Literal["IPv4", "IPv6"]] = Field(default_factory=list, max_length=2)
    """Of every Service; empty = the cluster's default. The first one of a Service cannot change."""

    def labels_of(self, dashboard: Mapping[str, str]) -> dict[str, str]:
        """The common labels of a dashboard's objects and pods, by that of the dashboard itself."""
        found = _inherited(dashboard, self.inherited_labels)
        kept = {key: value for key, value in found.items() if not key.startswith(_OWN)}
        return dict(self.labels) | kept

    def annotations_of(self, dashboard: Mapping[str, str]) -> dict[str, str]:
        """The common annotations, by those of the dashboard itself."""
        return dict(self.annotations) | _inherited(dashboard, self.inherited_annotations)

    def pod_template(self, cluster_domain: str) -> PodTemplate:
        """What all pods get besides labels and annotations, below the manifest's own templates."""
        given = {"HTTP_PROXY": self.proxy.http, "HTTPS_PROXY": self.proxy.https}
        env = {name: url for name, url in given.items() if url}
        if env:
            direct = [*_CLUSTER, f".{cluster_domain}", *self.proxy.no_proxy]
            env["NO_PROXY"] = ",".join(dict.fromkeys(direct))
            # Programs read either spelling.
            env |= {name.lower(): value for name, value in env.items()}
        return PodTemplate(env=env)

    def service(self) -> dict[str, object]:
        """The part of a Service's spec that says by which protocols it is reached."""
        made: dict[str, object] = {}
        if self.ip_family_policy:
            made["ipFamilyPolicy"] = self.ip_family_policy
        if self.ip_families:
            made["ipFamilies"] = list(self.ip_families)
        return made


def _inherited(given: Mapping[str, str], patterns: list[str]) -> dict[str, str]:
    return {
        key: value
        for key, value in given.items()
        if not key.startswith(_OF_OTHERS) and any(fnmatchcase(key, one) for one in patterns)
    }
