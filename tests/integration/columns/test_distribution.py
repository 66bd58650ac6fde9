"""Whatever goes wrong with fetching a base: PostgreSQL answers, never a wrong figure or an error.

Each test is a row of the table of faults in docs/columns.md.
"""

import asyncio
import errno
import http.client
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import asyncpg
import psycopg
import pytest

from shopx_core.settings import DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.choice import Refusal
from shopx_store.columns.distribution import fetcher, server
from shopx_store.columns.distribution.catalog import Catalog, Offer, as_json
from shopx_store.columns.distribution.fetcher import Fetcher, FetchResult, Source, Store
from shopx_store.columns.distribution.server import GenerationServer
from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.tail import Primary
from shopx_store.query import SalesQuery
from shopx_store.query.session import reading
from tests.support.columns import columns_of
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database, PostgresServer, free_port

from .test_faults import EVERYTHING

TOKEN = "a shared secret"
LIMITS = BuildLimits(threads=1, memory="128MB")


class Pod:
    """A reader with a folder of its own, which fetches from a builder's."""

    def __init__(self, database: Database, folder: Path, url: str, **how: Any) -> None:
        self.database = database
        self.folder = folder
        self.refused: list[Refusal] = []
        self.fetcher = Fetcher(
            Source(url, how.pop("token", TOKEN)), Store(folder, how.pop("room", None)), **how
        )
        self.engine = ColumnsEngine(
            folder,
            Primary(lambda: asyncpg.connect(database.dsn)),
            EngineLimits(threads=1, memory=256, concurrency=2),
            lambda refusal: self.refused.append(refusal) if refusal else None,
        )

    async def fetch(self) -> FetchResult:
        result = await asyncio.to_thread(self.fetcher.fetch)
        await self.engine.refresh()
        return result

    def files(self) -> list[str]:
        return sorted(path.suffix for path in self.folder.iterdir())

    async def tier(self, query: SalesQuery = EVERYTHING) -> str:
        """Who answered; the figures are compared with PostgreSQL's in the same transaction."""
        async with (
            asyncpg.create_pool(self.database.dsn, min_size=1, max_size=2) as pool,
            reading(pool) as reader,
        ):
            ours = await (await columns_of(self.engine, reader)).answer(query)
            theirs = await reader.aggregate(query)
        if ours is None:
            return "postgresql"
        assert [dict(row) for row in ours.rows] == [dict(row) for row in theirs.rows]
        return "columns"


