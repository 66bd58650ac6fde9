"""What an API server says that it serves."""

from typing import Any

from shopx_operator.manifests.kinds import DASHBOARD, ResourceKind

Object = dict[str, Any]
Kinds = dict[tuple[str, str], ResourceKind]

# Every cluster has them, and kopf looks for them.
NAMESPACE = ResourceKind("", "v1", "namespaces", "Namespace")
CRD = ResourceKind(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition"
)
_VERBS = ["get", "list", "watch", "create", "patch", "update", "delete"]


def groups(prefix: str, kinds: Kinds, of_dashboards: tuple[str, ...]) -> Object:
    """The groups, each with its versions.

    Args:
        prefix: `api` or `apis`.
        kinds: What is served.
        of_dashboards: The versions of dashboards, the preferred one first.
    """
    if prefix == "api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    found = []
    for name in sorted({kind.group for kind in kinds.values() if kind.group}):
        version = next(kind.version for kind in kinds.values() if kind.group == name)
        versions = of_dashboards if name == DASHBOARD.group else (version,)
        served = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
        found.append({"name": name, "versions": served, "preferredVersion": served[0]})
    return {"kind": "APIGroupList", "groups": found}


def resources(group: str, version: str, kinds: Kinds) -> Object | None:
    """The resources of a group's version; `None` = it is not served."""
    found = [kind for kind in kinds.values() if kind.group == group]
    if not found:
        return None
    return {
        "kind": "APIResourceList",
        "groupVersion": f"{group}/{version}".lstrip("/"),
        "resources": [
            {
                "name": kind.plural,
                "singularName": kind.name.lower(),
                "kind": kind.name,
                "namespaced": kind not in (NAMESPACE, CRD),
                "verbs": _VERBS,
            }
            for kind in found
        ],
    }
