"""The snapshots of the last minutes.

A cached response is still correct as of now while nothing that it depends on has changed, and then
carries the newest as-of. A page sends the token of its first response with its other requests, so
that they all agree.
"""

from collections import OrderedDict
from dataclasses import dataclass

from shopx_api.data.as_of import AsOfTokens, as_of_members
from shopx_api.types.scalars import instant_text
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_store.query.read_state import AsOf
from shopx_store.query.session import AS_OF_LIFETIME


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that clients may read: an epoch, and the texts that name it in responses."""

    epoch: CacheEpoch
    instant: bytes
    """`extensions.asOf`."""
    token: bytes
    """`extensions.snapshot`, which a client sends to read this snapshot."""
    members: bytes
    """Both as members of `extensions`."""


class Snapshots:
    """Keeps snapshots for as long as a client may read them.

    Args:
        tokens: Encodes the tokens of this installation.
    """

    def __init__(self, tokens: AsOfTokens) -> None:
        self._tokens = tokens
        self._known: OrderedDict[bytes, Snapshot] = OrderedDict()
        self.current: Snapshot | None = None
        """The newest; `None` = there is no epoch yet."""

    def note(self, epoch: CacheEpoch) -> None:
        """Keep the snapshot of a new epoch, and make it the current one."""
        instant = instant_text(epoch.at)
        token = self._tokens.encode(AsOf(epoch.snapshot, epoch.at, epoch.server))
        members = as_of_members(instant, token)
        self.current = Snapshot(epoch, instant.encode(), token.encode(), members)
        self._known[self.current.token] = self.current
        while epoch.at - next(iter(self._known.values())).epoch.at > AS_OF_LIFETIME:
            self._known.popitem(last=False)

    def find(self, token: bytes) -> Snapshot | None:
        """The snapshot of a token; `None` = this process does not have it."""
        return self._known.get(token)
