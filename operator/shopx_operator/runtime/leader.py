"""Leader election among the operator's replicas by a Lease: at most one acts at any time.

The official client's leader election assumes that all nodes' clocks agree, and a request that hangs
lets a leader act past its Lease. Here no two clocks are compared: a candidate waits a whole
duration from when *it* saw the Lease change, and a leader stops acting before that much has passed
since *it* renewed, whatever its requests do.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from shopx_core import logging
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import LEASE
from shopx_operator.runtime.client import ApiClient, ApiError

_RENEW_SHARE: Final = 1 / 4
"""How often a leader renews, as a share of the duration."""
_DEADLINE_SHARE: Final = 2 / 3
"""How long a leader that cannot renew continues, as a share of the duration."""

_log = logging.get(__name__)


@dataclass(slots=True)
class Candidate:
    """What one replica knows of the Lease: pure, the clock is an argument."""

    identity: str
    seconds: float
    """How long a leader that does not renew stays the leader."""
    _version: str | None = None
    _changed: float = 0.0
    renewed: float | None = None
    """When this replica last renewed; `None` = it does not lead."""

    def leads(self, now: float) -> bool:
        """Whether this replica may act."""
        return self.renewed is not None and now - self.renewed < self.seconds * _DEADLINE_SHARE

    def may_take(self, lease: Object, now: float) -> bool:
        """Whether this replica may take the Lease.

        Args:
            lease: The Lease, just read.
            now: Monotonic seconds, from before it was read.
        """
        version = lease["metadata"]["resourceVersion"]
        if version != self._version:
            self._version, self._changed = version, now
        holder = lease.get("spec", {}).get("holderIdentity")
        return holder in (self.identity, None, "") or now - self._changed > self.seconds

    def written(self, lease: Object, now: float) -> None:
        """Note that this replica holds the Lease.

        Args:
            lease: The Lease, just written.
            now: Monotonic seconds, from before it was written.
        """
        self._version, self._changed = lease["metadata"]["resourceVersion"], now
        self.renewed = now

    def lost(self) -> None:
        """Note that another replica holds the Lease."""
        self.renewed = None


class LeaderElection:
    """Renews the Lease, and says whether this replica leads.

    Args:
        kubernetes: The API server.
        namespace: The Lease's namespace.
        name: The Lease's name.
        candidate: This replica.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        kubernetes: ApiClient,
        namespace: str,
        name: str,
        candidate: Candidate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._name = name
        self._candidate = candidate
        self._clock = clock

    @property
    def leads(self) -> bool:
        """Whether this replica may act right now."""
        return self._candidate.leads(self._clock())

    async def run(self, elected: Callable[[], None]) -> None:
        """Take part until cancelled.

        Args:
            elected: Called each time this replica becomes the leader.
        """
        while True:
            before = self.leads
            try:
                await self._step()
            except (ApiError, OSError, TimeoutError, aiohttp.ClientError) as error:
                _log.warning("lease_request_failed", reason=str(error))
            if self.leads and not before:
                _log.info("leadership_acquired", identity=self._candidate.identity)
                elected()
            elif before and not self.leads:
                _log.warning("leadership_lost", identity=self._candidate.identity)
            await asyncio.sleep(self._candidate.seconds * _RENEW_SHARE)

    async def resign(self) -> None:
        """Stop leading, so that another replica can lead at once."""
        if not self.leads:
            return
        self._candidate.lost()
        try:
            lease = await self._kubernetes.get(LEASE, self._namespace, self._name)
            if lease and lease["spec"].get("holderIdentity") == self._candidate.identity:
                lease["spec"]["holderIdentity"] = ""
                await self._kubernetes.replace(LEASE, lease)
        except (ApiError, OSError, TimeoutError, aiohttp.ClientError) as error:
            _log.warning("lease_request_failed", reason=str(error))

    async def _step(self) -> None:
        now = self._clock()
        lease = await self._kubernetes.get(LEASE, self._namespace, self._name)
        if lease is None:
            lease = await self._kubernetes.create(LEASE, self._fresh())
            self._candidate.written(lease, now)
            return
        if not self._candidate.may_take(lease, now):
            self._candidate.lost()
            return
        lease["spec"] = self._spec(lease.get("spec", {}))
        # Refused when another candidate was faster: the version is that of what was read.
        now = self._clock()
        self._candidate.written(await self._kubernetes.replace(LEASE, lease), now)

    def _fresh(self) -> Object:
        metadata = {"name": self._name, "namespace": self._namespace}
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": metadata,
            "spec": self._spec({}),
        }

    def _spec(self, before: dict[str, Any]) -> dict[str, Any]:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        own = before.get("holderIdentity") == self._candidate.identity
        transitions = int(before.get("leaseTransitions", 0))
        return {
            "holderIdentity": self._candidate.identity,
            "leaseDurationSeconds": max(1, round(self._candidate.seconds)),
            "acquireTime": before.get("acquireTime", now) if own else now,
            "renewTime": now,
            "leaseTransitions": transitions if own else transitions + 1,
        }
