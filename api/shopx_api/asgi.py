"""The types of ASGI, and the keys of what this project adds to a scope."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class Prepared(NamedTuple):
    """A whole response that needs no computation."""

    status: int
    head: bytes
    """Header lines, each with its line end."""
    body: bytes
    cache: str
    """The value of `X-Cache`."""


Directly = Callable[[Scope, bytes], Prepared | None]
"""Answers a POST, by its scope and whole body, at once; `None` = only as an ASGI application.

The scope is a copy, which may be changed.
"""


def directly_of(app: App) -> Directly:
    """The attribute `directly` of an application; one without it answers nothing so."""
    found: Directly = getattr(app, "directly", _nothing)
    return found


def _nothing(_scope: Scope, _body: bytes) -> None:
    """Leave every request to the application."""


CALLER: Final = "shopx.caller"
"""The key of whom the request counts for (`Principal.caller`); set where callers are told apart."""
REQUEST_ID: Final = "shopx.request_id"
"""The key of the request's id in the scope; the access log sets it."""
