"""The snapshots of the last minutes, and responses with the as-of of another snapshot.

A cached response is still correct as of now while nothing that it depends on has changed, and then
carries the newest as-of. A page sends the token of its first response with its other requests, so
that they all agree.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass

from shopx_api.data.as_of import AsOfTokens
from shopx_api.types.scalars import instant_text
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_store.query.read_state import AsOf
from shopx_store.query.session import AS_OF_LIFETIME

_EXTENSIONS = b'"extensions":'
_AS_OF = re.compile(rb'"asOf":"[^"]*"')
_SNAPSHOT = re.compile(rb'"snapshot":"[^"]*"')


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that clients may read: an epoch, and the two texts that name it in responses."""

    epoch: CacheEpoch
    instant: bytes
    """`extensions.asOf`."""
    token: bytes
    """`extensions.snapshot`, which a client sends to read this snapshot."""


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
        token = self._tokens.encode(AsOf(epoch.snapshot, epoch.at)).encode()
        self.current = Snapshot(epoch, instant_text(epoch.at).encode(), token)
        self._known[token] = self.current
        while epoch.at - next(iter(self._known.values())).epoch.at > AS_OF_LIFETIME:
            self._known.popitem(last=False)

    def find(self, token: bytes) -> Snapshot | None:
        """The snapshot of a token; `None` = this process does not have it."""
        return self._known.get(token)


def with_snapshot(body: bytes, snapshot: Snapshot) -> bytes:
    """A response's body with the as-of of another snapshot, at which the response is also true.

    Args:
        body: A GraphQL response; its own as-of is in `extensions`, which come last.
        snapshot: The other snapshot.

    Returns:
        The body; unchanged where it has no as-of.
    """
    start = body.rfind(_EXTENSIONS)
    if start < 0:
        return body
    tail = _AS_OF.sub(b'"asOf":"' + snapshot.instant + b'"', body[start:], count=1)
    return body[:start] + _SNAPSHOT.sub(b'"snapshot":"' + snapshot.token + b'"', tail, count=1)
