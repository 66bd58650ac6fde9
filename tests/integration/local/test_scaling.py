"""`shopx up` scales its API processes by the same decisions as the operator does pods."""

import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis

from shopx_core.caching.keys import namespace
from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_core.scaling import replay
from shopx_local.console import Console
from shopx_local.process import ProcessSpec
from shopx_local.scaling import MEMORY_FILE, TICK_SECONDS, Scaling, bounds, load
from shopx_local.supervisor import Supervisor
from tests.support.pods import ApiPod, Load, sessions

DSN = "postgresql://127.0.0.1/scaled"
SPEC: dict[str, Any] = {
    "environment": "development",
    "api": {
        "autoscaling": {
            "mode": "keda",
            "min": 1,
            "max": 3,
            "behavior": {"cooldown": "5s", "scaleDownStabilization": "10s"},
        }
    },
}
BUSY = Load(cores=0.95, hit_seconds=0.3, miss_seconds=0.4, in_flight=30.0)


class Figures:
    """What processes show, each on a port of its own."""

    def __init__(self) -> None:
        self.load = Load()
        self.fold = sessions(1)
        self._stack = contextlib.ExitStack()
        self._ports: dict[str, int] = {}

    def port(self, name: str) -> int:
        """The port of a process."""
        if name not in self._ports:
            self._ports[name] = self._stack.enter_context(self._serving(name, ApiPod()))
        return self._ports[name]

    @contextlib.contextmanager
    def _serving(self, name: str, pod: ApiPod) -> Iterator[int]:
        figures = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pod.load = figures.load
                text = pod.text(TICK_SECONDS) if name.startswith("api.") else figures.fold
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_port
        server.shutdown()
        server.server_close()
        thread.join()

    def close(self) -> None:
        """End all servers."""
        self._stack.close()


def process(number: int) -> ProcessSpec:
    """Something that runs."""
    code = "import time; time.sleep(600)"
    return ProcessSpec(
        name=f"api.{number}", argv=[sys.executable, "-c", code], env={}, ready_after=0.01
    )


@pytest.fixture
def figures() -> Iterator[Figures]:
    made = Figures()
    yield made
    made.close()


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    made = Supervisor(Console())
    fold = ProcessSpec(name="fold", argv=process(1).argv, env={}, ready_after=0.01)
    await made.start([fold])
    await made.start([process(1)])
    yield made
    await made.stop()


def names(supervisor: Supervisor) -> list[str]:
    return sorted(one.spec.name for one in supervisor.processes if one.spec.name != "fold")


class TestBounds:
    """What it may do here."""

    def test_a_fixed_number_is_not_scaled(self) -> None:
        assert bounds(DashboardSpec()) is None

    @pytest.mark.parametrize(("cores", "most"), [(1, 1), (2, 2), (64, 3)])
    def test_never_more_than_the_machine_has_cores(self, cores: int, most: int) -> None:
        made = bounds(DashboardSpec.model_validate(SPEC), cores)
        assert made is not None
        assert (made.api.min, made.api.max) == (1, most)
        assert made.owns_api, "on one machine, this always sets the number"
        assert not made.owns_workers

    def test_the_manifests_least_rules(self) -> None:
        spec = {"api": {"autoscaling": {"min": 4}}}
        made = bounds(DashboardSpec.model_validate(spec), 2)
        assert made is not None
        assert (made.api.min, made.api.max) == (4, 4)


async def test_processes_follow_the_load_and_tuning_the_database(
    supervisor: Supervisor, figures: Figures, tmp_path: Path, valkey_url: str
) -> None:
    """Busy: more of them; a slow database: tuning, and no more; calm: fewer. All of it is kept."""
    spec = DashboardSpec.model_validate(SPEC)
    allowed = bounds(spec, 3)
    assert allowed is not None
    settings = settings_from_spec(spec, Placement(dsn=DSN, redis_url=valkey_url))
    now = 1_000_000.0

    def scaling() -> Scaling:
        return Scaling(
            allowed,
            settings,
            supervisor,
            api=process,
            port=figures.port,
            folder=tmp_path,
            console=Console(),
        )

    scales = scaling()

    async def passes(seconds: float) -> None:
        nonlocal now
        end = now + seconds
        while now < end:
            now += TICK_SECONDS
            await scales.tick(now)

    await passes(30)
    assert names(supervisor) == ["api.1"]
    figures.load = BUSY
    await passes(60)
    assert names(supervisor) == ["api.1", "api.2", "api.3"]

    figures.load = Load(hits=0.5, miss_seconds=1.5, query_seconds=0.9)
    figures.fold = sessions(20)
    # Another run of `shopx up` goes on from what this one learned.
    await scales.close()
    scales = scaling()
    await passes(30)
    assert len(names(supervisor)) == 3
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        written: Any = client.hgetall((namespace(DSN) + b"tuning").decode())
    assert float(written["live_interval"]) > 5

    figures.load, figures.fold = Load(requests=20, in_flight=0.1), sessions(1)
    await passes(300)
    assert names(supervisor) == ["api.1"]
    await scales.close()
    records = load(tmp_path / MEMORY_FILE).records
    assert {"AppBound", "DatabaseBottleneck"} <= {one.decision.rule.value for one in records}
    assert all(replay(one) == one.decision for one in records)
