"""Uvicorn's HTTP/1.1 protocol, with one more way to send: a whole response of prepared bytes.

Uvicorn validates and joins the headers of each response and writes them apart from the body, which
is most of what a cached response costs. A response whose bytes are prepared goes out in one write.
"""

from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shopx_api.asgi import PREPARED

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

_STATUS: Final = b"HTTP/1.1 200 OK\r\n"


class HttpProtocol(HttpToolsProtocol):
    """One connection; its requests' scopes have the extension `PREPARED`."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        scope = cast("dict[str, Any]", cycle.scope)
        scope["extensions"] = {PREPARED: _PreparedResponse(cycle)}
        super()._start_asgi_task(cycle, app)


class _PreparedResponse:
    """Sends one response with status 200."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def __call__(self, head: bytes, body: bytes) -> bool:
        """Send the response, if that needs neither waiting nor thought.

        Args:
            head: The header lines, each with its line end.
            body: What `content-length` of the head announces.

        Returns:
            Whether it was sent; otherwise it must be sent by messages, as any other.
        """
        cycle = self._cycle
        prefix = _prefixes(cycle.default_headers)
        if (
            prefix is None
            or not cycle.keep_alive
            or cycle.disconnected
            or cycle.response_started
            or cycle.flow.write_paused
        ):
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"".join((prefix, head, b"\r\n", body)))
        cycle.message_event.set()
        cycle.on_response()
        return True


class _Prefixes:
    """The first lines of a response, by the server's headers, which change once a second."""

    def __init__(self) -> None:
        self._of: list[tuple[bytes, bytes]] | None = None
        self._made: bytes | None = None

    def __call__(self, headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """The status and the server's headers; `None` = it closes the connections."""
        if headers is not self._of:
            self._of = headers
            closes = any(name.lower() == b"connection" for name, _ in headers)
            lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
            self._made = None if closes else _STATUS + lines
        return self._made


_prefixes = _Prefixes()
