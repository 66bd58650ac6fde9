"""How a server parts from the proxies in front of it, so that no request is lost on the way."""

import asyncio
import socket
import time

import uvicorn

QUIET_SECONDS = 2.0
"""Without a request for so long, nobody counts on a process that leaves."""
KEEP_ALIVE_SECONDS = 3630
"""How long an idle connection stays open: longer than proxies keep theirs (Envoy an hour, load
balancers a minute or some), so that none sends a request on one that is being closed here."""


class GracefulShutdown:
    """Whether a process that was told to stop may refuse requests: pure, the clock is handed in.

    Args:
        longest: Seconds after which it may in any case.
        requests: How many came until now.
        now: Monotonic seconds.
    """

    def __init__(self, longest: float, requests: int, now: float) -> None:
        self._until = now + longest
        self._requests = requests
        self._since = now

    def over(self, requests: int, now: float) -> bool:
        """Whether nobody asks any more, or it has taken too long."""
        if requests != self._requests:
            self._requests, self._since = requests, now
        return now >= min(self._until, self._since + QUIET_SECONDS)


class Server(uvicorn.Server):
    """A server that leaves before it stops.

    An orchestrator tells the process and the proxies at the same time, and the proxies may hear it
    later: what they still send is answered, and each answer says that its connection ends.
    """

    def __init__(self, config: uvicorn.Config, longest: float) -> None:
        super().__init__(config)
        self._longest = longest

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave, finish what was begun, end."""
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        leaving = GracefulShutdown(self._longest, state.total_requests, time.monotonic())
        # uvicorn counts requests and tells of no event.
        while not leaving.over(state.total_requests, time.monotonic()):
            if self.force_exit:
                break
            await asyncio.sleep(0.1)
        await super().shutdown(sockets)
