"""A compute side that is handed the trace of the request it computes for."""

from dataclasses import replace

from shopx_api.compute.call import Compute, Origin, Response
from shopx_core import tracing
from shopx_core.caching.cache_epoch import CacheEpoch


class TracedCompute:
    """Adds a span around each call, and its `traceparent` to the request.

    Args:
        compute: What computes.
    """

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Compute a response; see `Compute.respond`."""
        with tracing.span("compute", {}):
            current = tracing.current()
            if current is not None:
                headers = [pair for pair in origin.headers if pair[0] != tracing.TRACEPARENT]
                headers.append((tracing.TRACEPARENT, current.encode()))
                origin = replace(origin, headers=headers)
            return await self._compute.respond(origin, epoch, seconds)
