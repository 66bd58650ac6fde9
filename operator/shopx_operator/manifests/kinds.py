"""The kinds that the operator uses: where the API server serves them, and what it may do.

This is the only list of kinds. A kind's verbs decide what the operator watches, what it prunes and
what the chart's Role grants (`charts/shopx-operator/files/rules.yaml` is generated from here).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shopx_core.resource.v1beta1 import GROUP, KIND, PLURAL, VERSION

Verbs = tuple[str, ...]

_READ: Final = ("get", "list", "watch")
_CHILD: Final = (*_READ, "create", "patch", "delete")
_OPTIONAL: Final = ("get", "list", "create", "patch", "delete")
"""Without watch: a cluster may get or lose the kind at any time, so each reconcile lists it."""
_SCALE: Final = {"scale": ("patch",)}


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind, and the operator's rights on it."""

    group: str
    """Empty = the core group."""
    version: str
    plural: str
    name: str
    verbs: Verbs = ()
    subresources: Mapping[str, Verbs] = field(default_factory=dict, hash=False)
    """The verbs on its subresources, by subresource."""
    optional: bool = False
    """Whether a cluster may lack it."""
    data: bool = False
    """Whether its objects may hold data, so that none is ever pruned."""

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def watched(self) -> bool:
        """Whether the informer watches its objects."""
        return "watch" in self.verbs

    @property
    def pruned(self) -> bool:
        """Whether a child that is no longer wanted is deleted."""
        return "delete" in self.verbs and not self.data

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


DASHBOARD: Final = ResourceKind(
    GROUP, VERSION, PLURAL, KIND, ("list", "watch"), {"status": ("patch",)}
)
EVENT: Final = ResourceKind("", "v1", "events", "Event", ("create",))
POD: Final = ResourceKind("", "v1", "pods", "Pod", ("list", "watch", "patch", "delete"))
"""Patched by the pods of a replicated database: nobody can grant a right that they do not have."""
LEASE: Final = ResourceKind(
    "coordination.k8s.io", "v1", "leases", "Lease", ("get", "create", "update")
)
"""Granted in the operator's own namespace only, by a Role that the chart writes by hand."""

CONFIG_MAP: Final = ResourceKind("", "v1", "configmaps", "ConfigMap", _CHILD)
SECRET: Final = ResourceKind("", "v1", "secrets", "Secret", ("get", "create", "patch", "delete"))
"""Read by name alone: the right to list or watch Secrets is the right to read all of them."""
DEPLOYMENT: Final = ResourceKind("apps", "v1", "deployments", "Deployment", _CHILD, _SCALE)
AUTOSCALER: Final = ResourceKind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", _CHILD
)

CHILDREN: Final = (
    CONFIG_MAP,
    ResourceKind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", _CHILD, data=True),
    SECRET,
    ResourceKind("", "v1", "serviceaccounts", "ServiceAccount", _CHILD),
    ResourceKind("", "v1", "services", "Service", _CHILD),
    DEPLOYMENT,
    ResourceKind("apps", "v1", "statefulsets", "StatefulSet", _CHILD, _SCALE),
    AUTOSCALER,
    ResourceKind("batch", "v1", "cronjobs", "CronJob", _CHILD),
    ResourceKind("batch", "v1", "jobs", "Job", _CHILD),
    ResourceKind("networking.k8s.io", "v1", "ingresses", "Ingress", _CHILD),
    ResourceKind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", _CHILD),
    ResourceKind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", _CHILD),
    ResourceKind("rbac.authorization.k8s.io", "v1", "roles", "Role", _CHILD),
    ResourceKind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", _CHILD),
    ResourceKind(
        "gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", _OPTIONAL, optional=True
    ),
    ResourceKind("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", _OPTIONAL, optional=True),
    ResourceKind(
        "monitoring.coreos.com", "v1", "podmonitors", "PodMonitor", _OPTIONAL, optional=True
    ),
    ResourceKind(
        "monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule", _OPTIONAL, optional=True
    ),
    ResourceKind(
        "monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor", _OPTIONAL, optional=True
    ),
)
"""The kinds of a dashboard's children; the label that all children carry selects the objects."""

REQUIRED_APIS: Final = (
    ResourceKind("postgresql.cnpg.io", "v1", "clusters", "Cluster", optional=True),
    ResourceKind(
        "security.openshift.io",
        "v1",
        "securitycontextconstraints",
        "SecurityContextConstraints",
        optional=True,
    ),
    ResourceKind(
        "custom.metrics.k8s.io",
        "v1beta1",
        "pods/shopx_http_requests_in_flight",
        "InFlight",
        optional=True,
    ),
)
"""Neither read nor written; some manifests require that the cluster serves them, and pods differ
where it does."""

BY_NAME: Final = {kind.name: kind for kind in (*CHILDREN, POD)}
ROUTES: Final = frozenset({"Ingress", "HTTPRoute"})
"""The kinds through which people reach a dashboard from outside the cluster."""
WATCHED: Final = tuple(kind for kind in (*CHILDREN, POD) if kind.watched)
OPTIONAL: Final = tuple(kind for kind in CHILDREN if kind.optional)


def rules() -> list[dict[str, list[str]]]:
    """The operator's rights on dashboards, their children and pods, as a Role has them."""
    resources: dict[tuple[str, Verbs], list[str]] = {}
    for kind in (DASHBOARD, *CHILDREN, POD, EVENT):
        rights = {kind.plural: kind.verbs}
        rights |= {f"{kind.plural}/{name}": verbs for name, verbs in kind.subresources.items()}
        for resource, verbs in rights.items():
            resources.setdefault((kind.group, verbs), []).append(resource)
    return [
        {"apiGroups": [group], "resources": found, "verbs": list(verbs)}
        for (group, verbs), found in resources.items()
    ]
