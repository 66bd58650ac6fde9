"""Feeds: only what changed is read again, nothing is booked twice, and each fault is kept."""

import contextlib
import datetime as dt
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from shopx_core.errors import Conflict, InvalidInput, NotFound
from shopx_core.settings import DatabaseSettings, ImportSettings, RedisSettings, Settings
from shopx_store.commands import feed
from shopx_store.connection import connect
from shopx_store.feeds import queue, statements
from shopx_store.importing import feed_sources, jobs
from shopx_store.importing.undo import undo_import
from tests.support.buckets import KEY, SECRET, bucket_server
from tests.support.feeding import Shop
from tests.support.importing import add_rates, ledger
from tests.support.mariadb import mariadb_server
from tests.support.postgres import Database
from tests.support.workers import running

FILES = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: other, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: "*.csv"}}
order: {key: order, at: date, customer: customer}
line: {key: order, product: product, quantity: quantity, gross: amount}
"""
HEAD = "order,date,customer,product,quantity,amount\n"
TABLE = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: erp, zone: UTC, currency: USD}
inputs: {sales: {format: %s, table: sales, cursor: updated_at}}
order: {key: id, at: day}
line: {key: id, product: product, quantity: "1", gross: amount}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the feeds."""
    made = tmp_path / "feeds"
    made.mkdir()
    return made


@pytest.fixture
def shop(
    database: Database, valkey_url: str, tmp_path: Path, folder: Path, monkeypatch: Any
) -> Shop:
    add_rates(database.dsn)
    monkeypatch.setattr(feed_sources, "SETTLED_SECONDS", 0.0)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    settings = Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
        reporting={"currency": "USD"},
        imports=ImportSettings(
            folder=str(folder),
            credentials=str(credentials),
            permitted=("127.0.0.0/8", "::1/128"),
        ),
    )
    return Shop(database.dsn, settings)


def order(number: int, amount: str = "9.90") -> str:
    """A row."""
    return f"{number},2026-01-31 10:00,C{number},Pen,1,{amount}\n"


def net(shop: Shop) -> Decimal:
    found: Decimal = ledger(shop.dsn)["net"]
    return found


def test_only_changed_files_are_read_again(shop: Shop, folder: Path) -> None:
    """Each pull is an import of the feed's source; without news there is none."""
    (folder / "a.csv").write_text(HEAD + order(1))
    (folder / "b.csv").write_text(HEAD + order(2))
    (folder / "c.txt").write_text("no sales")
    shop.add(mapping=FILES, address="folder:*.csv")
    row = shop.pull()
    assert (row["failures"], row["problem"], net(shop)) == (0, None, Decimal("19.80"))
    assert shop.runs()[0].source == "shop"
    assert shop.runs()[0].id == row["last_run"]
    again = shop.pull()
    assert len(shop.runs()) == 1
    assert again["succeeded_at"] > row["succeeded_at"]
    (folder / "b.csv").write_text(HEAD + order(2) + order(3, "1.00"))
    shop.pull()
    newest = shop.runs()[0]
    assert [file["name"] for file in newest.inputs or ()] == ["b.csv"]
    assert (newest.new, newest.same, net(shop)) == (1, 1, Decimal("20.80"))


def test_a_pull_is_undone_and_not_booked_again(shop: Shop, folder: Path) -> None:
    """Its feed is paused; resumed, it goes on with what changes from then on."""
    (folder / "a.csv").write_text(HEAD + order(1))
    shop.add(mapping=FILES, address="folder:*.csv")
    first = shop.pull()
    undo_import(shop.settings.database, first["last_run"], lambda _: None)
    assert net(shop) == 0
    (folder / "b.csv").write_text(HEAD + order(2))
    row = shop.pull()
    assert row["paused"]
    assert f"import {first['last_run']} was taken back" in row["problem"]["message"]
    assert net(shop) == 0
    assert not shop.run(statements.PULL, "shop")
    shop.pause(paused=False)
    row = shop.pull()
    assert (row["problem"], row["failures"]) == (None, 0)
    assert net(shop) == Decimal("9.90")
    assert [file["name"] for file in shop.runs()[0].inputs or ()] == ["b.csv"]


