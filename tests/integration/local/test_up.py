"""`shopx up` with all its real parts, as a person runs it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from shopx_local.state import RunRecord, StateDir
from tests.support.folders import open_folder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up"), pytest.mark.timeout(300)]

# The former version, which runs as well.
MANIFEST = """apiVersion: analytics.shopx.io/v1alpha1
kind: AnalyticsDashboard
metadata: {name: shop}
spec:
  environment: development
  reporting: {timezone: Asia/Kathmandu, currency: NPR, weekStart: Sunday}
  api: {replicas: 2}
  workers: {concurrency: 1}
  ingress: {host: sales.example.com}
"""


REQUEST = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def _shopx(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopx_core.cli", *map(str, words)],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass(slots=True)
class Up:
    """A `shopx up` in a process of its own; its output is collected as it comes."""

    folder: Path
    port: int
    process: subprocess.Popen[str] = field(init=False)
    reader: threading.Thread = field(init=False)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shopx_core.cli", "up", "--port", str(self.port),
             "--state", str(self.folder / "state")],
            cwd=self.folder,
            env=os.environ | {"NO_COLOR": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()

    def _collect(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.lines.append(line.rstrip())

    def wait_for(self, pattern: str, seconds: float = 120) -> str:
        """The first line that matches."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if re.search(pattern, line):
                    return line
            assert self.process.poll() is None or not seconds, "\n".join(self.lines)
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} never came:\n" + "\n".join(self.lines))

    def record(self) -> RunRecord:
        """What runs."""
        found = StateDir(self.folder / "state").read_record()
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        """The number of one of its processes."""
        return next(item.pid for item in self.record().processes if item.name == name)

    def get(self, path: str) -> int:
        """The status of an answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    def dsn(self) -> str:
        """The dashboard's database."""
        return self.record().environment["SHOPX_DATABASE_DSN"]

    def stop(self) -> None:
        """End it as Ctrl-C does, if it runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(90)
        self.reader.join(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with open_folder() as path:
        (path / "dashboard.yaml").write_text(MANIFEST, encoding="utf-8")
        yield path


@pytest.fixture(scope="module")
def running() -> Iterator[Up]:
    """A dashboard that the tests of this module share."""
    with _folder() as folder:
        up = Up(folder, _free_port())
        try:
            up.wait_for("is ready after")
            yield up
        finally:
            up.stop()


def test_it_answers_and_says_where(running: Up) -> None:
    assert running.wait_for(f"http://127.0.0.1:{running.port}$")
    assert running.get("/readyz") == 200
    assert running.get("/healthz") == 200


def test_the_manifests_terms_are_in_force(running: Up) -> None:
    with psycopg.connect(running.dsn()) as connection:
        row = connection.execute("select timezone, currency, week_start from reporting").fetchone()
    assert row == ("Asia/Kathmandu", "NPR", 7)


def test_fields_without_meaning_are_said(running: Up) -> None:
    assert running.wait_for("ignored on one machine: spec.ingress")


def test_a_former_version_of_the_manifest_is_said(running: Up) -> None:
    assert running.wait_for("v1alpha1 is deprecated; write analytics.shopx.io/v1beta1")


def test_no_secret_is_printed_or_seen_in_the_process_list(running: Up) -> None:
    secrets = StateDir(running.folder / "state").secrets()
    shown = "\n".join(running.lines)
    for item in running.record().processes:
        shown += " ".join(psutil.Process(item.pid).cmdline())
    for secret in (secrets.database_password, secrets.redis_password, secrets.superuser_password):
        assert secret not in shown


def test_status_shows_every_process(running: Up) -> None:
    done = _shopx("status", "--state", "state", folder=running.folder)
    assert done.returncode == 0, done.stderr
    for name in ("postgres", "valkey", "fold", "columns", "api.1", "api.2", "worker", "beat"):
        assert re.search(rf"{re.escape(name)} +running", done.stderr)


def test_the_columnar_replica_is_built_and_read(running: Up) -> None:
    """By the same field as on a cluster; the folder is shared, so nothing is fetched."""
    environment = running.record().environment
    assert environment["SHOPX_COLUMNS_FOLDER"] == str(running.folder / "state" / "columns")
    assert "SHOPX_COLUMNS_SOURCE" not in environment
    running.wait_for("columns_built")
    running.wait_for("base_opened")
    done = _shopx("status", "--state", "state", folder=running.folder)
    assert re.search(r"columnar replica: built \d+ min ago, \d+ MB", done.stderr)


def test_a_second_one_on_the_same_data_is_refused(running: Up) -> None:
    done = _shopx("up", "--state", "state", "--port", _free_port(), folder=running.folder)
    assert done.returncode == 1
    assert f"already runs at http://127.0.0.1:{running.port}" in done.stderr


def test_other_commands_run_on_its_data(running: Up) -> None:
    done = _shopx("exec", "--state", "state", "partitions", "--ahead", "3", folder=running.folder)
    assert done.returncode == 0, done.stderr
    assert "months after this one are prepared" in done.stdout


def test_a_killed_api_process_loses_no_connection_and_comes_back(running: Up) -> None:
    """The other one takes over the queue of the shared socket: only what it had begun is lost."""
    victim = running.pid("api.1")
    stop = threading.Event()
    failures: list[str] = []
    answered = lost = 0

    def ask() -> None:
        nonlocal answered, lost
        while not stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
                    connection.sendall(
                        b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                    )
                    answer = connection.recv(64)
            except ConnectionResetError:
                answer = b""
            except OSError as error:
                failures.append(repr(error))
                continue
            if answer.startswith(b"HTTP/1.1 200"):
                answered += 1
            elif answer:
                failures.append(repr(answer))
            else:
                lost += 1

    asking = threading.Thread(target=ask)
    asking.start()
    os.kill(victim, signal.SIGKILL)
    running.wait_for(r"api\.1 was killed by SIGKILL; it restarts in 0\.5 s")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = {item.name: item.pid for item in running.record().processes}
        if found.get("api.1") not in (None, victim):
            break
        time.sleep(0.1)
    stop.set()
    asking.join()
    assert failures == []
    # One request at a time is asked, so the killed process can have taken one.
    assert lost <= 1
    assert answered > 10
    assert running.record().restarts["api.1"] == 1


def test_a_killed_database_comes_back(running: Up) -> None:
    os.kill(running.pid("postgres"), signal.SIGKILL)
    running.wait_for(r"postgres was killed by SIGKILL")
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(running.dsn(), connect_timeout=2).close()
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def folder() -> Iterator[Path]:
    with _folder() as path:
        yield path


def test_it_stops_in_order_and_data_survive(folder: Path) -> None:
    first = Up(folder, _free_port())
    try:
        first.wait_for("is ready after")
        with psycopg.connect(first.dsn()) as connection:
            connection.execute("create table kept as select 42 as n")
        done = _shopx("down", "--state", "state", folder=folder)
        assert done.returncode == 0, done.stderr
        assert first.process.wait(60) == 0
    finally:
        first.stop()
    stopped = [line for line in first.lines if line.startswith("✓ stopped")]
    names = [re.sub(r" \(.*", "", line.removeprefix("✓ stopped ")) for line in stopped]
    assert names == ["api.1, api.2, worker, beat", "fold, columns", "postgres, valkey"]
    again = Up(folder, first.port)
    try:
        again.wait_for("is ready after")
        assert any("(data in" in line for line in again.lines), "not made anew"
        with psycopg.connect(again.dsn()) as connection:
            assert connection.execute("select n from kept").fetchone() == (42,)
        # Killed without mercy, it leaves its processes behind; `down` clears up.
        assert not any(_alive(pid) for pid in _left_behind(again, folder))
    finally:
        again.stop()


def test_a_start_after_a_killed_run_takes_its_port(folder: Path) -> None:
    first = Up(folder, _free_port())
    try:
        first.wait_for("is ready after")
    finally:
        first.process.kill()
        first.process.wait()
    again = Up(folder, first.port)
    try:
        assert again.wait_for("stopped processes of a killed run")
        again.wait_for("is ready after")
    finally:
        again.stop()


def _left_behind(killed: Up, folder: Path) -> list[int]:
    """The processes of a run that is killed, once `down` has stopped them."""
    left = [item.pid for item in killed.record().processes]
    killed.process.kill()
    killed.process.wait()
    done = _shopx("down", "--state", "state", folder=folder)
    assert "stopped processes of a killed run" in done.stderr
    return left


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
