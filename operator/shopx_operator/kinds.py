"""The kinds that the operator reads and writes, and where the API server serves them."""

from dataclasses import dataclass
from typing import Final

from shopx_core.resource.v1alpha1 import GROUP, KIND, PLURAL, VERSION


@dataclass(frozen=True, slots=True)
class Kind:
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


DASHBOARD: Final = Kind(GROUP, VERSION, PLURAL, KIND)
EVENT: Final = Kind("", "v1", "events", "Event")
LEASE: Final = Kind("coordination.k8s.io", "v1", "leases", "Lease")
POD: Final = Kind("", "v1", "pods", "Pod")
SECRET: Final = Kind("", "v1", "secrets", "Secret")

CONFIG_MAP: Final = Kind("", "v1", "configmaps", "ConfigMap")
AUTOSCALER: Final = Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")

CHILDREN: Final = (
    CONFIG_MAP,
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    SECRET,
    Kind("", "v1", "serviceaccounts", "ServiceAccount"),
    Kind("", "v1", "services", "Service"),
    Kind("apps", "v1", "deployments", "Deployment"),
    Kind("apps", "v1", "statefulsets", "StatefulSet"),
    AUTOSCALER,
    Kind("batch", "v1", "cronjobs", "CronJob"),
    Kind("batch", "v1", "jobs", "Job"),
    Kind("networking.k8s.io", "v1", "ingresses", "Ingress"),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
)
"""Watched, by the label that all children carry."""

OPTIONAL: Final = (
    Kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", optional=True),
    Kind("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", optional=True),
    Kind("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule", optional=True),
    Kind("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor", optional=True),
)
"""Not watched, because a cluster may get or lose them at any time: asked for at every look."""

NEIGHBOURS: Final = (
    Kind("postgresql.cnpg.io", "v1", "clusters", "Cluster", optional=True),
    Kind(
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
