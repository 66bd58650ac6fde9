"""`shopx up`: from a manifest to a running dashboard, step by step, and back down in order."""

import asyncio
import contextlib
import datetime as dt
import errno
import os
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shopx_core.errors import InvalidConfiguration, Unavailable
from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.manifest import Manifest, parse_manifest
from shopx_core.resource.v1beta1.access import base_path
from shopx_core.settings import Settings
from shopx_local import demo, disk, plan, scaling
from shopx_local.account import Account, unprivileged
from shopx_local.console import Console
from shopx_local.listening import Ports, answers, listen
from shopx_local.oneshot import run_once
from shopx_local.process import ProcessSpec
from shopx_local.servers import Servers, choose_servers
from shopx_local.state import RunRecord, StateDir, locate
from shopx_local.supervisor import Supervisor, clear_left_behind, identify

_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Options:
    """The command line's options."""

    manifest: Path
    host: str
    port: int
    state: Path | None


def read_manifest(path: Path) -> Manifest:
    """Read and validate the manifest file.

    Raises:
        InvalidConfiguration: It cannot be read or is not valid.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidConfiguration(
            f"The manifest {path} cannot be read: {error.strerror}.",
            hint="examples/dashboard.yaml is one to start from.",
        ) from None
    except UnicodeDecodeError:
        raise InvalidConfiguration(f"The manifest {path} is not UTF-8 text.") from None
    return parse_manifest(text, str(path))


class Dashboard:
    """One run of `shopx up`."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._began = time.time()
        self._manifest = read_manifest(options.manifest)
        self._spec = self._manifest.dashboard.spec
        self._name = self._manifest.dashboard.metadata.name
        self._supervisor = Supervisor(console)
        asked = unprivileged(Path("/nonexistent"))
        self._state = StateDir(locate(options.manifest, self._name, asked, options.state))
        self._account: Account | None = unprivileged(self._state.postgres)
        self._environment: dict[str, str] = {}
        self._scaling: scaling.Scaling | None = None
        self._ports = Ports()

    async def run(self) -> None:
        """Start everything, serve until a signal, stop everything.

        Raises:
            ShopxError: Something cannot be started; everything that was started is stopped.
        """
        self._announce()
        plan.check_exposure(self._spec, self._options.host)
        # Before the port is claimed: a killed run may have left an API process that has it.
        clear_left_behind(self._state, self._console)
        with listen(self._options.host, self._options.port) as claimed:
            self._state.prepare()
            self._state.lock()
            try:
                await self._run(claimed)
            finally:
                self._state.clear_record()
                self._state.unlock()

    def _announce(self) -> None:
        for text in plan.notes(self._manifest):
            self._console.note(text)

    async def _run(self, claimed: socket.socket) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        hurrying: list[asyncio.Task[None]] = []

        def asked_to_stop() -> None:
            if stop.is_set() and not hurrying:
                self._console.warn("stopping at once")
                hurrying.append(loop.create_task(self._supervisor.hurry()))
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, asked_to_stop)
        starting = asyncio.create_task(self._start(claimed))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            if starting.done() and not starting.cancelled():
                await self._serve(stop)
        except BaseExceptionGroup as group:
            # Several processes of a stage may fail at once; the first failure is enough.
            raise group.exceptions[0] from None
        finally:
            stopping.cancel()
            if stop.is_set():
                self._console.note("stopping")
            # New visitors are refused at once, and do not wait for an answer that never comes.
            claimed.close()
            await self._supervisor.stop()

    async def _serve(self, stop: asyncio.Event) -> None:
        """Scale, and keep the record current, until asked to stop."""
        follows = asyncio.create_task(self._scaling.run()) if self._scaling else None
        try:
            await self._watch(stop)
        finally:
            # Before anything is stopped: scaling would start it again.
            if follows is not None:
                follows.cancel()
                await asyncio.gather(follows, return_exceptions=True)

    async def _watch(self, stop: asyncio.Event) -> None:
        known: list[int | None] = []
        watch = disk.Watch()
        while not stop.is_set():
            if watch.observe(disk.free(self._state.path)):
                self._console.warn(
                    f"the disk of {self._state.path} is nearly full; writing will fail soon"
                )
            pids = [process.pid for process in self._supervisor.processes]
            if pids != known:
                known = pids
                self._record()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)

    async def _start(self, claimed: socket.socket) -> None:
        disk.check(self._state.path)
        servers = choose_servers(self._manifest, self._state, self._account)
        await self._start_servers(servers)
        port = claimed.getsockname()[1]
        settings = settings_from_spec(
            self._spec,
            Placement(
                dsn=servers.dsn,
                readonly_dsn=servers.readonly_dsn,
                redis_url=servers.redis_url,
                redis_prefix=self._state.redis_prefix,
                host=self._options.host,
                port=port,
                fd=claimed.fileno(),
                json_logs=False,
                smtp_password=servers.smtp_password,
                signing_key=servers.signing_key,
                columns_folder=str(self._state.columns),
                credentials_folder=str(self._state.credentials),
                feeds_folder=str(self._state.feeds),
            ),
        )
        self._environment = _without_socket(settings)
        await self._migrate(settings)
        await self._seed(settings)
        scaled = scaling.bounds(self._spec)
        here = plan.Surroundings(
            environ=os.environ,
            work=self._state.work,
            socket_fd=claimed.fileno(),
            api_ready=lambda: answers(self._local_url(port) + "/readyz"),
            metrics_port=self._ports,
        )
        claimed.listen(_BACKLOG)
        for stage in plan.stages(self._spec, settings, here):
            await self._begin(stage)
        if scaled is not None:
            self._scaling = scaling.Scaling(
                scaled,
                settings,
                self._supervisor,
                api=lambda number: plan.api_process(settings, here, number),
                port=self._ports,
                folder=self._state.path,
                console=self._console,
            )
        self._summary(port)

    async def _start_servers(self, servers: Servers) -> None:
        """Start the servers that are not external."""
        specs = await asyncio.to_thread(servers.prepare)
        if specs:
            await self._begin(specs, servers.describe())
        if servers.postgres is not None:
            await servers.postgres.ensure_database()

    async def _migrate(self, settings: Settings) -> None:
        began = time.monotonic()
        env = plan.environment(settings, os.environ)
        # No process of the old release runs any more, and none of this one yet.
        command = plan.shopx("migrate", "--maintenance")
        await run_once("migrate", command, env, self._console)
        self._console.step(f"database schema is current ({time.monotonic() - began:.1f} s)")

    async def _seed(self, settings: Settings) -> None:
        asked = self._spec.demo
        if asked is None:
            return
        path = self._state.path / "seed.json"
        begun = demo.load(path)
        now = dt.datetime.now(dt.UTC)
        known = await asyncio.to_thread(demo.has_sales, settings.database.write_dsn)
        seeding = demo.decide(asked, begun, has_sales=known, now=now)
        if seeding is not None:
            began = time.monotonic()
            demo.store(path, seeding)
            env = plan.environment(settings, os.environ)
            await run_once("seed", plan.shopx("seed", *seeding.words()), env, self._console)
            demo.store(path, replace(seeding, done=True))
            self._console.step(f"demo sales are ready ({time.monotonic() - began:.1f} s)")
        elif demo.is_stale(begun, now):
            self._console.note(
                "the last days have few sales, because no dashboard ran;"
                f" delete {self._state.path} to start with new data"
            )

    async def _begin(self, specs: Sequence[ProcessSpec], what: str = "") -> None:
        began = time.monotonic()
        try:
            await self._supervisor.start(specs)
        finally:
            self._record()
        named = what or ", ".join(spec.name for spec in specs)
        self._console.step(f"{named}: ready ({time.monotonic() - began:.1f} s)")

    def _local_url(self, port: int) -> str:
        host = self._options.host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host)  # noqa: S104 -- only compared
        return f"http://{shown or (f'[{host}]' if ':' in host else host)}:{port}"

    def _record(self) -> None:
        own = identify("up", os.getpid(), signal.SIGTERM)
        if own is None:
            return
        record = RunRecord(
            name=self._name,
            manifest=str(self._options.manifest.resolve()),
            url=self._local_url(self._options.port),
            supervisor=own,
            started=self._began,
            environment=self._environment,
        )
        try:
            self._state.write_record(
                replace(
                    record,
                    processes=self._supervisor.running(),
                    restarts=self._supervisor.restarts(),
                )
            )
            names = [process.name for process in self._supervisor.running()]
            self._state.write_targets(self._ports.targets(names, dashboard=self._name))
        except OSError as error:
            self._console.warn(f"{self._state.path}/run.json cannot be written: {error.strerror}")

    def _summary(self, port: int) -> None:
        seconds = time.time() - self._began
        count = len(self._supervisor.processes)
        self._console.line()
        self._console.step(
            f"{self._name} is ready after {seconds:.1f} s: {count} processes, all healthy"
        )
        self._console.line(f"  {self._local_url(port)}{base_path(self._spec)}")
        self._console.line("  Ctrl-C stops it; the data stay.")
        self._console.line()


def _without_socket(settings: Settings) -> dict[str, str]:
    variables = settings.to_env()
    variables.pop("SHOPX_API_FD", None)
    return variables


def up(options: Options, console: Console) -> None:
    """Run a dashboard until a signal.

    Raises:
        ShopxError: It cannot be started.
    """
    try:
        asyncio.run(Dashboard(options, console).run())
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Unavailable(
            f"The disk is full ({error.filename or options.manifest}).",
            hint="Make room; the data that were stored are intact.",
        ) from None