def test_a_fault_is_kept_and_tried_again(shop: Shop, folder: Path) -> None:
    """With what, where and what to do; nothing of the pull is booked."""
    (folder / "a.csv").write_text(HEAD + order(1))
    (folder / "b.csv").write_text(HEAD + order(2, "no number"))
    shop.add(mapping=FILES, address="folder:*.csv")
    row = shop.pull()
    assert (row["failures"], row["succeeded_at"], net(shop)) == (1, None, 0)
    assert "b.csv" in row["problem"]["message"]
    assert str(shop.settings.imports.folder) not in row["problem"]["message"]
    (job,) = shop.run("select state, rejects from import_jobs")
    assert job["state"] == "failed"
    assert "no number" in job["rejects"]
    waits = [row["next_attempt_at"]]
    row = shop.pull()
    waits.append(row["next_attempt_at"])
    assert row["failures"] == 2
    now = dt.datetime.now(dt.UTC)
    assert waits[0] - now < waits[1] - now <= dt.timedelta(minutes=2)
    (folder / "b.csv").write_text(HEAD + order(2, "1.00"))
    row = shop.pull()
    assert (row["failures"], row["problem"], row["next_attempt_at"]) == (0, None, None)
    assert net(shop) == Decimal("10.90")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("folder:absent/*.csv", "cannot be read"),
        ("folder:*.json", "No file is"),
        ("folder:away/*.csv", "leads out of the folder"),
        ("https://localhost:1/a.csv", "cannot be fetched"),
        ("https://10.0.0.1/a.csv", "is inside of this network"),
        ("postgresql://10.0.0.1/erp", "is inside of this network"),
        ("mysql://[fd00:ec2::254]/erp", "is inside of this network"),
        ("s3://sales/*.csv?endpoint=https://169.254.169.254", "is inside of this network"),
    ],
)
def test_what_cannot_be_read(shop: Shop, folder: Path, address: str, message: str) -> None:
    (folder / "away").symlink_to("/etc")
    shop.add(mapping=FILES, address=address)
    row = shop.pull()
    assert row["failures"] == 1
    assert message in row["problem"]["message"]
    if "inside" in message:
        for word in ("spec.imports.feeds.permitted", "SHOPX_IMPORTS_PERMITTED", "as JSON"):
            assert word in row["problem"]["hint"]


def test_a_credential_goes_to_its_source_alone(shop: Shop) -> None:
    place = Path(shop.settings.imports.credentials or "")
    (place / "key").write_text("https://shop.example.org/exports\nBearer hush\n")
    shop.add(mapping=FILES, address="https://other.example.org/a.csv", credential="key")
    row = shop.pull()
    assert "is for https://shop.example.org/exports" in row["problem"]["message"]
    assert "hush" not in str(row)
    shop.add(name="b", mapping=FILES, address="https://localhost:1/a.csv", credential="absent")
    assert "'absent' cannot be read" in shop.pull("b")["problem"]["message"]


def test_schedules(shop: Shop, folder: Path) -> None:
    """Due once for all workers, in its zone; and not while it is read, paused, or failing."""
    (folder / "a.csv").write_text(HEAD + order(1))
    shop.add(mapping=FILES, address="folder:*.csv", zone="Asia/Tokyo")
    asked: list[tuple[str, str | None]] = []

    def due(schedule: str, zone: str | None, until: dt.datetime) -> bool:
        assert until.tzinfo is not None
        asked.append((schedule, zone))
        return True

    with connect(shop.settings.database, "test") as connection:
        (first,) = queue.enqueue_due(connection, due)
        assert not asked, "a new feed is read at once"
        assert queue.enqueue_due(connection, due) == []
        shop.do(first)
        (second,) = queue.enqueue_due(connection, due)
        assert asked == [("0 6 * * *", "Asia/Tokyo")]
        (folder / "a.csv").unlink()
        shop.do(second)
        assert shop.row()["failures"] == 1
        assert queue.enqueue_due(connection, due) == []
        shop.pause(paused=True)
        shop.run("update feeds set next_attempt_at = now() returning id")
        assert queue.enqueue_due(connection, due) == []


