"""Pods that exist as addresses of this machine: they show metrics, and play a load."""

import random
import time
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from shopx_api.telemetry import HttpTelemetry, Telemetry
from shopx_core.containers.variables import METRICS_PORT
from shopx_operator.manifests import names

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """What one API pod goes through; a second of it."""

    requests: int = 100
    hits: float = 0.9
    hit_seconds: float = 0.004
    miss_seconds: float = 0.03
    cores: float = 0.02
    in_flight: float = 1.0
    query_seconds: float = 0.01
    reason: str = "expired"


@dataclass(slots=True)
class ApiPod:
    """An API unit's figures, made as time goes by."""

    load: Load = field(default_factory=Load)
    compute: Telemetry = field(default_factory=Telemetry)
    telemetry: HttpTelemetry = field(init=False)
    cpu: float = 0.0
    owed: float = 0.0
    began: float = field(default_factory=time.time)
    last: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.telemetry = HttpTelemetry(self.compute.exposition)

    def text(self, passed: float | None = None) -> str:
        """What it shows now, or that many seconds after it was asked last."""
        now = time.monotonic()
        passed = now - self.last if passed is None else passed
        self.last = now
        load = self.load
        # The metrics of a real process change all the time.
        self.owed += load.requests * passed * random.uniform(0.98, 1.02)
        count, self.owed = int(self.owed), self.owed % 1.0
        hits = round(count * load.hits)
        for cache, many, seconds in (
            ("hit-l0", hits, load.hit_seconds),
            ("miss", count - hits, load.miss_seconds),
        ):
            counter = self.telemetry.counter("Sales", cache)
            for _ in range(many):
                counter.count(200, seconds)
        self.telemetry.cache["l1", "miss", load.reason] += count - hits
        queries = self.compute.queries.labels("Sales")
        for _ in range(count - hits):
            queries.observe(load.query_seconds)
        self.cpu += load.cores * passed
        self.telemetry.in_flight_seconds += load.in_flight * passed
        lines = [
            line
            for line in self.telemetry.exposition(summed=True)[0].decode().splitlines()
            if "process_" not in line
        ]
        lines += [
            f"process_cpu_seconds_total {self.cpu}",
            f"process_start_time_seconds {self.began}",
        ]
        return "\n".join(lines) + "\n"


class Pods:
    """The pods of some dashboards, each at an address of its own."""

    def __init__(self) -> None:
        # All of 127/8 is this machine; other tests have pods too.
        self._net = f"127.{random.randrange(1, 250)}.{random.randrange(1, 250)}"
        self._runners: list[web.AppRunner] = []
        self._next = 1
        self.api: dict[str, list[ApiPod]] = {}
        """By dashboard."""
        self.shown: dict[str, str] = {}
        """What the fold of a dashboard shows, by dashboard."""
        self.silent: set[str] = set()
        """Dashboards with pods that do not answer."""

    async def add(self, dashboard: str, component: str, namespace: str = "shop") -> Object:
        """Start one; returns what the API server knows of it."""
        address, self._next = f"{self._net}.{self._next}", self._next + 1
        pod = ApiPod()
        if component == "api":
            self.api.setdefault(dashboard, []).append(pod)

        async def show(_: web.Request) -> web.Response:
            if dashboard in self.silent:
                return web.Response(status=503)
            text = pod.text() if component == "api" else self.shown.get(dashboard, "")
            return web.Response(text=text)

        app = web.Application()
        app.router.add_get("/metrics", show)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, address, METRICS_PORT).start()
        self._runners.append(runner)
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{dashboard}-{component}-{self._next}",
                "namespace": namespace,
                "labels": names.labels(dashboard, component),
            },
            "status": {"phase": "Running", "podIP": address},
        }

    def play(self, dashboard: str, **load: Any) -> None:
        """Let all API pods of a dashboard go through something else."""
        for pod in self.api[dashboard]:
            pod.load = replace(pod.load, **load)

    async def stop(self) -> None:
        """End all of them."""
        for runner in self._runners:
            await runner.cleanup()


def sessions(active: int, idle: int = 3) -> str:
    """What a fold shows of the database."""
    return (
        f'shopx_db_backends{{state="active"}} {active}\nshopx_db_backends{{state="idle"}} {idle}\n'
    )
