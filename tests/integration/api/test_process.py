"""One API process: it serves the socket it is given, reports errors, and drains on SIGTERM."""

import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api_process import listening, started
from tests.support.postgres import Database

READ = "{ reporting { currency } }"


def test_processes_share_a_socket(database: Database) -> None:
    """Two serve one port; on SIGTERM one drains and the other serves every request."""
    with listening() as shared:
        port = shared.getsockname()[1]
        given = {"SHOPX_API_FD": str(shared.fileno())}
        with (
            started(database, (shared.fileno(),), **given) as one,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            # The socket takes connections before a process serves it: the first request waits.
            assert client.post("/graphql", json={"query": READ}).status_code == 200
            with started(database, (shared.fileno(),), **given):
                one.send_signal(signal.SIGTERM)
                assert one.wait(30) == 0
                for _ in range(20):
                    answer = httpx.post(
                        f"http://127.0.0.1:{port}/graphql", json={"query": READ}, timeout=60
                    )
                    assert answer.json()["data"]["reporting"]["currency"] == "USD"


def test_one_that_leaves_answers_what_still_comes(database: Database) -> None:
    """On the connection that was there and on new ones; each answer says that it ends."""
    with listening() as own:
        url = f"http://127.0.0.1:{own.getsockname()[1]}"
        given = {"SHOPX_API_FD": str(own.fileno()), "SHOPX_API_LEAVE_TIMEOUT": "60"}
        with (
            started(database, (own.fileno(),), **given) as process,
            httpx.Client(base_url=url, timeout=60) as client,
        ):
            answer = client.post("/graphql", json={"query": READ})
            assert "connection" not in answer.headers
            process.send_signal(signal.SIGTERM)
            while answer.headers.get("connection") != "close":
                answer = client.post("/graphql", json={"query": READ})
                assert answer.status_code == 200
            assert httpx.post(f"{url}/graphql", json={"query": READ}, timeout=60).status_code == 200
            assert process.wait(30) == 0


def test_one_told_to_stop_before_it_serves_ends_well(database: Database) -> None:
    """As when a pod is replaced again at once: its first process must not wait to be killed."""
    term = 1 << (signal.SIGTERM - 1)
    with started(database) as process:
        status = Path(f"/proc/{process.pid}/status")
        while True:
            caught = re.search(r"SigCgt:\s*([0-9a-f]+)", status.read_text())
            if caught and int(caught[1], 16) & term:
                break
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_busy_port_is_said_to_be(database: Database) -> None:
    """In one line, with what to do."""
    with listening() as other:
        port = str(other.getsockname()[1])
        with started(database, SHOPX_API_PORT=port) as process:
            assert process.wait(60) == 2
            assert process.stderr is not None
            printed = process.stderr.read().decode()
    assert printed.startswith(f"error: Cannot listen on 127.0.0.1:{port}: Address already in use.")
    assert "SHOPX_API_PORT" in printed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"SHOPX_API_FD": "99"}, "SHOPX_API_FD is 99, which is not an open socket"),
        ({"SHOPX_API_HOST": "no.such.host.invalid"}, "which is not an address"),
        ({"SHOPX_DATABASE_DSN": "mysql://x"}, "SHOPX_DATABASE_DSN"),
    ],
    ids=["descriptor", "host", "settings"],
)
def test_what_cannot_be_used_is_named(
    database: Database, given: dict[str, Any], message: str
) -> None:
    """Before anything is started."""
    with started(database, **given) as process:
        assert process.wait(60) == 2
        assert process.stderr is not None
        printed = process.stderr.read().decode()
    assert message in printed
    assert "Traceback" not in printed