def test_an_object_is_read_again_when_it_changed(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "s3"
    root.mkdir()
    with bucket_server(root) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        # A feed has the keys of its credential, and not those of the worker.
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "others")
        server.client.create_bucket(Bucket="sales")
        for name, text in (("a", order(1)), ("b", order(2))):
            server.client.put_object(Bucket="sales", Key=f"x/{name}.csv", Body=HEAD + text)
        place = Path(shop.settings.imports.credentials or "")
        (place / "bucket").write_text(f"s3://sales/x\n{KEY}:{SECRET}\n")
        address = f"s3://sales/x/*.csv?endpoint={server.endpoint}"
        shop.add(mapping=FILES, address=address, credential="bucket")
        assert shop.pull()["problem"] is None
        assert net(shop) == Decimal("19.80")
        changed = HEAD + order(1) + order(3)
        server.client.put_object(Bucket="sales", Key="x/a.csv", Body=changed)
        shop.pull()
        assert [file["name"] for file in shop.runs()[0].inputs or ()] == ["a.csv"]
        assert net(shop) == Decimal("29.70")
        assert SECRET not in str(shop.run("select * from feeds, import_jobs, import_runs"))


Execute = Callable[[str], object]


@contextlib.contextmanager
def _postgres(shop: Shop) -> Iterator[tuple[str, str, Execute]]:
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        parts = psycopg.conninfo.conninfo_to_dict(shop.dsn)
        connection.execute("create schema erp")
        connection.execute("set search_path = erp")
        host, port, name = (parts.get(key) for key in ("host", "port", "dbname"))
        place = Path(shop.settings.imports.credentials or "")
        address = f"postgresql://{host}:{port}/{name}"
        secret = f"{parts.get('user')}:{parts.get('password', '')}"
        (place / "erp").write_text(f"{address}\n{secret}\n")
        mapping = (TABLE % "postgresql").replace("table: sales", "schema: erp, table: sales")
        yield address, mapping, lambda text: connection.execute(text.encode())


@contextlib.contextmanager
def _mariadb(shop: Shop) -> Iterator[tuple[str, str, Execute]]:
    with mariadb_server() as port:
        connection = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("create database erp")
            cursor.execute("use erp")
            place = Path(shop.settings.imports.credentials or "")
            address = f"mysql://localhost:{port}/erp"
            (place / "erp").write_text(f"{address}\nroot:\n")
            yield address, TABLE % "mysql", cursor.execute


@pytest.mark.parametrize("kind", [_postgres, _mariadb])
def test_rows_since_the_cursor_are_read(shop: Shop, kind: Any) -> None:
    """Also those of transactions that commit late; a changed row corrects what is booked."""
    with kind(shop) as (address, mapping, execute):
        execute(
            "create table sales (id int primary key, day timestamp, product varchar(9),"
            " amount decimal(9, 2), updated_at timestamp null)"
        )

        def write(number: int, amount: str, at: str) -> None:
            execute(f"delete from sales where id = {number}")
            execute(
                f"insert into sales values ({number}, '2026-01-31 10:00', 'Pen', {amount},"
                f" '2026-02-01 {at}')"
            )

        for number in range(1, 6):
            write(number, "1.00", f"10:0{number}:00")
        shop.add(address=address, mapping=mapping, source="erp", credential="erp")
        row = shop.pull()
        assert row["problem"] is None
        assert net(shop) == Decimal("5.00")
        shop.pull()
        assert len(shop.runs()) == 1, "nothing new is no import"
        write(3, "2.50", "11:00:00")
        write(6, "4.00", "10:04:00")  # committed late
        shop.pull()
        newest = shop.runs()[0]
        assert (newest.changed, newest.new) == (1, 1)
        assert net(shop) == Decimal("10.50")
        write(7, "1.00", "11:30:00")
        shop.pull()
        assert shop.runs()[0].same == 1, "the newest row alone is within the overlap"
        assert net(shop) == Decimal("11.50")
        shop.run("update feeds set position = '{}' returning id")
        shop.pull()
        assert net(shop) == Decimal("11.50")