class Cluster:
    """A database with sales, a builder's folder, and its server."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.builds = folder / "builder"
        self.pod_folder = folder / "pod"
        self.shop = Shop(random.Random(5))
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            Shop.stock(connection)
        self.act(60)
        self.builds.mkdir()
        self.server = GenerationServer(self.builds, "127.0.0.1", 0, TOKEN)
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}"

    def act(self, acts: int) -> None:
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            self.shop.act(connection, acts)

    def build(self) -> Path:
        made = build(DatabaseSettings(dsn=self.database.dsn), self.builds, LIMITS)
        return self.builds / f"{made.generation.id}.duckdb"

    def pod(self, **how: Any) -> Pod:
        url = how.pop("url", self.url)
        return Pod(self.database, self.pod_folder, url, **how)


@pytest.fixture
def cluster(database: Database, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(database, tmp_path)
    yield made
    made.server.stop()


@pytest.fixture
def pod(cluster: Cluster) -> Pod:
    return cluster.pod()


async def test_a_pod_fetches_what_it_lacks_and_answers_from_it(cluster: Cluster, pod: Pod) -> None:
    assert await pod.fetch() is FetchResult.EMPTY
    assert await pod.tier() == "postgresql"
    first = cluster.build()
    assert await pod.fetch() is FetchResult.FETCHED
    assert (pod.folder / first.name).read_bytes() == first.read_bytes()
    assert await pod.tier() == "columns"
    assert await pod.fetch() is FetchResult.CURRENT
    cluster.act(5)
    cluster.build()
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    assert await pod.engine.pull() is None
    # The one before stays as long as the builder keeps it: snapshots of the last minutes want it.
    assert pod.files() == [".duckdb", ".duckdb"]
    first.unlink()
    assert await pod.fetch() is FetchResult.CURRENT
    assert pod.files() == [".duckdb"]
    await pod.engine.close()


async def test_the_builder_is_away(cluster: Cluster) -> None:
    pod = cluster.pod(url=f"http://127.0.0.1:{free_port()}")
    cluster.build()
    assert await pod.fetch() is FetchResult.AWAY
    assert await pod.tier() == "postgresql"
    assert await pod.engine.pull() is Refusal.NO_BASE
    await pod.engine.close()


async def test_the_builder_goes_away_later(cluster: Cluster, pod: Pod) -> None:
    """What is here goes on."""
    cluster.build()
    await pod.fetch()
    other = cluster.pod(url=f"http://127.0.0.1:{free_port()}")
    assert await other.fetch() is FetchResult.AWAY
    cluster.act(5)
    assert await other.tier() == "columns"
    await other.engine.close()
    await pod.engine.close()


async def test_a_builder_that_lost_its_folder(cluster: Cluster, pod: Pod) -> None:
    """The pod's file outlives the builder's, until a newer one is here."""
    first = cluster.build()
    await pod.fetch()
    first.unlink()
    assert await pod.fetch() is FetchResult.EMPTY
    assert await pod.tier() == "columns"
    cluster.act(5)
    cluster.build()
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    assert pod.files() == [".duckdb"]
    await pod.engine.close()


async def test_another_secret(cluster: Cluster) -> None:
    cluster.build()
    pod = cluster.pod(token="another")
    assert await pod.fetch() is FetchResult.REFUSED
    assert await pod.tier() == "postgresql"
    await pod.engine.close()


@pytest.mark.parametrize("path", ["/generations", "/generations/", "/", "/metrics"])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer another", "Basic YTpi"])
def test_nothing_is_told_without_the_secret(
    cluster: Cluster, path: str, header: str | None
) -> None:
    cluster.build()
    assert ask(cluster, path, {"Authorization": header} if header else {}) == (401, b"")


@pytest.mark.parametrize(
    "name", ["..%2Flock", "../lock", "lock", "lock.duckdb", "", "x" * 5000, "%00", "a/b"]
)
def test_only_generations_are_served(cluster: Cluster, name: str) -> None:
    cluster.build()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert ask(cluster, f"/generations/{name}", headers) == (404, b"")


def ask(cluster: Cluster, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", cluster.server.port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Rogue:
    """A server that answers as a test says."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def rogue_with(offers: list[Offer], transfer: Callable[[BaseHTTPRequestHandler], None]) -> Rogue:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/generations":
            reply(handler, 200, as_json(offers))
        else:
            transfer(handler)

    return Rogue(answer)


def reply(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    length: int | None = None,
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


async def test_a_truncated_transfer_is_resumed(cluster: Cluster) -> None:
    content = cluster.build().read_bytes()
    offers = Catalog(cluster.builds).offers()
    half = len(content) // 2
    begun = rogue_with(offers, lambda http: reply(http, 200, content[:half], length=len(content)))
    with begun:
        cut = cluster.pod(url=begun.url)
        assert await cut.fetch() is FetchResult.AWAY
    assert cut.files() == [".fetching"]
    assert await cut.tier() == "postgresql"
    received: list[int] = []
    pod = cluster.pod(on_bytes=received.append)
    assert await pod.fetch() is FetchResult.FETCHED
    assert sum(received) == len(content) - half
    assert await pod.tier() == "columns"
    await cut.engine.close()
    await pod.engine.close()


async def test_what_was_left_of_a_transfer_is_damaged(cluster: Cluster, pod: Pod) -> None:
    """The whole is checked, not only what is new; the next attempt begins anew."""
    built = cluster.build()
    pod.folder.mkdir()
    (pod.folder / f"{built.stem}.fetching").write_bytes(b"\0" * 5000)
    assert await pod.fetch() is FetchResult.CORRUPT
    assert pod.files() == []
    assert await pod.tier() == "postgresql"
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    await pod.engine.close()


@pytest.mark.parametrize("surplus", [0, 10])
async def test_a_transfer_that_ended_before_its_file_got_its_name(
    cluster: Cluster, pod: Pod, surplus: int
) -> None:
    built = cluster.build()
    pod.folder.mkdir()
    content = built.read_bytes() + b"x" * surplus
    (pod.folder / f"{built.stem}.fetching").write_bytes(content)
    assert await pod.fetch() is FetchResult.FETCHED
    assert (pod.folder / built.name).read_bytes() == built.read_bytes()
    await pod.engine.close()


@pytest.mark.parametrize("place", [0, -1])
async def test_a_corrupt_transfer_is_thrown_away(cluster: Cluster, place: int) -> None:
    """One bit of one byte."""
    content = bytearray(cluster.build().read_bytes())
    content[place] ^= 1
    offers = Catalog(cluster.builds).offers()
    with rogue_with(offers, lambda http: reply(http, 200, bytes(content))) as builder:
        pod = cluster.pod(url=builder.url)
        assert await pod.fetch() is FetchResult.CORRUPT
    assert pod.files() == []
    assert await pod.tier() == "postgresql"
    await pod.engine.close()


async def test_a_wrong_checksum_in_the_list(cluster: Cluster) -> None:
    content = cluster.build().read_bytes()
    (offer,) = Catalog(cluster.builds).offers()
    lie = Offer(offer.id, offer.bytes, "00" * 32, offer.written_at)
    with rogue_with([lie], lambda http: reply(http, 200, content)) as builder:
        pod = cluster.pod(url=builder.url)
        assert await pod.fetch() is FetchResult.CORRUPT
    assert pod.files() == []
    await pod.engine.close()


async def test_a_file_that_is_no_base(cluster: Cluster) -> None:
    """Its checksum is right; the engine does not open it."""
    folder = cluster.builds
    (folder / "6f9619ff-8b86-4011-b42d-00c04fc964ff.duckdb").write_bytes(b"no base" * 1000)
    pod = cluster.pod()
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "postgresql"
    assert pod.refused == [Refusal.NO_BASE]
    await pod.engine.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"{}",
        b"[1]",
        b'[{"id": "../../etc/passwd", "bytes": 1, "sha256": "00", "writtenAt": 1}]',
        b'[{"id": "6f9619ff-8b86-4011-b42d-00c04fc964ff", "bytes": -1, "sha256": "'
        + b"00" * 32
        + b'", "writtenAt": 1}]',
        b"[" * 2_000_000,
    ],
)
async def test_a_list_that_is_none(cluster: Cluster, body: bytes) -> None:
    with Rogue(lambda http: reply(http, 200, body)) as builder:
        pod = cluster.pod(url=builder.url)
        assert await pod.fetch() in {FetchResult.CORRUPT, FetchResult.EMPTY}
    assert await pod.tier() == "postgresql"
    assert pod.files() == []
    await pod.engine.close()


