"""Assembles the response cache from the settings, and runs its background tasks."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

from shopx_api.asgi import App, Scope
from shopx_api.compute.call import Compute
from shopx_api.data.as_of import AsOfTokens
from shopx_api.response_cache.admission import Admission
from shopx_api.response_cache.cache_request import CacheRequestReader
from shopx_api.response_cache.callers import Callers
from shopx_api.response_cache.computation import Computation, ComputationComponents
from shopx_api.response_cache.decisions import Decisions
from shopx_api.response_cache.leader_marks import LeaderMarks
from shopx_api.response_cache.lookup import Lookup, LookupComponents
from shopx_api.response_cache.memory_answers import MemoryAnswers
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.middleware import MiddlewareComponents, ResponseCacheMiddleware
from shopx_api.response_cache.redis_client import RedisClient
from shopx_api.response_cache.redis_tier import RedisTier
from shopx_api.response_cache.refresh import RefreshComponents, Refresher
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.response_cache.tuning_follower import TuningFollower
from shopx_api.telemetry import HttpTelemetry
from shopx_core import logging
from shopx_core.caching.keys import namespace
from shopx_core.caching.policy import Policy
from shopx_core.caching.tuning import CacheTuning
from shopx_core.settings import Settings

_log = logging.get(__name__)

_AGE_INTERVAL = 1.0
"""Seconds between two measurements of the as-of's age."""
_OBSERVE_SECONDS = 2.0
"""Seconds that one observation of the database may take."""


class _Disabled:
    """The cache is disabled: no response is shared.

    Args:
        callers: The callers.
    """

    def __init__(self, callers: Callers) -> None:
        self.objection = callers.objection

    def known(self, _scope: Scope) -> None:
        """No response is shared."""

    async def audience(self, _scope: Scope) -> None:
        """No response is shared."""


