"""Observes the cluster: the informer's objects, and requests for the rest."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from shopx_operator.manifests import names, secrets
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import OPTIONAL, REQUIRED_APIS, SECRET, ResourceKind
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, NamespacedName, owner_of

_KINDS_SECONDS: Final = 60
"""How long the list of optional kinds is cached."""


class Observer:
    """Observes dashboards.

    Args:
        kubernetes: The API server.
        informer: The watched objects.
        foreign_autoscalers: The HorizontalPodAutoscalers that users made.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        kubernetes: ApiClient,
        informer: Informer,
        foreign_autoscalers: ForeignAutoscalers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubernetes = kubernetes
        self._informer = informer
        self._foreign_autoscalers = foreign_autoscalers
        self._clock = clock
        self._known: tuple[ResourceKind, ...] = ()
        self._known_since: float | None = None

    async def kinds(self) -> tuple[ResourceKind, ...]:
        """The optional kinds that the cluster serves."""
        now = self._clock()
        if self._known_since is None or now - self._known_since > _KINDS_SECONDS:
            optional = (*OPTIONAL, *REQUIRED_APIS)
            self._known = tuple([one for one in optional if await self._kubernetes.knows(one)])
            self._known_since = now
        return self._known

    async def secret(self, namespace: str, name: str) -> Object | None:
        """A Secret, including one that a user made."""
        return await self._kubernetes.get(SECRET, namespace, name)

    async def _own_secrets(self, owner: NamespacedName) -> list[Object]:
        """The dashboard's own Secrets; one without its label is another's."""
        namespace, name = owner
        found = [await self.secret(namespace, names.child(name, part)) for part in secrets.PARTS]
        return [one for one in found if one is not None and owner_of(one) == owner]

    async def children(self, owner: NamespacedName, uid: str) -> ObservedState:
        """The observed state of a dashboard.

        Args:
            owner: The dashboard.
            uid: The dashboard's uid.
        """
        namespace, name = owner
        selector = f"{names.SELECTOR},{names.LABEL_INSTANCE}={name}"
        more = await self._own_secrets(owner)
        for kind in await self.kinds():
            if kind in OPTIONAL:
                found = await self._kubernetes.all_of(kind, namespace, selector)
                # The items of a list have no kind.
                head = {"apiVersion": kind.api_version, "kind": kind.name}
                more += [one | head for one in found]
        autoscaled = await self._foreign_autoscalers.in_namespace(namespace, uid)
        return replace(self._informer.observed(owner, more), autoscaled=autoscaled)