@pytest.mark.parametrize("status", [302, 404, 500, 503])
async def test_a_builder_that_answers_something_else(cluster: Cluster, status: int) -> None:
    cluster.build()
    offers = Catalog(cluster.builds).offers()
    with rogue_with(offers, lambda http: reply(http, status, b"")) as builder:
        pod = cluster.pod(url=builder.url)
        assert await pod.fetch() is FetchResult.AWAY
    assert await pod.tier() == "postgresql"
    await pod.engine.close()


async def test_a_proxy_that_ignores_ranges(cluster: Cluster) -> None:
    built = cluster.build()
    content = built.read_bytes()
    offers = Catalog(cluster.builds).offers()
    with rogue_with(offers, lambda http: reply(http, 200, content)) as builder:
        pod = cluster.pod(url=builder.url)
        pod.folder.mkdir()
        (pod.folder / f"{built.stem}.fetching").write_bytes(content[:5000])
        assert await pod.fetch() is FetchResult.AWAY
        assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    await pod.engine.close()


async def test_another_range_than_was_asked_for(cluster: Cluster) -> None:
    built = cluster.build()
    content = built.read_bytes()
    offers = Catalog(cluster.builds).offers()
    shifted = {"Content-Range": f"bytes 4999-{len(content) - 1}/{len(content)}"}
    with rogue_with(offers, lambda http: reply(http, 206, content[4999:], shifted)) as builder:
        pod = cluster.pod(url=builder.url)
        pod.folder.mkdir()
        (pod.folder / f"{built.stem}.fetching").write_bytes(content[:5000])
        assert await pod.fetch() is FetchResult.CORRUPT
    await pod.engine.close()


async def test_a_file_of_another_database(
    cluster: Cluster, pg_server: PostgresServer, tmp_path: Path
) -> None:
    """Its builder serves it to the wrong dashboard: nothing there knows the generation."""
    cluster.build()
    for made in (pg_server.create(cluster.database.name), pg_server.migrated()):
        with psycopg.connect(made.dsn, autocommit=True) as connection:
            connection.execute("delete from columns_generations")
        foreign = Pod(made, tmp_path / made.name, cluster.url)
        assert await foreign.fetch() is FetchResult.FETCHED
        assert await foreign.tier() == "postgresql"
        assert foreign.refused == [Refusal.NO_BASE]
        assert await foreign.engine.pull() is not None
        await foreign.engine.close()
        pg_server.drop(made)


