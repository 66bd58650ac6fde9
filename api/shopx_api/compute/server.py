"""The compute process's end: answers frames until the front goes away."""

import asyncio
from collections.abc import Callable

from shopx_api.compute.call import Compute, Response, failure
from shopx_api.compute.connection import Connection
from shopx_api.compute.frames import Frame, FrameTooLarge, Kind, read_request, response_frame
from shopx_core.errors import TooComplex
from shopx_core.texts import say

METRICS_INTERVAL = 1.0
"""Seconds between two texts of metrics."""


class ComputeServer:
    """Serves the requests of one connection.

    Args:
        compute: Computes the responses.
        metrics: Returns the text of this process's metrics.
        limit_pool: Sets how many database connections may be used.
    """

    def __init__(
        self,
        compute: Compute,
        metrics: Callable[[], bytes],
        limit_pool: Callable[[int], None],
    ) -> None:
        self._compute = compute
        self._metrics = metrics
        self._limit_pool = limit_pool
        self._running: dict[int, asyncio.Task[None]] = {}
        self._gone = asyncio.Event()
        self.connection = Connection(self._received, self._gone.set)

    async def run(self) -> None:
        """Show metrics at an interval until the front has gone, then end what still runs."""
        while not self._gone.is_set():
            self.connection.send(Frame(Kind.METRICS, body=self._metrics()))
            try:
                async with asyncio.timeout(METRICS_INTERVAL):
                    await self._gone.wait()
            except TimeoutError:
                continue
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def token_revoked(self) -> None:
        """Tell the front, before the response to the revocation."""
        self.connection.send(Frame(Kind.REVOKED))

    def _received(self, frame: Frame) -> None:
        if frame.kind is Kind.REQUEST:
            task = asyncio.create_task(self._respond(frame))
            self._running[frame.id] = task
            task.add_done_callback(lambda _: self._running.pop(frame.id, None))
        elif frame.kind is Kind.CANCEL:
            running = self._running.get(frame.id)
            if running is not None:
                running.cancel()
        elif frame.kind is Kind.POOL:
            self._limit_pool(frame.id)

    async def _respond(self, frame: Frame) -> None:
        origin, epoch, seconds = read_request(frame)
        response = await self._compute.respond(origin, epoch, seconds)
        try:
            self.connection.send(response_frame(frame.id, response))
        except FrameTooLarge:
            self.connection.send(response_frame(frame.id, _too_large()))


def _too_large() -> Response:
    error = TooComplex(
        say("request.response-too-large", "The response is too large."),
        hint=say("request.request-fewer-rows", "Request fewer rows."),
    )
    return failure(error, 422)
