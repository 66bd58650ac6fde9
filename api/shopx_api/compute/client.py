"""The front's end: calls of the compute process, many at a time."""

import asyncio
import itertools
from collections.abc import Callable

from shopx_api.compute.call import Origin, Response, failure, too_late
from shopx_api.compute.connection import Connection
from shopx_api.compute.frames import (
    Frame,
    FrameTooLarge,
    Kind,
    read_response,
    request_frame,
)
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.texts import say

_GRACE = 1.0
"""Seconds after its time limit that a request waits for the compute process to say so itself."""
_RESTART_SECONDS = 3
"""About how long the compute process takes to start, for `Retry-After`."""
_NUMBERS = 2**32


class ComputeClient:
    """Sends requests over the connection of the moment.

    Args:
        noted: Called with each text of metrics, which also shows that the compute process is there.
    """

    def __init__(self, noted: Callable[[bytes], None]) -> None:
        self._noted = noted
        self.token_revoked: Callable[[], None] = _nothing
        """Called when a token was revoked."""
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._connection: Connection | None = None
        self._pool: int | None = None

    def connect(self, connection: Connection) -> None:
        """Use a new connection."""
        self._connection = connection
        if self._pool is not None:
            connection.send(Frame(Kind.POOL, self._pool))

    def disconnect(self) -> None:
        """No response can arrive any more: every caller is told to come back."""
        self._connection = None
        waiting, self._waiting = self._waiting, {}
        for reply in waiting.values():
            if not reply.done():
                reply.set_result(_absent())

    def limit_pool(self, connections: int) -> None:
        """Set how many database connections may be used, now and after a restart."""
        self._pool = connections
        if self._connection is not None:
            self._connection.send(Frame(Kind.POOL, connections))

    def received(self, frame: Frame) -> None:
        """Take a frame of the compute process."""
        if frame.kind is Kind.METRICS:
            self._noted(frame.body)
        elif frame.kind is Kind.REVOKED:
            self.token_revoked()
        elif frame.kind is Kind.RESPONSE:
            reply = self._waiting.get(frame.id)
            if reply is not None and not reply.done():
                reply.set_result(read_response(frame))

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Let the compute process respond; see `Compute.respond`."""
        connection = self._connection
        if connection is None:
            return _absent()
        number = next(self._numbers) % _NUMBERS
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        try:
            connection.send(request_frame(number, origin, epoch, seconds))
        except FrameTooLarge:
            return failure(
                InvalidInput(
                    say("request.request-too-large", "The request is too large."),
                    hint=say("request.send-less-once", "Send less at once."),
                ),
                413,
            )
        self._waiting[number] = reply
        try:
            async with asyncio.timeout(seconds + _GRACE):
                return await reply
        except TimeoutError:
            connection.send(Frame(Kind.CANCEL, number))
            return too_late(seconds)
        except asyncio.CancelledError:
            connection.send(Frame(Kind.CANCEL, number))
            raise
        finally:
            self._waiting.pop(number, None)


def _nothing() -> None:
    """No caller has asked to be told."""


def _absent() -> Response:
    error = Unavailable(
        say(
            "request.process-computes-responses-starting",
            "The process that computes responses is starting.",
        ),
        hint=say("again.in-seconds", "Try again in a few seconds."),
    )
    return failure(error, 503, retry_after=_RESTART_SECONDS)
