"""A fake cluster with the operator's autoscaling: pods that serve metrics, and a real Redis."""

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import redis

from shopx_core.caching.keys import namespace
from shopx_core.scaling import PersistedState
from shopx_operator.autoscaling import memory_store
from shopx_operator.autoscaling.autoscaler_loop import AutoscalerLoop
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from tests.support.apiserver import ApiServer
from tests.support.dashboards import dashboard
from tests.support.pods import Pods, sessions
from tests.support.rendering import context

TICK = 0.4
DSN = "postgresql://reader@pg.test/"
PREFIX = "shopx:shop:sales:"
"""What the keys of the dashboard `sales` begin with."""
SCALED: dict[str, Any] = {
    "environment": "development",
    "api": {
        "autoscaling": {
            "min": 2,
            "max": 6,
            "behavior": {"cooldown": "1s", "scaleDownStabilization": "2s"},
        }
    },
    "workers": {"autoscaling": {"min": 0, "max": 2}},
    "database": {"external": {"secretRef": {"name": "db"}}},
    "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
}


def secret(name: str, key: str, value: str) -> dict[str, Any]:
    """A Secret in the dashboards' namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop"},
        "data": {key: base64.b64encode(value.encode()).decode()},
    }


class FakeScalingCluster:
    """An API server, its pods, and the operator's autoscaler loop."""

    def __init__(self, server: ApiServer, pods: Pods, kubernetes: ApiClient, url: str) -> None:
        self.server = server
        self.pods = pods
        self.kubernetes = kubernetes
        self.informer = Informer()
        self.metrics = Metrics()
        self.url = url
        self.leads = True
        self.news: list[tuple[str, str]] = []
        self.loop = self._loop()

    def _loop(self) -> AutoscalerLoop:
        options = Options(
            namespace="shopx-system",
            version="1.0.0",
            app_image="a",
            postgres_image="p",
            redis_image="r",
            # The servers of the tests.
            permitted_addresses=("127.0.0.0/8",),
        )
        return AutoscalerLoop(
            self.kubernetes,
            self.informer,
            options,
            self.metrics,
            ForeignAutoscalers(self.kubernetes),
            leads=lambda: self.leads,
            on_status_changed=self.news.append,
        )

    def restarted(self) -> AutoscalerLoop:
        """Start another operator in place of the first."""
        self.loop = self._loop()
        return self.loop

    async def dashboard(self, name: str, spec: dict[str, Any] | None = None, pods: int = 2) -> None:
        """A dashboard that serves."""
        body = dashboard(spec or SCALED, name)
        body["metadata"]["namespace"] = "shop"
        self.informer.put_dashboard(self.server.put(body))
        for made in (secret("redis", "url", self.url), secret("db", "dsn", DSN + "sales")):
            self.server.put(made)
        for part, count in (("api", pods), ("workers", 0)):
            made = context(spec or SCALED, name=name).object("apps/v1", "Deployment", part, part)
            self.informer.put(self.server.put(made | {"spec": {"replicas": count}}))
        for _ in range(pods):
            self.informer.put(await self.pods.add(name, "api"))
        self.informer.put(await self.pods.add(name, "fold"))
        self.pods.shown[name] = sessions(1)

    async def replicas(self, name: str) -> int:
        """The API pods that the Deployment asks for; added ones serve from now on."""
        found = self.server.find("Deployment", f"{name}-api")
        assert found is not None
        self.informer.put(found)
        count: int = found["spec"]["replicas"]
        while len(self.pods.api[name]) < count:
            load = self.pods.api[name][0].load
            self.informer.put(await self.pods.add(name, "api"))
            self.pods.api[name][-1].load = load
        return count

    def memory(self, name: str) -> PersistedState:
        """The stored memory."""
        body = self.server.find("ConfigMap", f"{name}-scaling")
        return PersistedState() if body is None else memory_store.memory_of(body)

    def events(self) -> list[str]:
        """The reasons of all events."""
        found = [self.server.find("Event", name) for name in self.server.names("Event")]
        return [event["reason"] for event in found if event]

    def tuning(self) -> dict[str, str]:
        """The runtime tuning that the pods read."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            found: dict[str, str] = client.hgetall(
                (namespace(DSN + "sales", PREFIX) + b"tuning").decode()
            )
        return found

    def rule(self, name: str) -> str | None:
        """The rule of the decision that the status shows."""
        decision = self.loop.decision(("shop", name))
        return decision.rule.value if decision else None


@contextlib.asynccontextmanager
async def running(loop: AutoscalerLoop) -> AsyncIterator[None]:
    """Run the loop."""
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(what: str, holds: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)
