"""Serving below a path of a host, such as /analytics.

A route that passes the path on unchanged is meant; one that strips it works as well, because the
same is served without the path, as probes and scrapes ask for it.
"""

from shopx_api.asgi import App, Prepared, Receive, Scope, Send, directly_of


class BasePath:
    """Removes the path from requests below it, and redirects the path itself to its slash.

    Args:
        app: Serves the rest of the path.
        base: Such as /analytics.
    """

    def __init__(self, app: App, base: str) -> None:
        self._app = app
        self._directly = directly_of(app)
        self._base = base
        self._below = f"{base}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path: str = scope.get("path", "")
        if path == self._base and scope["type"] == "http":
            query = scope.get("query_string", b"")
            target = f"{self._base}/".encode() + (b"?" + query if query else b"")
            headers = [(b"location", target), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 308, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(self._without_base(scope), receive, send)

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer a request below the path at once; see `asgi.Directly`."""
        return self._directly(self._without_base(scope), body)

    def _without_base(self, scope: Scope) -> Scope:
        path: str = scope.get("path", "")
        if not path.startswith(self._below):
            return scope
        return {**scope, "path": path[len(self._base) :]}
