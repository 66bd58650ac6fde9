"""The HTTP request behind a cached response, with which the application is called again."""

from collections.abc import Mapping
from typing import Any

from shopx_api.data.as_of import AS_OF_HEADER

_NOT_FOR_THE_APPLICATION = frozenset(
    {AS_OF_HEADER, b"accept-encoding", b"if-none-match", b"cache-control"}
)
"""Headers that the response cache handles itself, because responses are shared."""


class Origin:
    """A request as the application gets it, without the headers that the cache handles.

    Args:
        scope: The ASGI scope; headers that the response cache handles are left out.
        body: The request body.
    """

    __slots__ = ("_token", "body", "scope")

    def __init__(self, scope: Mapping[str, Any], body: bytes) -> None:
        self._token = [h for h in scope["headers"] if h[0] == AS_OF_HEADER]
        kept = [h for h in scope["headers"] if h[0] not in _NOT_FOR_THE_APPLICATION]
        self.scope: dict[str, Any] = {**scope, "headers": kept}
        self.body = body

    def with_token(self) -> "Origin":
        """The same request with the client's as-of token, for the application to decode."""
        origin = Origin(self.scope, self.body)
        origin.scope["headers"] += self._token
        return origin
