"""Who asks, as far as the response cache must know."""

from typing import Final, Protocol

from shopx_api.asgi import Scope
from shopx_api.compute.call import Response
from shopx_core.caching.keys import Audience

MAX_STRANGERS_BODY: Final = 64 * 1024
"""Bytes of a body that are read before it is known who sends it."""


class Callers(Protocol):
    """Tells callers apart by the headers of their requests; called at each request.

    `known` and `audience` note in the scope whom the request counts for (`asgi.CALLER`).
    """

    def known(self, scope: Scope) -> Audience | None:
        """The same as `audience` where that takes no look-up; `None` also where it would."""
        ...

    async def audience(self, scope: Scope) -> Audience | None:
        """The callers who may share a response.

        `None` = unknown or refused: the endpoint decides, and nothing is cached.
        """
        ...

    async def objection(self, scope: Scope) -> Response | None:
        """The response to a caller that may not send a long body; `None` = it may."""
        ...
