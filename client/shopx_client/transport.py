"""How httpx is used."""

from collections.abc import Generator

import httpx

from shopx_client.requests import NoReply


class BearerAuth(httpx.Auth):
    """Sends a token, and does not show it.

    Args:
        token: The secret.
    """

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __repr__(self) -> str:
        return "BearerAuth(…)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header, which httpx masks in texts."""
        request.headers["Authorization"] = self._header
        yield request


def no_reply(error: httpx.RequestError) -> NoReply:
    """What an error of httpx says about the request."""
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return NoReply(error, was_sent=not isinstance(error, unsent))