class ResponseCache:
    """The response cache of one API process: `front` an application, then `start` and `stop`.

    Args:
        settings: The process's settings.
        telemetry: The process's metrics.
    """

    def __init__(self, settings: Settings, telemetry: HttpTelemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        cache, database = settings.cache, settings.database
        configured = CacheTuning(
            live_interval=cache.live_interval,
            ttl_min=cache.ttl_min,
            ttl_max=cache.ttl_max,
            stale_while_revalidate=cache.stale_while_revalidate,
            warm=cache.warm,
            misses=settings.api.max_concurrent_misses,
            pool=database.pool_size,
        )
        self.prefix = namespace(database.read_dsn, settings.redis.prefix)
        """The prefix of all keys in Redis; the overrides are the hash `<prefix>tuning`."""
        self._memory = MemoryTier(cache.local_bytes if cache.enabled else 0)
        self._redis = RedisClient(
            settings.redis.cache_url,
            timeout=settings.redis.timeout,
            invalidated=self._invalidated,
        )
        telemetry.watch_redis(self._redis.failures)
        self.tuning = TuningFollower(
            configured,
            self._redis,
            self.prefix,
            freshness_limit=cache.freshness_limit,
            pool_max=database.pool_max or database.pool_size,
        )
        self.tuning.listeners.append(self._use_tuning)
        self._redis_tier = RedisTier(self._redis, self.prefix)
        marks = None
        if database.replica_dsn is not None:
            marks = LeaderMarks(database.write_dsn, timeout=_OBSERVE_SECONDS)
        source = SnapshotSource(database.read_dsn, timeout=_OBSERVE_SECONDS, marks=marks)
        self.clock = SnapshotClock(self._redis, source, self.prefix, self._policy)
        self.admission = Admission(width=configured.misses, limit=settings.api.miss_wait)
        """Of responses that may be cached."""
        # A write waits rather than is refused: its caller would only send it again.
        self._others = Admission(width=configured.misses, limit=settings.api.request_timeout)
        self._lookup: Lookup | None = None
        self._background: list[asyncio.Task[None]] = []
        self._end_metrics: Callable[[], None] | None = None
        self._publish_tuning(configured)

    def front(
        self, pages: App, compute: Compute, callers: Callers, tokens: AsOfTokens
    ) -> ResponseCacheMiddleware:
        """The ASGI application: GraphQL behind the response cache, and the pages.

        Args:
            pages: Serves what is not GraphQL; it calls `start` and `stop` in its lifespan.
            compute: Computes responses.
            callers: Tells callers apart.
            tokens: Encodes the as-of tokens of responses.
        """
        settings = self._settings
        snapshots = Snapshots(tokens)
        self.clock.listeners.append(snapshots.note)
        self._lookup = self._finding(compute, snapshots)
        reader = CacheRequestReader(
            build=version("shopx-analytics"), memory=settings.cache.local_bytes // 4
        )
        known = callers if settings.cache.enabled else _Disabled(callers)
        answers = MemoryAnswers(
            path="/graphql",
            callers=known,
            reader=reader,
            admission=self.admission,
            clock=self.clock,
            memory=self._memory,
            lookup=self._lookup,
            snapshots=snapshots,
            telemetry=self._telemetry,
        )
        return ResponseCacheMiddleware(
            MiddlewareComponents(
                pages=pages,
                compute=compute,
                callers=known,
                answers=answers,
                lookup=self._lookup,
                reader=reader,
                admission=self.admission,
                others=self._others,
                snapshots=snapshots,
                telemetry=self._telemetry,
                identity_headers=frozenset(
                    name.lower().encode()
                    for name in (
                        settings.auth.user_header,
                        settings.auth.email_header,
                        settings.auth.groups_header,
                    )
                ),
                max_body=settings.api.max_body_bytes,
                request_seconds=settings.answer_seconds,
            )
        )

    def _finding(self, compute: Compute, snapshots: Snapshots) -> Lookup:
        decisions = Decisions(self.clock, snapshots, self._policy)
        computation = Computation(
            ComputationComponents(
                compute=compute,
                clock=self.clock,
                decisions=decisions,
                memory=self._memory,
                redis=self._redis_tier,
                snapshots=snapshots,
                admission=self.admission,
                telemetry=self._telemetry,
                policy=self._policy,
                request_seconds=self._settings.answer_seconds,
            )
        )
        refresher = Refresher(
            RefreshComponents(
                computation=computation,
                decisions=decisions,
                clock=self.clock,
                memory=self._memory,
                redis=self._redis_tier,
                admission=self.admission,
                warm=lambda: self.tuning.current.warm,
            )
        )
        return Lookup(
            LookupComponents(
                decisions=decisions,
                computation=computation,
                refresher=refresher,
                admission=self.admission,
                memory=self._memory,
                redis=self._redis_tier,
                snapshots=snapshots,
                telemetry=self._telemetry,
            )
        )

    async def start(self) -> None:
        """Connect and start the clock; does not fail when Redis or the database is unreachable."""
        self._serve_metrics()
        await self._redis.start()
        await self.clock.start()
        self._background = [
            asyncio.create_task(self.tuning.run(), name="tuning"),
            asyncio.create_task(self._measure_age(), name="as-of-age"),
            asyncio.create_task(self._telemetry.watch_loop(), name="loop-lag"),
        ]

    async def stop(self) -> None:
        """Stop everything in the background; safe without `start`."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._lookup is not None:
            await self._lookup.stop()
        await self.clock.stop()
        await self._redis.stop()
        if self._end_metrics is not None:
            await asyncio.to_thread(self._end_metrics)

    def _serve_metrics(self) -> None:
        """Serve `/metrics` on a port of this process alone, if the settings have one."""
        metrics = self._settings.metrics
        if metrics.port is not None:
            try:
                self._end_metrics = self._telemetry.serve(metrics.host, metrics.port)
            except OSError as error:
                _log.warning("metrics_port_failed", port=metrics.port, error=str(error))

    def _invalidated(self, name: bytes | None) -> None:
        """A key in Redis has changed; `None` = any key may have."""
        if name == self.clock.name:
            self.clock.wake()
        elif name is None:
            # After a flush responses are computed again; while Redis is down those in memory stay
            # usable, because this process's clock still confirms them.
            if self._redis.up:
                self._memory.clear()
            self.clock.wake()
        else:
            key = self._redis_tier.key(name)
            if key is not None:
                self._memory.drop(key)

    async def _measure_age(self) -> None:
        while True:
            self._telemetry.as_of_age.set(self.clock.age())
            await asyncio.sleep(_AGE_INTERVAL)

    def _policy(self) -> Policy:
        return self.tuning.policy

    def _use_tuning(self, tuning: CacheTuning) -> None:
        self.admission.width = self._others.width = tuning.misses
        self._publish_tuning(tuning)

    def _publish_tuning(self, tuning: CacheTuning) -> None:
        for name, value in asdict(tuning).items():
            self._telemetry.tuning.labels(name).set(value)
