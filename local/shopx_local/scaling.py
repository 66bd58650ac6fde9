"""Scaling on one machine: the same decisions as on a cluster, with processes instead of pods."""

import asyncio
import contextlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Final

from shopx_core import logging
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.errors import ShopxError
from shopx_core.resource.scaling import scaling_from_spec
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.scaling import Controller, PersistedState, ScalingSpec, TickResult, tuning_overrides
from shopx_core.scaling.inputs import ReplicaBounds
from shopx_core.scaling.measurement import ReplicaCounts, Scrape, Windows, parse_scrape
from shopx_core.settings import Settings
from shopx_local.console import Console
from shopx_local.process import ProcessSpec
from shopx_local.supervisor import Supervisor

TICK_SECONDS: Final = 5.0
SAVE_SECONDS: Final = 60.0
"""How often the memory is saved while no step is notable."""
MEMORY_FILE: Final = "scaling.bin"
_TIMEOUT_SECONDS: Final = 2.0
API: Final = "api."
"""The prefix of the API processes' names."""

_log = logging.get(__name__)


def bounds(spec: DashboardSpec, cores: int | None = None) -> ScalingSpec | None:
    """The bounds of scaling; `None` where the manifest asks for a fixed number.

    Every mode is native here. A process uses one core at most, so there are never more processes
    than the machine has cores, unless the manifest's minimum is higher.

    Args:
        spec: The manifest's spec.
        cores: The machine's cores; `None` = all that it has.
    """
    scaling = spec.api.autoscaling
    if scaling is None:
        return None
    native = scaling.model_copy(update={"mode": "native"})
    here = spec.model_copy(update={"api": spec.api.model_copy(update={"autoscaling": native})})
    made = scaling_from_spec(here, workers_owned=True)
    most = max(made.api.min, min(made.api.max, cores or os.cpu_count() or 1))
    return replace(made, api=ReplicaBounds(min=made.api.min, max=most))


class Scaling:
    """Adds and removes API processes, and tunes the cache.

    Args:
        spec: The bounds.
        settings: The running dashboard's.
        supervisor: The supervisor of the processes.
        api: The API process with a number.
        port: The port of a process's metrics, by the process's name.
        folder: The folder of the stored memory.
        console: Where changes are reported.
    """

    def __init__(
        self,
        spec: ScalingSpec,
        settings: Settings,
        supervisor: Supervisor,
        *,
        api: Callable[[int], ProcessSpec],
        port: Callable[[str], int],
        folder: Path,
        console: Console,
    ) -> None:
        self._spec = spec
        self._settings = settings
        self._supervisor = supervisor
        self._api = api
        self._port = port
        self._file = folder / MEMORY_FILE
        self._console = console
        self._tuning = TuningPublisher()
        self._controller = Controller(load(self._file))
        self._saved_at = 0.0

    async def run(self) -> None:
        """Run until cancelled; a failure is tried again at the next tick."""
        try:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                try:
                    await self.tick(time.time())
                except (ShopxError, OSError) as error:
                    self._console.warn(f"scaling: {error}")
        finally:
            await self.close()

    async def close(self) -> None:
        """Close all connections; the processes stay as they are."""
        await self._tuning.close()

    async def tick(self, now: float) -> None:
        """Observe, decide, remember, apply.

        Args:
            now: Seconds since 1970.
        """
        names = [process.spec.name for process in self._supervisor.processes]
        api = [name for name in names if name.startswith(API)]
        others = [name for name in names if name in {"fold", "worker"}]
        windows = Windows.of(TICK_SECONDS)
        self._controller.add_scrapes(
            await self._scrapes([*api, *others], now), api, others, now, windows
        )
        serving = sum(
            process.ready.is_set()
            for process in self._supervisor.processes
            if process.spec.name in api
        )
        counts = ReplicaCounts(
            api_replicas=len(api), api_ready=serving, worker_replicas=1, worker_ready=1, cores=1.0
        )
        step = self._controller.step(self._spec, counts, now, windows)
        if step.notable or now - self._saved_at >= SAVE_SECONDS:
            save(self._file, step.persisted)
            self._saved_at = now
        self._controller.commit(step)
        await self._apply(step, api)

    async def _apply(self, step: TickResult, api: Sequence[str]) -> None:
        decision = step.decision
        url, dsn = self._settings.redis.cache_url, self._settings.database.read_dsn
        if url is not None:
            await self._tuning.publish(
                url,
                dsn,
                tuning_overrides(self._spec.configured, decision.tuning),
                prefix=self._settings.redis.prefix,
            )
        if decision.changes:
            done = (f"{one.what} {one.before:g} → {one.after:g}" for one in decision.changes)
            self._console.note(f"{', '.join(done)}: {decision.reason}")
        running = sorted(int(name.removeprefix(API)) for name in api)
        free = (number for number in count(1) if number not in running)
        for number in islice(free, max(0, decision.api - len(running))):
            await self._supervisor.add(self._api(number), beside=f"{API}1")
        # The first processes stay: others are started beside them.
        for number in running[decision.api :]:
            await self._supervisor.remove(f"{API}{number}")

    async def _scrapes(self, names: Sequence[str], now: float) -> dict[str, Scrape]:
        found = await asyncio.gather(
            *(asyncio.to_thread(_scrape, self._port(one), now) for one in names)
        )
        return {
            name: scrape for name, scrape in zip(names, found, strict=True) if scrape is not None
        }


def _scrape(port: int, now: float) -> Scrape | None:
    """The metrics of a process; `None` when it does not answer."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/metrics", timeout=_TIMEOUT_SECONDS
        ) as answer:
            return parse_scrape(answer.read().decode(), now)
    except (urllib.error.URLError, OSError, ValueError):
        return None


def load(file: Path) -> PersistedState:
    """The stored memory; an empty one, when it cannot be read."""
    try:
        return PersistedState.from_bytes(file.read_bytes())
    except FileNotFoundError:
        return PersistedState()
    except ValueError as error:
        _log.warning("memory_rejected", reason=str(error))
        return PersistedState()


def save(file: Path, memory: PersistedState) -> None:
    """Replace the stored memory atomically."""
    half = file.with_suffix(".half")
    half.write_bytes(memory.to_bytes())
    with contextlib.suppress(OSError):
        half.chmod(0o600)
    half.replace(file)