async def test_a_restored_database(cluster: Cluster, pod: Pod) -> None:
    """It has not the row of the base that the pod fetched."""
    cluster.build()
    await pod.fetch()
    assert await pod.engine.pull() is None
    with psycopg.connect(cluster.database.dsn, autocommit=True) as connection:
        connection.execute("delete from columns_generations")
    assert await pod.tier() == "postgresql"
    assert await pod.engine.pull() is Refusal.NO_BASE
    cluster.build()
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    assert await pod.engine.pull() is None
    await pod.engine.close()


async def test_a_pod_that_loses_its_file(cluster: Cluster, pod: Pod) -> None:
    """It reads on from what it has open, and fetches the file again."""
    built = cluster.build()
    await pod.fetch()
    (pod.folder / built.name).unlink()
    cluster.act(3)
    assert await pod.tier() == "columns"
    assert await pod.fetch() is FetchResult.FETCHED
    assert await pod.tier() == "columns"
    await pod.engine.close()


async def test_no_room_for_another_generation(cluster: Cluster) -> None:
    """The one that is here goes on, and makes room once the builder has dropped it."""
    cluster.build()
    cluster.act(5)
    # What alters a copy of the one before is larger than what is built from nothing.
    first = cluster.build()
    pod = cluster.pod(room=first.stat().st_size * 3 // 2)
    assert await pod.fetch() is FetchResult.FETCHED
    cluster.act(5)
    cluster.build()
    assert await pod.fetch() is FetchResult.FULL
    assert pod.files() == [".duckdb"]
    assert await pod.tier() == "columns"
    first.unlink()
    assert await pod.fetch() is FetchResult.FETCHED
    assert pod.files() == [".duckdb"]
    assert await pod.tier() == "columns"
    await pod.engine.close()


async def test_a_full_disk(cluster: Cluster, pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fills while the file arrives: nothing is left behind, and later it works."""
    cluster.build()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(fetcher.os, "fsync", full)  # type: ignore[attr-defined]
        assert await pod.fetch() is FetchResult.FULL
    assert pod.files() == []
    assert await pod.tier() == "postgresql"
    with monkeypatch.context() as patched:
        patched.setattr(fetcher, "SPARE", 2**62)
        assert await pod.fetch() is FetchResult.FULL
    assert await pod.fetch() is FetchResult.FETCHED
    await pod.engine.close()


async def test_a_slow_builder(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod waits for bytes, not for ever, and its readers do not wait for it."""
    monkeypatch.setattr(fetcher, "TIMEOUT", 0.5)
    content = cluster.build().read_bytes()
    offers = Catalog(cluster.builds).offers()
    released = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 200, content[:100], length=len(content))
        handler.wfile.flush()
        released.wait(20)

    with rogue_with(offers, trickle) as builder:
        pod = cluster.pod(url=builder.url)
        running = asyncio.create_task(pod.fetch())
        await asyncio.sleep(0.1)
        assert await pod.tier() == "postgresql"
        assert await running is FetchResult.AWAY
        released.set()
    assert pod.files() == [".fetching"]
    await pod.engine.close()


async def test_a_pod_fetches_no_faster_than_it_may(cluster: Cluster) -> None:
    size = cluster.build().stat().st_size
    pod = cluster.pod(rate=size / 0.4)
    began = time.monotonic()
    assert await pod.fetch() is FetchResult.FETCHED
    assert time.monotonic() - began >= 0.35
    await pod.engine.close()


async def test_a_pod_that_ends_gives_its_transfer_up(cluster: Cluster) -> None:
    cluster.build()
    stopped = threading.Event()
    pod = cluster.pod(rate=1000.0, stopped=stopped)
    running = asyncio.create_task(pod.fetch())
    await asyncio.sleep(0.2)
    stopped.set()
    assert await asyncio.wait_for(running, 60) is FetchResult.AWAY
    await pod.engine.close()


async def test_more_pods_than_the_builder_sends_to_at_once(cluster: Cluster) -> None:
    """The others come again."""
    cluster.build()
    for _ in range(server.TRANSFERS):
        assert cluster.server._http.transfers.acquire(blocking=False)
    pod = cluster.pod()
    assert await pod.fetch() is FetchResult.AWAY
    cluster.server._http.transfers.release()
    assert await pod.fetch() is FetchResult.FETCHED
    await pod.engine.close()


def test_a_client_that_sends_nothing_holds_no_other_up(cluster: Cluster) -> None:
    cluster.build()
    with socket.create_connection(("127.0.0.1", cluster.server.port)):
        assert ask(cluster, "/generations", {"Authorization": f"Bearer {TOKEN}"})[0] == 200
