"""Puts the highway together from the settings, and runs what it has in the background."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version

from shopx_api.data.as_of import AsOfTokens
from shopx_api.data.limiter import Limiter
from shopx_api.response_cache.asgi_call import App, Scope
from shopx_api.response_cache.cache_request import CacheRequestReader
from shopx_api.response_cache.components import Components
from shopx_api.response_cache.lookup import Lookup
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.middleware import Admit, ResponseCacheMiddleware, Wiring
from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_api.response_cache.redis_tier import RedisTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.response_cache.text_store import TextStore
from shopx_api.telemetry import Telemetry
from shopx_core import logging
from shopx_core.caching.keys import namespace
from shopx_core.caching.policy import Policy
from shopx_core.caching.runtime_tuning import TUNING_KEY, TUNING_SECONDS, apply_overrides
from shopx_core.caching.tuning import CacheTuning
from shopx_core.settings import Settings

_log = logging.get(__name__)

TUNING_INTERVAL = 1.0
"""How often the overrides of the tuning are read, in seconds."""
_QUEUE_SECONDS = 2.0
"""How long a request waits for its turn to be computed before it is told to come back."""
_OBSERVE_SECONDS = 2.0
"""How long one look at the database for the shared instant may take."""


async def _nobody(_scope: Scope) -> None:
    """The cache is switched off: no answer is shared with anybody."""


class ResponseCache:
    """The cache of one API process: `front` it with an application, then `start` and `stop`.

    Args:
        settings: The process's settings.
        telemetry: The process's metrics.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        cache, database = settings.cache, settings.database
        self._pool_max = database.pool_max or database.pool_size
        self._configured = CacheTuning(
            live_interval=cache.live_interval,
            ttl_min=cache.ttl_min,
            ttl_max=cache.ttl_max,
            stale_while_revalidate=cache.stale_while_revalidate,
            warm=cache.warm,
            misses=settings.api.max_concurrent_misses,
            pool=database.pool_size,
        )
        self.tuning = self._configured
        """The values in force."""
        self.policy = Policy(tuning=self.tuning, freshness_limit=cache.freshness_limit)
        """The cache policy in force."""
        self.prefix = namespace(database.read_dsn)
        """The prefix of all keys in Redis; the overrides are the hash `<prefix>levers`."""
        self._local = MemoryTier(cache.local_bytes if cache.enabled else 0)
        self._link = RedisClient(
            settings.redis.cache_url,
            timeout=settings.redis.timeout,
            invalidated=self._invalidated,
        )
        self._shared = RedisTier(self._link, self.prefix)
        self.texts = TextStore(self._link, self.prefix)
        """Persisted queries that processes share."""
        source = SnapshotSource(database.read_dsn, timeout=_OBSERVE_SECONDS)
        self.clock = SnapshotClock(self._link, source, self.prefix, lambda: self.policy)
        self._limiter = Limiter(
            width=self.tuning.misses,
            line=settings.api.max_waiting_misses,
            patience=_QUEUE_SECONDS,
        )
        self.connections = Limiter(
            width=self.tuning.pool, line=sys.maxsize, patience=2 * database.acquire_timeout
        )
        """Limits the database connections for reads to the tuned number."""
        self._answers: Lookup | None = None
        self._background: list[asyncio.Task[None]] = []
        self._refused: tuple[str, ...] = ()
        self._end_metrics: Callable[[], None] | None = None
        self._show_tuning()

    def front(self, app: App, admit: Admit, tokens: AsOfTokens) -> ResponseCacheMiddleware:
        """The application with the highway in front of it.

        Args:
            app: Answers what is not in a cache; it calls `start` and `stop` in its lifespan.
            admit: Whom an answer may be shared with; see `hotpath.Admit`.
            tokens: Makes the as-of tokens that answers carry.
        """
        settings = self._settings
        moments = Snapshots(tokens)
        self._answers = Lookup(
            Components(
                app=app,
                clock=self.clock,
                local=self._local,
                moments=moments,
                shared=self._shared,
                limiter=self._limiter,
                telemetry=self._telemetry,
                policy=lambda: self.policy,
                request_seconds=settings.api.request_timeout,
                warm=lambda: self.tuning.warm,
            )
        )
        return ResponseCacheMiddleware(
            Wiring(
                app=app,
                admit=admit if settings.cache.enabled else _nobody,
                answers=self._answers,
                reader=CacheRequestReader(
                    build=version("shopx-analytics"), memory=settings.cache.local_bytes // 4
                ),
                clock=self.clock,
                local=self._local,
                moments=moments,
                telemetry=self._telemetry,
                max_body=settings.api.max_body_bytes,
            )
        )

    async def start(self) -> None:
        """Connect and begin to follow the clock; never fails for what is away."""
        self._serve_metrics()
        await self._link.start()
        await self.clock.start()
        self._background = [
            asyncio.create_task(self._follow_tuning(), name="tuning"),
            asyncio.create_task(self._telemetry.watch_loop(), name="loop-lag"),
        ]

    async def stop(self) -> None:
        """End everything in the background; safe when `start` was never called."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._answers is not None:
            await self._answers.stop()
        await self.clock.stop()
        await self._link.stop()
        if self._end_metrics is not None:
            await asyncio.to_thread(self._end_metrics)

    def _serve_metrics(self) -> None:
        """Serve `/metrics` on a port of this process's own, where the settings name one."""
        metrics = self._settings.metrics
        if metrics.port is not None:
            try:
                self._end_metrics = self._telemetry.serve(metrics.host, metrics.port)
            except OSError as error:
                _log.warning("metrics_not_served", port=metrics.port, error=str(error))

    def _invalidated(self, name: bytes | None) -> None:
        """Redis says that a key has changed; `None` = anything may have."""
        if name == self.clock.name:
            self.clock.look()
        elif name is None:
            # After a flush answers are made anew; while Redis is away those at hand stay good:
            # the clock of this process goes on to vouch for them.
            if self._link.up:
                self._local.clear()
            self.clock.look()
        else:
            key = self._shared.key(name)
            if key is not None:
                self._local.drop(key)

    async def _follow_tuning(self) -> None:
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            try:
                self._tune(await self._link.call("HGETALL", self.prefix + TUNING_KEY))
                heard = loop.time()
            except RedisUnavailable:
                if loop.time() - heard > TUNING_SECONDS:
                    self._tune({})
            self._telemetry.as_of_age.set(self.clock.age())
            await asyncio.sleep(TUNING_INTERVAL)

    def _tune(self, found: dict[bytes, bytes]) -> None:
        wanted = {k.decode(errors="replace"): v.decode(errors="replace") for k, v in found.items()}
        tuning, refused = apply_overrides(
            self._configured,
            wanted,
            freshness_limit=self.policy.freshness_limit,
            pool_max=self._pool_max,
        )
        if refused != self._refused:
            self._refused = refused
            _log.warning("tuning_refused", names=list(refused))
        if tuning != self.tuning:
            _log.info("tuning_changed", **wanted)
            self.tuning = tuning
            self.policy = replace(self.policy, tuning=tuning)
            self._limiter.width = tuning.misses
            self.connections.width = tuning.pool
            self._show_tuning()

    def _show_tuning(self) -> None:
        for name, value in asdict(self.tuning).items():
            self._telemetry.tuning.labels(name).set(value)
