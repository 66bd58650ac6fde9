"""The watched objects: dashboards, their children, their pods."""

from collections.abc import Iterable

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import DASHBOARD, POD
from shopx_operator.planning.observed_state import ObservedState

NamespacedName = tuple[str, str]
"""The namespace and the name of an object."""


class Informer:
    """The last version of each object, by kind; children also by dashboard."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[NamespacedName, Object]] = {}
        self._of: dict[NamespacedName, set[tuple[str, NamespacedName]]] = {}

    def dashboards(self) -> list[NamespacedName]:
        """Every known dashboard."""
        return list(self._objects.get(DASHBOARD.name, ()))

    def dashboard(self, owner: NamespacedName) -> Object | None:
        """One dashboard."""
        return self._objects.get(DASHBOARD.name, {}).get(owner)

    def put_dashboard(self, body: Object) -> NamespacedName:
        """Store a dashboard; returns its key."""
        key = namespaced_name(body)
        self._objects.setdefault(DASHBOARD.name, {})[key] = _lean(body)
        return key

    def forget_dashboard(self, owner: NamespacedName) -> None:
        """Remove a dashboard."""
        self._objects.get(DASHBOARD.name, {}).pop(owner, None)

    def put(self, body: Object) -> NamespacedName | None:
        """Store a child or a pod; returns its dashboard, `None` = it has none."""
        owner = owner_of(body)
        if owner is not None:
            # A changed label may have moved it to another dashboard.
            self._remove(body["kind"], namespaced_name(body))
            self._objects.setdefault(body["kind"], {})[namespaced_name(body)] = _lean(body)
            self._of.setdefault(owner, set()).add((body["kind"], namespaced_name(body)))
        return owner

    def child(self, body: Object) -> Object | None:
        """The stored version of a child or a pod."""
        return self._objects.get(body["kind"], {}).get(namespaced_name(body))

    def forget(self, body: Object) -> NamespacedName | None:
        """Remove a child or a pod; returns its dashboard."""
        return self._remove(body["kind"], namespaced_name(body))

    def scaled(self, kind: str, key: NamespacedName, replicas: int) -> None:
        """Set a workload's number of pods, ahead of its watch."""
        body = self._objects.get(kind, {}).get(key)
        if body is not None:
            spec = {**body["spec"], "replicas": replicas}
            self._objects[kind][key] = {**body, "spec": spec}

    def versions(self, kind: str, namespace: str | None) -> dict[NamespacedName, str]:
        """The stored versions of a kind's objects.

        Args:
            kind: The kind.
            namespace: `None` = all namespaces.
        """
        return {
            key: body["metadata"].get("resourceVersion", "")
            for key, body in self._objects.get(kind, {}).items()
            if namespace in (None, key[0])
        }

    def drop(self, kind: str, key: NamespacedName, version: str) -> NamespacedName | None:
        """Remove an object unless it has been stored again since; returns its dashboard."""
        body = self._objects.get(kind, {}).get(key)
        if body is None or body["metadata"].get("resourceVersion", "") != version:
            return None
        return self._remove(kind, key)

    def observed(self, owner: NamespacedName, more: Iterable[Object] = ()) -> ObservedState:
        """The observed state of one dashboard.

        Args:
            owner: The dashboard.
            more: Children of kinds that are not watched.
        """
        known = [self._objects[kind][key] for kind, key in sorted(self._of.get(owner, set()))]
        return ObservedState(
            {
                (body["kind"], body["metadata"]["name"]): body
                for body in (*known, *more)
                if body["kind"] != POD.name
            },
            tuple(body for body in known if body["kind"] == POD.name),
        )

    def _remove(self, kind: str, key: NamespacedName) -> NamespacedName | None:
        body = self._objects.get(kind, {}).pop(key, None)
        if body is None or kind == DASHBOARD.name:
            return key if body else None
        owner = owner_of(body)
        if owner is not None:
            children = self._of.get(owner, set())
            children.discard((kind, key))
            if not children:
                self._of.pop(owner, None)
        return owner


def owner_of(body: Object) -> NamespacedName | None:
    """The dashboard of a child, by its label."""
    metadata = body["metadata"]
    instance = metadata.get("labels", {}).get(names.LABEL_INSTANCE)
    return (metadata["namespace"], instance) if instance else None


def namespaced_name(body: Object) -> NamespacedName:
    """The namespace and the name of an object."""
    return body["metadata"]["namespace"], body["metadata"]["name"]


def _lean(body: Object) -> Object:
    """The object without `managedFields`, which are most of its size."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    return {**body, "metadata": metadata}
