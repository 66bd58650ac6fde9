"""Comparing what the watches told with what there is.

A watch that is interrupted for too long begins anew with what exists, and never tells of what went
in between. So everything is listed now and then: first of all when the operator starts, because a
dashboard whose children are not known yet would look as if it had none.
"""

from collections.abc import Iterable

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import DASHBOARD, WATCHED, ResourceKind
from shopx_operator.runtime.client import Kubernetes
from shopx_operator.runtime.informer import Informer, Owner


async def reflect(
    kubernetes: Kubernetes, cache: Informer, namespaces: Iterable[str | None]
) -> set[Owner]:
    """List everything, learn what is new and forget what is gone.

    Args:
        kubernetes: The API server.
        cache: What the watches told.
        namespaces: Which are served; `None` = all.

    Returns:
        The dashboards about which something was not known.
    """
    touched: set[Owner] = set()
    for namespace in namespaces:
        for kind in (*WATCHED, DASHBOARD):
            # What appears while the list is under way is the watches' business.
            before = cache.versions(kind.name, namespace)
            listed = await _all(kubernetes, kind, namespace)
            present = {(body["metadata"]["namespace"], body["metadata"]["name"]) for body in listed}
            for body in listed:
                key = (body["metadata"]["namespace"], body["metadata"]["name"])
                if key not in before:
                    touched |= {*filter(None, [_put(cache, kind, body)])}
            for key, version in before.items():
                if key not in present:
                    touched |= {*filter(None, [cache.drop(kind.name, key, version)])}
    return touched


async def _all(kubernetes: Kubernetes, kind: ResourceKind, namespace: str | None) -> list[Object]:
    selector = None if kind is DASHBOARD else names.SELECTOR
    found = await kubernetes.all_of(kind, namespace, selector)
    # Items of a list do not say what they are.
    what = {"apiVersion": kind.api_version, "kind": kind.name}
    return [what | body for body in found]


def _put(cache: Informer, kind: ResourceKind, body: Object) -> Owner | None:
    return cache.put_dashboard(body) if kind is DASHBOARD else cache.put(body)
