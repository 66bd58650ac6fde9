"""The kinds that the operator reads and writes, and where the API server serves them."""

from dataclasses import dataclass
from typing import Final

from shopx_core.resource.v1alpha1 import GROUP, KIND, PLURAL, VERSION


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind."""

    group: str
    """Empty = the core group."""
    version: str
    plural: str
    name: str
    optional: bool = False
    """Whether a cluster may lack it."""

    @property
    def api_version(self) -> str:
        """As objects say it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None, sub: str | None = None) -> str:
        """The path of an object, of one of its subresources, or of the whole collection.

        Args:
            namespace: `None` = all namespaces.
            name: `None` = the collection.
            sub: A subresource.
        """
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace is not None:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *filter(None, (name, sub))])


DASHBOARD: Final = ResourceKind(GROUP, VERSION, PLURAL, KIND)
EVENT: Final = ResourceKind("", "v1", "events", "Event")
LEASE: Final = ResourceKind("coordination.k8s.io", "v1", "leases", "Lease")
POD: Final = ResourceKind("", "v1", "pods", "Pod")
SECRET: Final = ResourceKind("", "v1", "secrets", "Secret")

CONFIG_MAP: Final = ResourceKind("", "v1", "configmaps", "ConfigMap")
AUTOSCALER: Final = ResourceKind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"
)

CHILDREN: Final = (
    CONFIG_MAP,
    ResourceKind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    SECRET,
    ResourceKind("", "v1", "serviceaccounts", "ServiceAccount"),
    ResourceKind("", "v1", "services", "Service"),
    ResourceKind("apps", "v1", "deployments", "Deployment"),
    ResourceKind("apps", "v1", "statefulsets", "StatefulSet"),
    AUTOSCALER,
    ResourceKind("batch", "v1", "cronjobs", "CronJob"),
    ResourceKind("batch", "v1", "jobs", "Job"),
    ResourceKind("networking.k8s.io", "v1", "ingresses", "Ingress"),
    ResourceKind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
    ResourceKind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
)
"""Watched, by the label that all children carry."""

OPTIONAL: Final = (
    ResourceKind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", optional=True),
    ResourceKind("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", optional=True),
    ResourceKind("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule", optional=True),
    ResourceKind("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor", optional=True),
)
"""Not watched, because a cluster may get or lose them at any time: asked for at every look."""

NEIGHBOURS: Final = (
    ResourceKind("postgresql.cnpg.io", "v1", "clusters", "Cluster", optional=True),
    ResourceKind(
        "custom.metrics.k8s.io",
        "v1beta1",
        "pods/shopx_http_requests_in_flight",
        "InFlight",
        optional=True,
    ),
)
"""Never written; whether the cluster knows them decides what a manifest may ask for."""

WATCHED: Final = (*CHILDREN, POD)
BY_NAME: Final = {kind.name: kind for kind in (*CHILDREN, *OPTIONAL)}
