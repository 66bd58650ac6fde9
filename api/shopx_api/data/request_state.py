"""What the response cache and the application exchange about one request.

The response cache puts a `RequestState` into the ASGI scope. It states the epoch to read as of; the
application adds which data the response depends on and whether it may be cached. A response without
that is sent and never cached.
"""

from collections.abc import MutableMapping
from typing import Any

from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.dependencies import Dependencies

SCOPE_KEY = "shopx.request_state"


class RequestState:
    """The state of one request on its way through the application."""

    __slots__ = (
        "as_of_span",
        "cacheable",
        "dependencies",
        "epoch",
        "etag",
        "failed",
        "operation",
    )

    def __init__(self, *, epoch: CacheEpoch | None = None) -> None:
        self.epoch = epoch
        """Read as of its `snapshot` and `at`; `None` = exactly now, in a snapshot of its own."""
        self.dependencies = Dependencies()
        """What is read; `dependencies.current_dependencies()` returns the same in this request."""
        self.operation = ""
        """The name of the operation, for metrics; set by the application."""
        self.cacheable = False
        """Whether the response is of a query without any error; set by the application."""
        self.as_of_span: tuple[int, int] | None = None
        """Where `as_of_members` begins and ends in the body; set by the application."""
        self.etag = ""
        """The tag of a cacheable response: equal data as of a later snapshot keep it; set by the
        application."""
        self.failed = False
        """Whether the application is at fault (the database is unreachable, a defect), so that an
        older response is better; set by the application. Not for the caller's own mistakes."""


def request_state_of(scope: MutableMapping[str, Any]) -> RequestState:
    """The state of a request; a new one where no response cache runs (unit tests)."""
    found = scope.get(SCOPE_KEY)
    if not isinstance(found, RequestState):
        found = scope[SCOPE_KEY] = RequestState()
    return found
