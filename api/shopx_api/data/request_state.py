"""What the hot path and the application tell one another about one request.

The hot path puts an `RequestState` into the ASGI scope. It says as of when to read; the application
says what the answer was and whether it may be kept. An application that says nothing is answered
correctly and never cached.
"""

from collections.abc import MutableMapping
from typing import Any

from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.dependencies import Dependencies
from shopx_core.caching.keys import Audience

SCOPE_KEY = "shopx.exchange"


class RequestState:
    """One request on its way through the application."""

    __slots__ = ("audience", "cacheable", "dependencies", "failed", "operation", "state")

    def __init__(
        self, *, state: CacheEpoch | None = None, audience: Audience | None = None
    ) -> None:
        self.state = state
        """Read as of its `snapshot` and `at`; `None` = exactly now, in a snapshot of its own."""
        self.audience = audience
        """Whom the answer may be shared with; `None` = nobody but the caller."""
        self.dependencies = Dependencies()
        """Note here what is read; also `dependencies.current_dependencies()` in this request."""
        self.operation = ""
        """The application sets the operation's name, for metrics."""
        self.cacheable = False
        """The application sets it for a query that was answered without any error."""
        self.failed = False
        """The application sets it where it is at fault (the database is away, a defect): an older
        answer is then better. Not for what the caller did wrong."""


def request_state(scope: MutableMapping[str, Any]) -> RequestState:
    """The exchange of a request; one that nobody reads where no hot path runs (unit tests)."""
    found = scope.get(SCOPE_KEY)
    if not isinstance(found, RequestState):
        found = scope[SCOPE_KEY] = RequestState()
    return found
