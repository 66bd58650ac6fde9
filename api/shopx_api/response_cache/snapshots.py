"""The states of the last minutes as clients know them, and answers that say which they are of.

An answer from the cache that nothing has changed is an answer as of now, and says so: a page takes
the token of its first answer and sends it with its other questions, so that all its figures agree.
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
    """A state and its two texts."""

    state: CacheEpoch
    instant: bytes
    """`extensions.asOf`: when it was."""
    token: bytes
    """`extensions.snapshot`: what a client sends to read as of it."""


class Snapshots:
    """Remembers states for as long as a client may ask for them.

    Args:
        tokens: Makes the tokens of this installation.
    """

    def __init__(self, tokens: AsOfTokens) -> None:
        self._tokens = tokens
        self._known: OrderedDict[bytes, Snapshot] = OrderedDict()
        self.current: Snapshot | None = None
        """The newest; `None` = there is no state yet."""

    def note(self, state: CacheEpoch) -> None:
        """A new state has begun."""
        token = self._tokens.encode(AsOf(state.snapshot, state.at)).encode()
        self.current = Snapshot(state, instant_text(state.at).encode(), token)
        self._known[token] = self.current
        while state.at - next(iter(self._known.values())).state.at > AS_OF_LIFETIME:
            self._known.popitem(last=False)

    def find(self, token: bytes) -> Snapshot | None:
        """The state that a client asks for; `None` = this process has not seen it."""
        return self._known.get(token)


def restated(body: bytes, moment: Snapshot) -> bytes:
    """The same answer, as of another moment at which it is equally true.

    Args:
        body: A GraphQL response; its own moment is in `extensions`, which come last.
        moment: What it shall say.

    Returns:
        The body; unchanged where it says no moment.
    """
    start = body.rfind(_EXTENSIONS)
    if start < 0:
        return body
    tail = _AS_OF.sub(b'"asOf":"' + moment.instant + b'"', body[start:], count=1)
    return body[:start] + _SNAPSHOT.sub(b'"snapshot":"' + moment.token + b'"', tail, count=1)
