"""How httpx is used."""

import ssl
from collections.abc import Generator
from typing import TypedDict

import httpx

from shopx_client.requests import NoReply
from shopx_client.target import Target


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


class Options(TypedDict):
    """What both clients of httpx are made with beside their addresses."""

    auth: httpx.Auth | None
    headers: dict[str, str]
    timeout: float
    verify: ssl.SSLContext | bool


def options(target: Target, timeout: float) -> Options:
    """How to connect to a server, but for its address.

    Args:
        target: The server.
        timeout: Seconds for a connection, and between two parts of a response.

    Raises:
        ConfigurationError: The file of certificate authorities cannot be read.
    """
    return {
        "auth": BearerAuth(target.token) if target.token else None,
        "headers": {"Content-Type": "application/json"},
        "timeout": timeout,
        "verify": target.tls(),
    }


def no_reply(error: httpx.RequestError) -> NoReply:
    """What an error of httpx says about the request."""
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return NoReply(error, was_sent=not isinstance(error, unsent))
