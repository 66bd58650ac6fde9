"""Graceful shutdown behind proxies, without losing a request."""

import asyncio
import socket
import time

import uvicorn

from shopx_api.server.http_protocol import check_connections
from shopx_api.server.intake import Intake

QUIET_SECONDS = 2.0
"""Seconds without a request after which the proxies are taken to have stopped sending."""


class GracefulShutdown:
    """Decides when a stopping process may refuse requests: pure, with the time as an argument.

    Args:
        longest: Seconds after which it may do so in any case.
        requests: Requests served so far.
        now: Monotonic seconds.
    """

    def __init__(self, longest: float, requests: int, now: float) -> None:
        self._until = now + longest
        self._requests = requests
        self._since = now

    def over(self, requests: int, now: float) -> bool:
        """Whether requests have ceased, or the longest time has passed."""
        if requests != self._requests:
            self._requests, self._since = requests, now
        return now >= min(self._until, self._since + QUIET_SECONDS)


class Server(uvicorn.Server):
    """A server that keeps serving for a while after the signal to stop.

    An orchestrator signals the process and the proxies at the same time, and the proxies may react
    later: their requests are still served, and each response closes its connection.

    Args:
        config: Uvicorn's; its protocol is `http_protocol.with_limits`.
        intake: That of the protocol.
        longest: The most seconds to go on after the signal while requests still arrive.
    """

    def __init__(self, config: uvicorn.Config, intake: Intake, longest: float) -> None:
        super().__init__(config)
        self._intake = intake
        self._longest = longest

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections every second; uvicorn calls it ten times as often."""
        if counter % 10 == 0:
            self._check_connections()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait until requests cease, finish the running ones, stop."""
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        draining = GracefulShutdown(self._longest, state.total_requests, time.monotonic())
        # uvicorn has no event for a request, only their count.
        while not draining.over(state.total_requests, time.monotonic()):
            if self.force_exit:
                break
            self._check_connections()
            await asyncio.sleep(0.1)
        await super().shutdown(sockets)

    def _check_connections(self) -> None:
        check_connections(self.server_state.connections, self._intake)