def test_a_job_that_published_and_died_books_nothing_again(shop: Shop, folder: Path) -> None:
    (folder / "a.csv").write_text(HEAD + order(1))
    shop.add(mapping=FILES, address="folder:*.csv")
    shop.pull()
    (job,) = shop.run("update import_jobs set state = 'queued' returning id")
    shop.run("update feeds set position = '{}', last_run = null, succeeded_at = null returning id")
    shop.do(job["id"])
    row = shop.row()
    assert (row["last_run"], len(shop.runs())) == (shop.runs()[0].id, 1)
    shop.pull()
    assert (net(shop), len(shop.runs())) == (Decimal("9.90"), 1)


def test_killed_workers_leave_nothing_and_another_goes_on(
    shop: Shop, folder: Path, database: Database
) -> None:
    """By kill -9 while it is read, and while it is booked: the next worker books all of it once."""
    many = "".join(order(number, "1.00") for number in range(20_000))
    (folder / "a.csv").write_text(HEAD + many)
    shop.add(mapping=FILES, address="folder:*.csv")
    for step in ("read", "ledger"):
        with running("worker", shop.settings.to_env()) as worker:
            _wait_for_step(database.dsn, step)
            os.killpg(worker.process.pid, signal.SIGKILL)
        assert net(shop) in {0, 20_000}
    with running("worker", shop.settings.to_env()):
        _wait(lambda: shop.row()["succeeded_at"] is not None)
    row = shop.row()
    assert (row["failures"], row["problem"], net(shop)) == (0, None, 20_000)
    assert len(shop.runs()) == 1
    assert shop.run("select count(*) as jobs from import_jobs") == [{"jobs": 1}]


def _wait_for_step(dsn: str, step: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:

        def there() -> bool:
            row = connection.execute(
                "select state, step from import_jobs order by id desc limit 1"
            ).fetchone()
            return row is not None and (row[1] == step or row[0] == "done")

        _wait(there)


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "it took over two minutes"
        time.sleep(0.02)


def test_a_pull_waits_for_another_import_of_its_source(shop: Shop, folder: Path) -> None:
    """It is postponed, which is no failure."""
    (folder / "a.csv").write_text(HEAD + order(1))
    shop.add(mapping=FILES, address="folder:*.csv")
    with connect(shop.settings.database, "test") as connection:
        connection.execute("select pg_advisory_lock(hashtext('shopx.import'), hashtext('shop'))")
        (job,) = queue.enqueue_due(connection, lambda *_: False)
        assert "postponed" in shop.do(job)
        assert shop.row()["failures"] == 0
        connection.execute("select pg_advisory_unlock_all()")
        shop.do(job)
        assert jobs.run_of(connection, job) == shop.row()["last_run"]


def test_the_commands(
    shop: Shop, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `shopx feed` says and does; each message of a fault has what to do."""
    for name, value in shop.settings.to_env().items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()

    def call(*words: str) -> str:
        done = runner.invoke(feed.command, words)
        if done.exception is not None:
            raise done.exception
        return done.output

    assert "There is no feed yet" in call("list")
    mapping = tmp_path / "kiosk.yaml"
    mapping.write_text(FILES)
    (folder / "a.csv").write_text(HEAD + order(1))
    assert "read by the workers" in call(
        "add", "kiosk", "folder:*.csv", "--mapping", str(mapping), "--schedule", "5 6 * * *"
    )
    assert shop.pull("kiosk")["problem"] is None
    listed = json.loads(call("list", "--json"))
    assert [(one["name"], one["source"], one["state"]) for one in listed] == [
        ("kiosk", "other", "waiting")
    ]
    assert "kiosk" in call("list")
    (folder / "b.csv").write_text("nothing\n")
    call("run", "kiosk")
    shop.pull("kiosk")
    assert "what to do: " in call("show", "kiosk")
    call("pause", "kiosk")
    with pytest.raises(InvalidInput, match="is paused"):
        call("run", "kiosk")
    call("resume", "kiosk")
    told = call("add", "web", "webhook:stripe", "--credential", "whsec")
    assert "/webhooks/web" in told
    assert shop.row("web")["source"] == "stripe"
    with pytest.raises(Conflict, match="already"):
        call("add", "web", "webhook:stripe", "--credential", "whsec")
    call("remove", "web")
    with pytest.raises(NotFound, match="no feed 'web'"):
        call("show", "web")
