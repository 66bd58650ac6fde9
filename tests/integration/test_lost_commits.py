"""A crash that may lose commits is told from one that does not: transaction ids come again."""

import contextlib
import re
import signal
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from shopx_store.query.replication import LINEAGE, SERVER
from tests.support.postgres import PostgresServer, postgres_server

NAMED = sql.SQL(f"select {SERVER}, {LINEAGE}")


def named(server: PostgresServer) -> tuple[str, str]:
    """The run of a server and its lineage, as soon as it answers."""
    end = time.monotonic() + 60
    while True:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(server.dsn("postgres")) as connection,
        ):
            row = connection.execute(NAMED).fetchone()
            assert row is not None
            return row[0], row[1]
        assert time.monotonic() < end, "the server does not come back"
        time.sleep(0.05)


def crash(server: PostgresServer) -> None:
    """Kill one backend: the server ends all others, and recovers while its postmaster lives."""
    with contextlib.closing(psycopg.connect(server.dsn("postgres"))) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.send_signal(signal.SIGKILL)
        backend.wait(20)


@pytest.mark.parametrize(
    ("option", "role"),
    [("", False), ("synchronous_commit", False), ("fsync", False), ("synchronous_commit", True)],
    ids=["durable", "synchronous_commit", "fsync", "synchronous_commit of a role"],
)
def test_a_crash_of_one_backend_begins_another_run(
    tmp_path: Path, option: str, *, role: bool
) -> None:
    """And another lineage where what was seen may be gone."""
    tmp_path.chmod(0o755)
    options = {"synchronous_commit": "on", "fsync": "on"}
    if option and not role:
        options[option] = "off"
    with postgres_server(tmp_path, options=options) as server:
        if role:
            with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
                connection.execute("create role writer")
                connection.execute("alter role writer set synchronous_commit to off")
        durable = not option
        before = named(server)
        assert bool(re.fullmatch("[0-9A-F]{8}", before[1])) is durable
        assert named(server) == before
        crash(server)
        after = named(server)
        assert after[0] != before[0]
        assert (after[1] == before[1]) is durable
        # Planned: nothing is lost, but another copy may have been put there meanwhile.
        server.stop()
        server.start()
        assert named(server)[0] != after[0]
