"""The watched objects: dashboards, their children, their pods."""

from collections.abc import Iterable

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import DASHBOARD, POD
from shopx_operator.planning.observed_state import ObservedState

Owner = tuple[str, str]
"""A dashboard's namespace and name."""
Place = tuple[str, str]
"""An object's namespace and name."""


class Informer:
    """The last version of each object, by kind; children also by dashboard."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[Place, Object]] = {}
        self._of: dict[Owner, set[tuple[str, Place]]] = {}

    def dashboards(self) -> list[Owner]:
        """Every known dashboard."""
        return list(self._objects.get(DASHBOARD.name, ()))

    def dashboard(self, owner: Owner) -> Object | None:
        """One dashboard."""
        return self._objects.get(DASHBOARD.name, {}).get(owner)

    def put_dashboard(self, body: Object) -> Owner:
        """Store a dashboard; returns its key."""
        place = _place(body)
        self._objects.setdefault(DASHBOARD.name, {})[place] = _lean(body)
        return place

    def forget_dashboard(self, owner: Owner) -> None:
        """Remove a dashboard."""
        self._objects.get(DASHBOARD.name, {}).pop(owner, None)

    def put(self, body: Object) -> Owner | None:
        """Store a child or a pod; returns its dashboard, `None` = it has none."""
        owner = owner_of(body)
        if owner is not None:
            # A changed label may have moved it to another dashboard.
            self._remove(body["kind"], _place(body))
            self._objects.setdefault(body["kind"], {})[_place(body)] = _lean(body)
            self._of.setdefault(owner, set()).add((body["kind"], _place(body)))
        return owner

    def forget(self, body: Object) -> Owner | None:
        """Remove a child or a pod; returns its dashboard."""
        return self._remove(body["kind"], _place(body))

    def scaled(self, kind: str, place: Place, replicas: int) -> None:
        """Set a workload's number of pods, ahead of its watch."""
        body = self._objects.get(kind, {}).get(place)
        if body is not None:
            spec = {**body["spec"], "replicas": replicas}
            self._objects[kind][place] = {**body, "spec": spec}

    def versions(self, kind: str, namespace: str | None) -> dict[Place, str]:
        """The stored versions of a kind's objects.

        Args:
            kind: The kind.
            namespace: `None` = all namespaces.
        """
        return {
            place: body["metadata"].get("resourceVersion", "")
            for place, body in self._objects.get(kind, {}).items()
            if namespace in (None, place[0])
        }

    def drop(self, kind: str, place: Place, version: str) -> Owner | None:
        """Remove an object unless it has been stored again since; returns its dashboard."""
        body = self._objects.get(kind, {}).get(place)
        if body is None or body["metadata"].get("resourceVersion", "") != version:
            return None
        return self._remove(kind, place)

    def observed(self, owner: Owner, more: Iterable[Object] = ()) -> ObservedState:
        """The observed state of one dashboard.

        Args:
            owner: The dashboard.
            more: Children of kinds that are not watched.
        """
        known = [self._objects[kind][place] for kind, place in sorted(self._of.get(owner, set()))]
        return ObservedState(
            {
                (body["kind"], body["metadata"]["name"]): body
                for body in (*known, *more)
                if body["kind"] != POD.name
            },
            tuple(body for body in known if body["kind"] == POD.name),
        )

    def _remove(self, kind: str, place: Place) -> Owner | None:
        body = self._objects.get(kind, {}).pop(place, None)
        if body is None or kind == DASHBOARD.name:
            return place if body else None
        owner = owner_of(body)
        if owner is not None:
            children = self._of.get(owner, set())
            children.discard((kind, place))
            if not children:
                self._of.pop(owner, None)
        return owner


def owner_of(body: Object) -> Owner | None:
    """The dashboard of a child, by its label."""
    metadata = body["metadata"]
    instance = metadata.get("labels", {}).get(names.LABEL_INSTANCE)
    return (metadata["namespace"], instance) if instance else None


def _place(body: Object) -> Place:
    return body["metadata"]["namespace"], body["metadata"]["name"]


def _lean(body: Object) -> Object:
    """The object without `managedFields`, which are most of its size."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    return {**body, "metadata": metadata}
