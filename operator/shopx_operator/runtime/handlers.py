"""kopf's handlers: they fill the informer and the work queue, and do nothing else.

Only event handlers are used. They set neither finalizers nor annotations on objects. So an operator
that is gone leaves nothing stuck, and two versions of it have no state to disagree about.
"""

from typing import Any, Final

import kopf

from shopx_operator.manifests import names
from shopx_operator.manifests.kinds import DASHBOARD, WATCHED
from shopx_operator.planning.database_servers import only_progressed
from shopx_operator.runtime.informer import Informer, NamespacedName
from shopx_operator.runtime.workqueue import WorkQueue

_SERVER_SECONDS: Final = 240
_SILENCE_SECONDS: Final = 70
"""The API server sends a bookmark each minute; a watch that is silent for longer is dead."""


def registry(informer: Informer, queue: WorkQueue[NamespacedName]) -> kopf.OperatorRegistry:
    """The handlers, bound to an informer and a queue."""
    made = kopf.OperatorRegistry()

    @kopf.on.login(registry=made)
    def login(**arguments: Any) -> Any:
        in_cluster = kopf.login_with_service_account(**arguments)
        return in_cluster or kopf.login_with_kubeconfig(**arguments)

    @kopf.on.event(DASHBOARD.group, DASHBOARD.version, DASHBOARD.plural, registry=made)
    def dashboard_changed(event: kopf.RawEvent, **_: Any) -> None:
        body: Any = event["object"]
        owner = informer.put_dashboard(body)
        if event["type"] == "DELETED":
            informer.forget_dashboard(owner)
            queue.forget(owner)
        else:
            queue.add(owner)

    for kind in WATCHED:

        @kopf.on.event(
            kind.group, kind.version, kind.plural, id=f"child-{kind.plural}", registry=made
        )
        def child_changed(event: kopf.RawEvent, **_: Any) -> None:
            body: Any = event["object"]
            before = informer.child(body)
            owner = informer.forget(body) if event["type"] == "DELETED" else informer.put(body)
            if event["type"] != "DELETED" and only_progressed(before, body):
                return
            if owner is not None and informer.dashboard(owner) is not None:
                queue.add(owner)

    return made


def settings() -> kopf.OperatorSettings:
    """The settings of kopf."""
    made = kopf.OperatorSettings()
    made.posting.enabled = False
    made.peering.standalone = True
    # All watched kinds exist before the operator starts; scanning would need the right to list the
    # cluster's namespaces and CustomResourceDefinitions.
    made.scanning.disabled = True
    made.watching.server_timeout = _SERVER_SECONDS
    made.watching.client_timeout = _SERVER_SECONDS + 30
    made.watching.connect_timeout = 15
    made.watching.inactivity_timeout = _SILENCE_SECONDS
    made.networking.request_timeout = 30
    # The API server selects: of the cluster's objects, only the operator's own are sent.
    for kind in WATCHED:
        made.watching.label_selectors[kind.group, kind.version, kind.plural] = names.SELECTOR
    return made
