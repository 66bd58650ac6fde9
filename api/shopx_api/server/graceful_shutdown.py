"""Graceful shutdown behind proxies, without losing a request."""

import asyncio
import socket
import time

import uvicorn

QUIET_SECONDS = 2.0
"""Seconds without a request after which the proxies are taken to have stopped sending."""
KEEP_ALIVE_SECONDS = 3630
"""How long an idle connection stays open: longer than proxies keep theirs (Envoy an hour, load
balancers some minutes), so that none sends a request on a connection that closes here."""


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
    """

    def __init__(self, config: uvicorn.Config, longest: float) -> None:
        super().__init__(config)
        self._longest = longest

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait until requests cease, finish the running ones, stop."""
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        draining = GracefulShutdown(self._longest, state.total_requests, time.monotonic())
        # uvicorn has no event for a request, only their count.
        while not draining.over(state.total_requests, time.monotonic()):
            if self.force_exit:
                break
            await asyncio.sleep(0.1)
        await super().shutdown(sockets)
