"""The types of ASGI, and the keys of what this project adds to a scope."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PreparedSend = Callable[[bytes, bytes], bool]
"""Sends a whole response of header lines and a body, or returns that it did not."""

PREPARED: Final = "shopx.prepared"
"""The extension of a scope that sends prepared bytes; a `PreparedSend`."""

REQUEST_ID: Final = "shopx.request_id"
"""The key of the request's id in the scope; the access log sets it."""
