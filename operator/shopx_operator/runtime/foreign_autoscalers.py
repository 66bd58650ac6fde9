"""HorizontalPodAutoscalers that users made for the operator's workloads.

They lack the operator's labels, so they are not watched but listed, one namespace at a time.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import AUTOSCALER
from shopx_operator.planning.observed_state import owned_by
from shopx_operator.runtime.client import ApiClient

FOUND_SECONDS: Final = 60.0
"""How long a namespace's list is cached."""


def foreign_targets(found: Iterable[Object], uid: str) -> dict[str, str]:
    """The autoscalers that are not a dashboard's own: names, by the Deployment that they scale.

    Args:
        found: HorizontalPodAutoscalers.
        uid: The dashboard's uid: the operator made what it owns, for `mode: hpa`.
    """
    made = {}
    for one in found:
        metadata, target = one["metadata"], one["spec"]["scaleTargetRef"]
        if target["kind"] == "Deployment" and not owned_by(one, uid):
            made[target["name"]] = metadata["name"]
    return made


class ForeignAutoscalers:
    """The autoscalers of all namespaces, each listed at most once a minute.

    Args:
        kubernetes: The API server.
        clock: Monotonic seconds.
    """

    def __init__(self, kubernetes: ApiClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._kubernetes = kubernetes
        self._clock = clock
        self._found: dict[str, tuple[float, list[Object]]] = {}

    async def in_namespace(self, namespace: str, uid: str) -> dict[str, str]:
        """The result of `foreign_targets` for a namespace.

        Args:
            namespace: The dashboard's namespace.
            uid: The dashboard's uid.
        """
        now = self._clock()
        known = self._found.get(namespace)
        if known is None or now - known[0] > FOUND_SECONDS:
            found = await self._kubernetes.all_of(AUTOSCALER, namespace)
            fresh = {
                place: one for place, one in self._found.items() if now - one[0] <= FOUND_SECONDS
            }
            self._found = fresh | {namespace: (now, found)}
            known = self._found[namespace]
        return foreign_targets(known[1], uid)
