"""What computes responses: database pools, GraphQL, the columnar replica.

In production it is a process of its own, which `compute_process` starts and stops; in tests it runs
in the process of the front.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.token_rows import TokenAdministration
from shopx_api.auth.tokens import TokenStore
from shopx_api.compute.call import LocalCompute, Origin, Response
from shopx_api.compute.server import ComputeServer
from shopx_api.data.as_of import AsOfTokens
from shopx_api.data.context import Services
from shopx_api.data.limiter import Limiter
from shopx_api.data.replicas import Replicas
from shopx_api.graphql.endpoint import GraphQLEndpoint
from shopx_api.graphql.persisted import PersistedQueries
from shopx_api.graphql.schema import schema
from shopx_api.response_cache.redis_client import RedisClient
from shopx_api.response_cache.text_store import TextStore
from shopx_api.server.garbage import tune_garbage_collection
from shopx_api.server.pools import read_pool, replica_pool, token_connection, write_pool
from shopx_api.server.static_pages import SECURITY, StaticPages
from shopx_api.telemetry import Telemetry
from shopx_core import logging, tracing
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.keys import namespace
from shopx_core.settings import Settings

if TYPE_CHECKING:
    from shopx_api.data.columns import ColumnsReplica

NICENESS = 5
"""Added to that of the front, whose cached responses go before: a third of its share of a core."""


class ComputeUnit:
    """The components that compute responses.

    Args:
        settings: The unit's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.telemetry = Telemetry()
        database = settings.database
        self.reads = read_pool(settings)
        self.writes = write_pool(settings)
        self.connections = Limiter(
            limit=database.pool_size, max_waiting=sys.maxsize, timeout=2 * database.acquire_timeout
        )
        """Limits the read connections in use: by the tuning, up to the pool's size."""
        self._replica_reads = replica_pool(settings)
        self._replica_connections = Limiter(limit=database.pool_size, max_waiting=0, timeout=0)
        self._redis = RedisClient(
            settings.redis.cache_url, timeout=settings.redis.timeout, invalidated=_ignore
        )
        self._lookups = token_connection(settings)
        tokens = TokenStore(self._lookups, outage=settings.cache.freshness_limit)
        self.tokens = TokenAdministration(self.writes, timeout=database.acquire_timeout)
        self.tokens.listeners.append(tokens.forget)
        self.authenticator = Authenticator(settings.auth, tokens)
        self.telemetry.watch_pool(self._states)
        self._columns = self._replica()
        self.endpoint = self._endpoint()
        self._local = LocalCompute(self.endpoint.respond)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connect, run, disconnect. The database may be unreachable at the start."""
        async with self.reads, self.writes, self._replica_reads or contextlib.nullcontext():
            await self._redis.start()
            if self._columns is not None:
                await self._columns.start()
            try:
                yield
            finally:
                if self._columns is not None:
                    await self._columns.stop()
                await self._redis.stop()
                self._lookups.close()

    @property
    def ready(self) -> bool:
        """It can be called from the start."""
        return True

    def processes(self) -> Iterator[int]:
        """The id of this process."""
        yield os.getpid()

    def metrics(self) -> bytes:
        """The text of the metrics."""
        return self.telemetry.exposition()

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Compute a response; see `Compute.respond`."""
        parent = dict(origin.headers).get(tracing.TRACEPARENT, b"").decode("latin-1")
        with tracing.continued("graphql", parent, {"shopx.request_id": origin.request_id}):
            return await self._local.respond(origin, epoch, seconds)

    def on_revoked(self, forget: Callable[[], None]) -> None:
        """Call a function when a token was revoked."""
        self.tokens.listeners.append(forget)

    def limit_pool(self, connections: int) -> None:
        """Set how many read connections may be used."""
        self.connections.limit = self._replica_connections.limit = connections

    def _replica(self) -> "ColumnsReplica | None":
        folder = self.settings.columns.folder
        if folder is None:
            return None
        # DuckDB takes memory and time to load, which a process without a replica saves.
        from shopx_api.data.columns import ColumnsReplica  # noqa: PLC0415 -- see above

        return ColumnsReplica(self.settings, Path(folder), self.telemetry)

    def _replicas(self) -> Replicas | None:
        if self._replica_reads is None:
            return None
        return Replicas(
            self._replica_reads,
            self._replica_connections,
            seconds=self.settings.replica_seconds,
            telemetry=self.telemetry,
        )

    def _states(self) -> dict[str, float]:
        idle = self.reads.get_idle_size()
        return {"idle": idle, "used": self.reads.get_size() - idle}

    def _endpoint(self) -> GraphQLEndpoint:
        settings = self.settings
        services = Services(
            settings=settings,
            pool=self.reads,
            read_limiter=self.connections,
            writes=self.writes,
            tokens=self.tokens,
            columns=self._columns,
            replicas=self._replicas(),
        )
        texts = TextStore(self._redis, namespace(settings.database.read_dsn, settings.redis.prefix))
        return GraphQLEndpoint(
            schema._schema,  # noqa: SLF001 -- Strawberry has no public access to graphql-core's schema
            services,
            authenticator=self.authenticator,
            persisted=PersistedQueries(texts),
            as_of_tokens=AsOfTokens(settings.database.write_dsn),
            telemetry=self.telemetry,
            explorer=StaticPages(settings.api.base_path).read("/graphiql.html"),
            explorer_headers=SECURITY,
        )


def main(descriptor: int) -> int:
    """Serve the front at the other end of an inherited socket, until it goes away.

    Args:
        descriptor: The socket.
    """
    # The front drains after a signal, and this process serves it meanwhile: it ends when the front
    # closes the socket, which the kernel does for a front that was killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    settings = Settings.from_env()
    logging.configure("api-compute", json=settings.log.json_lines, level=settings.log.level)
    traces = settings.traces
    tracing.configure("api-compute", endpoint=traces.endpoint, percent=traces.percent)
    config = uvicorn.Config(_no_app, loop="auto")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(settings, socket.socket(fileno=descriptor)))
    tracing.stop()
    return 0


async def _serve(settings: Settings, end: socket.socket) -> None:
    # Created inside the serving event loop, to which its connections belong.
    unit = ComputeUnit(settings)
    server = ComputeServer(unit, unit.metrics, unit.limit_pool)
    unit.on_revoked(server.token_revoked)
    end.setblocking(False)  # noqa: FBT003 -- the standard library's signature
    async with unit.running():
        tune_garbage_collection()
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: server.connection, sock=end)
        _yield_to_the_front()
        await server.run()


def _yield_to_the_front() -> None:
    """Lower this process's priority; not before it can respond, for a busy machine never would."""
    lowered = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    # The priority is each thread's own, and that of the threads that it starts later.
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, int(thread.name), lowered)


async def _no_app(*_: object) -> None:
    """Uvicorn's configuration is used for its choice of an event loop alone."""


def _ignore(_key: bytes | None) -> None:
    """Persisted queries never change."""
