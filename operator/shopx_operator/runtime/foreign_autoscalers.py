"""Who else sets a number of pods: HorizontalPodAutoscalers that somebody made for our workloads.

They carry no label of ours, so no watch tells of them: they are asked for, a namespace at a time.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import AUTOSCALER
from shopx_operator.planning.observed_state import owned_by
from shopx_operator.runtime.client import Kubernetes

FOUND_SECONDS: Final = 60.0
"""How long what was found in a namespace is taken as it was."""


def others(found: Iterable[Object], uid: str) -> dict[str, str]:
    """By the Deployment whose number of pods it sets, an autoscaler that is not a dashboard's own.

    Args:
        found: HorizontalPodAutoscalers.
        uid: The dashboard's: what it owns, the operator itself has made for `mode: hpa`.
    """
    made = {}
    for one in found:
        metadata, target = one["metadata"], one["spec"]["scaleTargetRef"]
        if target["kind"] == "Deployment" and not owned_by(one, uid):
            made[target["name"]] = metadata["name"]
    return made


class ForeignAutoscalers:
    """The autoscalers of all namespaces, each asked for at most once a minute.

    Args:
        kubernetes: The API server.
        clock: Monotonic seconds.
    """

    def __init__(self, kubernetes: Kubernetes, clock: Callable[[], float] = time.monotonic) -> None:
        self._kubernetes = kubernetes
        self._clock = clock
        self._found: dict[str, tuple[float, list[Object]]] = {}

    async def of_others(self, namespace: str, uid: str) -> dict[str, str]:
        """What `others` says of a namespace.

        Args:
            namespace: The dashboard's.
            uid: The dashboard's.
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
        return others(known[1], uid)
