"""Lists everything, to correct the informer.

A watch that was interrupted for too long restarts with what exists, and never reports what was
deleted meanwhile. So everything is listed now and then, and first of all when the operator starts:
a dashboard with unknown children would look as if it had none.
"""

from collections.abc import Iterable

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import DASHBOARD, WATCHED, ResourceKind
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.informer import Informer, NamespacedName


async def reflect(
    kubernetes: ApiClient, informer: Informer, namespaces: Iterable[str | None]
) -> set[NamespacedName]:
    """List everything, and update the informer.

    Args:
        kubernetes: The API server.
        informer: The watched objects.
        namespaces: The served namespaces; `None` = all.

    Returns:
        The dashboards of which something was unknown or is gone.
    """
    touched: set[NamespacedName] = set()
    for namespace in namespaces:
        for kind in (*WATCHED, DASHBOARD):
            # The watches deliver what appears while the list is under way.
            before = informer.versions(kind.name, namespace)
            listed = await _all(kubernetes, kind, namespace)
            present = {(body["metadata"]["namespace"], body["metadata"]["name"]) for body in listed}
            for body in listed:
                key = (body["metadata"]["namespace"], body["metadata"]["name"])
                if key not in before:
                    touched |= {*filter(None, [_put(informer, kind, body)])}
            for key, version in before.items():
                if key not in present:
                    touched |= {*filter(None, [informer.drop(kind.name, key, version)])}
    return touched


async def _all(kubernetes: ApiClient, kind: ResourceKind, namespace: str | None) -> list[Object]:
    selector = None if kind is DASHBOARD else names.SELECTOR
    found = await kubernetes.all_of(kind, namespace, selector)
    # The items of a list have no kind.
    what = {"apiVersion": kind.api_version, "kind": kind.name}
    return [what | body for body in found]


def _put(informer: Informer, kind: ResourceKind, body: Object) -> NamespacedName | None:
    return informer.put_dashboard(body) if kind is DASHBOARD else informer.put(body)
