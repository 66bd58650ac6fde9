"""Refuses requests for host names that this process does not answer to."""

from collections.abc import Iterable
from typing import Final

import orjson

from shopx_api.asgi import App, Prepared, Receive, Scope, Send, directly_of
from shopx_api.auth.hosts import are_allowed
from shopx_api.graphql.errors import BAD_REQUEST, request_error

_BAD_REQUEST: Final = 400


class HostGuard:
    """Refuses requests to other host names.

    Args:
        app: Serves the others.
        named: From `shopx_api.auth.hosts.guarded_hosts`.
    """

    def __init__(self, app: App, named: Iterable[str]) -> None:
        self._app = app
        self._directly = directly_of(app)
        self._named = frozenset(named)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] != "http" or are_allowed(scope["headers"], self._named):
            await self._app(scope, receive, send)
            return
        error = request_error(
            "The request is for a host name that this process does not answer to.",
            BAD_REQUEST,
            "Name it in SHOPX_API_ALLOWED_HOSTS, or in the manifest's route.",
        )
        body = orjson.dumps({"errors": [error]})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": _BAD_REQUEST, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer a request for an allowed name at once; see `asgi.Directly`."""
        allowed = are_allowed(scope["headers"], self._named)
        return self._directly(scope, body) if allowed else None
