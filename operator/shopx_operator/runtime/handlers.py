"""What kopf calls: the watches fill the cache and the queue, and nothing else happens here.

Only event handlers are used. They put no finalizer on objects and no state into annotations, so
an operator that is gone leaves nothing stuck, and there is nothing to disagree about between two
versions of it.
"""

from typing import Any, Final

import kopf

from shopx_operator.manifests import names
from shopx_operator.manifests.kinds import DASHBOARD, WATCHED
from shopx_operator.runtime.informer import Informer, Owner
from shopx_operator.runtime.workqueue import WorkQueue

_SERVER_SECONDS: Final = 240
_SILENCE_SECONDS: Final = 70
"""The API server sends a bookmark each minute; a watch that is silent for longer is dead."""


def registry(cache: Informer, queue: WorkQueue[Owner]) -> kopf.OperatorRegistry:
    """The handlers, bound to a cache and a queue."""
    made = kopf.OperatorRegistry()

    @kopf.on.login(registry=made)
    def login(**arguments: Any) -> Any:
        in_cluster = kopf.login_with_service_account(**arguments)
        return in_cluster or kopf.login_with_kubeconfig(**arguments)

    @kopf.on.event(DASHBOARD.group, DASHBOARD.version, DASHBOARD.plural, registry=made)
    def dashboard_changed(event: kopf.RawEvent, **_: Any) -> None:
        body: Any = event["object"]
        owner = cache.put_dashboard(body)
        if event["type"] == "DELETED":
            cache.forget_dashboard(owner)
            queue.forget(owner)
        else:
            queue.add(owner)

    for kind in WATCHED:

        @kopf.on.event(
            kind.group, kind.version, kind.plural, id=f"child-{kind.plural}", registry=made
        )
        def child_changed(event: kopf.RawEvent, **_: Any) -> None:
            body: Any = event["object"]
            owner = cache.forget(body) if event["type"] == "DELETED" else cache.put(body)
            if owner is not None and cache.dashboard(owner) is not None:
                queue.add(owner)

    return made


def settings() -> kopf.OperatorSettings:
    """How kopf watches."""
    made = kopf.OperatorSettings()
    made.posting.enabled = False
    made.peering.standalone = True
    # All that is watched is there before the operator is; looking for more would take the right to
    # list the cluster's namespaces and CustomResourceDefinitions.
    made.scanning.disabled = True
    made.watching.server_timeout = _SERVER_SECONDS
    made.watching.client_timeout = _SERVER_SECONDS + 30
    made.watching.connect_timeout = 15
    made.watching.inactivity_timeout = _SILENCE_SECONDS
    made.networking.request_timeout = 30
    # The server's side selects: of the cluster's pods, only ours travel and take memory.
    for kind in WATCHED:
        made.watching.label_selectors[kind.group, kind.version, kind.plural] = names.SELECTOR
    return made
