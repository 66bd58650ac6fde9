"""What a database must have, and what becomes of its slot."""

import asyncio
import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import Conflict, InvalidInput
from shopx_core.texts import loads
from shopx_store.commands import feed, import_group
from shopx_store.feeds import statements
from shopx_store.importing.changes import shop_database
from shopx_store.importing.undo import undo_import
from shopx_workers.metrics import registry
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.feeding import Shop
from tests.support.followed_shop import (
    MAPPING,
    FollowedShop,
    followed_shop,
)
from tests.support.importing import connected
from tests.support.postgres import PostgresServer


def _drop(shop: FollowedShop) -> None:
    shop.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")


def _outgrow(shop: FollowedShop) -> None:
    """Let the server give the slot up, because its log grew."""
    shop.execute("alter system set max_slot_wal_keep_size = '1MB'")
    shop.execute("select pg_reload_conf()")
    try:
        for _ in range(8):
            shop.execute("insert into carts (note) select repeat('x', 900) from"
                         " generate_series(1, 20000)")  # fmt: skip
            shop.execute("select pg_switch_wal()")
            shop.execute("checkpoint")
        assert shop.value("select wal_status from pg_replication_slots") == "lost"
    finally:
        shop.execute("alter system reset max_slot_wal_keep_size")
        shop.execute("select pg_reload_conf()")


def _publish_anew(shop: FollowedShop) -> None:
    """Changes of meanwhile are in no publication."""
    shop.execute("alter publication shopx drop table lines")
    shop.execute("update lines set amount = 3 where order_id = 1")
    shop.execute("alter publication shopx add table lines")


def _make_table_anew(shop: FollowedShop) -> None:
    shop.execute("create table other (like lines)")
    shop.execute("insert into other select * from lines")
    shop.execute("create sequence ids start 100")
    shop.execute("alter table other alter id set default nextval('ids'), add primary key (id)")
    shop.execute("drop table lines")
    shop.execute("alter table other rename to lines")
    shop.execute("update lines set amount = 3")
    shop.execute("alter table lines replica identity full")
    shop.execute("alter publication shopx add table lines")
    shop.execute("grant select on lines to feed")


def _restore_dashboard(shop: FollowedShop) -> None:
    """The ledger is of before the last pull."""
    run = shop.feeds.row()["last_run"]
    position = shop.feeds.run("select read_to from feed_slots")[0]["read_to"]
    shop.execute("update lines set amount = 5 where order_id = 1")
    undone = shop.pull()["last_run"]
    assert undone != run
    undo_import(shop.feeds.settings.database, undone, lambda _: None)
    shop.feeds.run(f"update feed_slots set read_to = {position} returning id")
    shop.feeds.run(f"update feeds set last_run = {run} returning id")


def _fail_over(shop: FollowedShop) -> None:
    """Another timeline, as a standby that was promoted has."""
    shop.feeds.run("update feed_slots set origin = replace(origin, '00000001', '2') returning id")


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (_drop, "the slot is gone"),
        (_outgrow, "max_slot_wal_keep_size"),
        (_publish_anew, "another one than before"),
        (_make_table_anew, "another one than before"),
        (_restore_dashboard, "this dashboard was restored"),
        (_fail_over, "another one than before"),
    ],
)
def test_what_was_missed_is_read_anew(shop: FollowedShop, lose: Any, why: str) -> None:
    """By itself, and it is said why: the slot cannot tell what changed since."""
    shop.sell(1, "1.00")
    shop.sell(2, "2.00")
    shop.add()
    shop.pull()
    lose(shop)
    shop.execute("update lines set amount = 4 where order_id = 2")
    row = shop.pull()
    assert shop.booked() == shop.fresh()
    assert why in row["read_whole_why"]
    assert shop.value("select count(*) from pg_replication_slots") == 1
    shop.sell(3, "8.00")
    shop.pull()
    assert shop.booked() == shop.fresh()


def test_what_the_database_lacks_is_told_with_the_sql(shop: FollowedShop) -> None:
    """As one who runs it finds: after that, the feed works."""
    shop.sell(1, "1.00")
    shop.execute("drop publication shopx")
    shop.execute("alter table lines replica identity default")
    shop.execute("revoke select on orders, customers from feed")
    shop.execute("alter role feed noreplication")
    shop.add()
    message, hint = shop.failing()
    assert "'feed' may not follow changes" in message
    shop.execute(hint.removeprefix("As a superuser: "))
    message, hint = shop.failing()
    for part in ("the right to read", "the publication shopx", "replica identity", "with order_id"):
        assert part in message
    shop.execute(hint.removeprefix("As the tables' owner: "))
    shop.pull()
    shop.execute("delete from lines")
    shop.pull()
    assert (shop.net(), shop.feeds.row()["read_whole_why"]) == (0, None)
    for change, told in (
        ("alter publication shopx set (publish = 'insert')", "updates, deletes"),
        ("alter publication shopx drop table orders", "orders in the publication"),
        ("alter publication shopx set table lines, customers, products, orders where (id > 5)",
         "without conditions"),
        ("alter publication shopx set table lines (id), customers, products, orders",
         "lists of columns"),
    ):  # fmt: skip
        shop.execute("alter table lines replica identity full")
        shop.execute(change)
        message, hint = shop.failing()
        assert told in message
        shop.execute(hint.removeprefix("As the tables' owner: "))
        shop.pull()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("alter table lines rename to entries; create view lines as select * from entries",
         "is a view, whose changes are not told"),
        ("create table more () inherits (lines)", "has tables that inherit from it"),
        ("alter table lines drop constraint lines_order_id_fkey, alter order_id type float8",
         "The keys of orders cannot be followed"),
        ("alter table lines drop constraint lines_order_id_fkey, alter order_id type text",
         "orders.id (int4), lines.order_id (text)"),
        ("drop table lines", "has no table public.lines"),
        ("alter table lines rename order_id to purchase", "has no column 'order_id'"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_followed(shop: FollowedShop, change: str, told: str) -> None:
    shop.execute("drop publication shopx")
    for statement in change.split("; "):
        shop.execute(statement)
    shop.add()
    assert told in shop.failing()[0]


def test_a_database_without_logical_decoding(feeds: Shop, pg_server: PostgresServer) -> None:
    with followed_shop(feeds, pg_server, pg_server) as shop:
        shop.add()
        message, hint = shop.failing()
    assert "wal_level" in message
    assert "alter system set wal_level = 'logical'" in hint
    assert "secret" not in str(feeds.row())


def test_an_open_transaction_is_waited_for(
    shop: FollowedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following begins after it: too long a wait is said, and what it writes is read then."""
    shop.sell(1, "1.00")
    monkeypatch.setattr(shop_database, "SLOT_SECONDS", 0.5)
    shop.add()
    with psycopg.connect(shop.dsn) as connection:
        connection.execute("update lines set amount = 2")
        message, hint = shop.failing()
        assert "have been open" in message
        assert "pg_stat_activity" in hint
    monkeypatch.setattr(shop_database, "SLOT_SECONDS", 60)
    row = shop.pull()
    assert (shop.net(), row["read_whole_why"]) == (2, None)
    assert shop.value("select count(*) from pg_replication_slots") == 1


def test_a_slot_of_a_dead_worker_is_freed(
    shop: FollowedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session may outlive the worker; that of another role is named."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    monkeypatch.setattr(shop_database, "BUSY_SECONDS", 0.3)
    parts = shop.dsn.replace("postgres@", "feed:secret@")
    for user, is_ended in ((parts, True), (shop.dsn, False)):
        session = psycopg.pq.PGconn.connect(f"{user}?replication=database".encode())
        session.exec_(
            f'START_REPLICATION SLOT "{shop.slot()}" LOGICAL 0/0'
            " (proto_version '1', publication_names 'shopx')".encode()
        )
        shop.sell(2 if is_ended else 3, "2.00")
        if is_ended:
            shop.pull()
        else:
            assert "pg_terminate_backend" in shop.failing()[1]
        session.finish()


def test_a_paused_feed_has_no_slot(shop: FollowedShop) -> None:
    """It would grow; resumed, everything is read once."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    shop.tend()
    assert shop.feeds.row()["kept_bytes"] is not None
    shop.feeds.pause(paused=True)
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 0
    assert shop.slot() is None
    shop.execute("update lines set amount = 2")
    shop.feeds.pause(paused=False)
    shop.pull()
    assert shop.net() == 2


def test_a_removed_feed_leaves_no_slot(shop: FollowedShop) -> None:
    """Not even where the shop is away then; what cannot be dropped is shown, with its size."""
    shop.add()
    shop.pull()
    slot = shop.slot()
    place = Path(shop.feeds.settings.imports.credentials or "") / "shop"
    secret = place.read_text()
    place.unlink()
    assert shop.feeds.run(statements.REMOVE, "shop")
    shop.tend()
    (left,) = shop.feeds.run(statements.SLOTS_LEFT)
    assert left["name"] == slot
    assert "cannot be read" in left["problem"]
    found = registry(shop.feeds.settings)
    assert found.get_sample_value("shopx_feed_slot_bytes", {"feed": str(slot)}) is not None
    place.write_text(secret)
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 1, "it is tried later"
    shop.feeds.run("update feed_slots set tried_at = now() - interval '1 hour' returning id")
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 0
    assert shop.feeds.run("select * from feed_slots") == []


def test_a_feed_that_never_reached_the_shop_leaves_no_slot(shop: FollowedShop) -> None:
    """Nothing was made there, so there is nothing to drop and nothing to tell."""
    shop.add(credential="absent")
    assert "cannot be read" in shop.failing()[0]
    assert shop.feeds.run(statements.REMOVE, "shop")
    shop.tend()
    assert shop.feeds.run("select * from feed_slots") == []


def test_an_import_that_was_taken_back(shop: FollowedShop) -> None:
    """Pauses the feed; resumed, it books what the shop has."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    shop.sell(2, "2.00")
    run = shop.pull()["last_run"]
    undo_import(shop.feeds.settings.database, run, lambda _: None)
    message, hint = shop.failing()
    assert "was taken back" in message
    assert "read everything again" in hint
    shop.feeds.pause(paused=False)
    shop.sell(3, "4.00")
    shop.pull()
    shop.feeds.pause(paused=True)
    shop.tend()
    shop.feeds.pause(paused=False)
    shop.pull()
    assert (shop.net(), shop.booked()) == (Decimal("7.00"), shop.fresh())


def _taken_back(shop: FollowedShop, run: int) -> None:
    undo_import(shop.feeds.settings.database, run, lambda _: None)
    message, hint = shop.failing()
    assert f"Its import {run} was taken back" in message
    assert "read everything again" in hint
    assert shop.feeds.row()["paused"]


@pytest.mark.parametrize("is_swept", [False, True])
def test_a_change_that_was_taken_back_comes_again(shop: FollowedShop, is_swept: bool) -> None:
    """The slot has given it up, so all is read: also of a feed that is resumed at once."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    shop.execute("update lines set amount = 3")
    _taken_back(shop, shop.pull()["last_run"])
    assert shop.net() == 1
    if is_swept:
        shop.tend()
    shop.feeds.pause(paused=False)
    row = shop.pull()
    assert (shop.net(), shop.booked()) == (3, shop.fresh())
    assert is_swept or "was taken back" in row["read_whole_why"]
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 1


def test_an_earlier_import_that_was_taken_back(shop: FollowedShop) -> None:
    """Is no less lost than the last one; so is one taken back while an attempt is under way."""
    shop.add()
    shop.pull()
    shop.sell(1, "1.00")
    first = shop.pull()["last_run"]
    shop.sell(2, "2.00")
    shop.pull()
    _taken_back(shop, first)
    shop.feeds.pause(paused=False)
    second = shop.pull()["last_run"]
    assert shop.booked() == shop.fresh()
    shop.sell(3, "4.00")
    job = shop.feeds.ask()
    shop.kill(job, "shopx_store.importing.feed_run", "run_import", "after")
    undo_import(shop.feeds.settings.database, second, lambda _: None)
    shop.take_up(job)
    message, _ = shop.failing()
    assert f"Its import {second} was taken back" in message
    shop.feeds.pause(paused=False)
    shop.pull()
    assert (shop.net(), shop.booked()) == (7, shop.fresh())


def test_a_feed_that_is_resumed_at_once_reads_everything(shop: FollowedShop) -> None:
    """As the documentation says, whether or not its slot was dropped; with the reason."""
    shop.sell(1, "1.00")
    shop.add()
    before = shop.pull()["read_whole_at"]
    shop.feeds.pause(paused=True)
    shop.feeds.pause(paused=False)
    row = shop.pull()
    assert row["read_whole_at"] > before
    assert loads(row["read_whole_why"]) == "the feed was paused"


def test_two_feeds_of_one_database(shop: FollowedShop) -> None:
    """Each with a slot of its own."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    shop.add(name="other", source="other")
    assert shop.feeds.pull("other")["problem"] is None
    shop.sell(2, "2.00")
    shop.pull()
    assert shop.net() == Decimal("4.00")
    shop.feeds.pull("other")
    assert shop.net() == Decimal("6.00")
    assert shop.feeds.row("other")["slot"] != shop.slot()


def test_keys_that_are_texts(shop: FollowedShop) -> None:
    """With blanks, signs and another case, in one table with its lines, partitioned."""
    shop.execute(
        "create table sales (number character(9) not null, day date not null, sku text,"
        " amount numeric(9, 2), nr integer) partition by range (day)"
    )
    shop.execute(
        "create table sales_1 partition of sales for values from ('2026-01-01') to ('2026-02-01')"
    )
    shop.execute(
        "create table sales_2 partition of sales for values from ('2026-02-01') to ('2026-03-01')"
    )
    shop.execute("grant select on sales to feed")
    mapping = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs: {sales: {format: postgresql, table: sales, columns: {"order": [number_before, number]}}}
order: {key: order, at: day}
line: {product: sku, quantity: 1, gross: amount}
"""
    shop.add(mapping)
    message, hint = shop.failing()
    assert "replica identity" in message
    assert "partitions" in message
    shop.execute(hint.removeprefix("As the tables' owner: "))
    message, hint = shop.failing()
    assert "sales in the publication" in message
    shop.execute(hint.removeprefix("As the tables' owner: "))
    shop.pull()
    for number in ("a b", "\\x'\"", "é\tz", "A B"):
        shop.execute("insert into sales values (%s, '2026-01-09', 'pen', 2.5, 1)", number)
        shop.execute("insert into sales values (%s, '2026-01-09', 'pen', 2.5, 1)", number)
    shop.pull()
    assert (shop.net(), shop.booked()) == (20, shop.fresh(mapping))
    shop.execute("delete from sales where number = 'a b'")
    shop.execute("update sales set day = '2026-02-01', amount = 1 where number like 'é%%'")
    shop.execute("update sales set number = 'c' where number like '%%x%%'")
    shop.pull()
    assert (shop.net(), shop.booked()) == (12, shop.fresh(mapping))
    assert shop.feeds.row()["read_whole_why"] is None


COMPUTED = MAPPING.replace("  key: id\n  at", "  key: concat('A', id)\n  at")
ADD = "mutation($feed: FeedInput!) { addFeed(feed: $feed) { name slot { name } } }"
FEEDS = "{ feeds { name slot { name unreadBytes keptBytes readWholeAt readWholeWhy } } }"


async def test_over_the_api(shop: FollowedShop, pool: Any) -> None:
    """What cannot be followed is refused when it is added; how much is not read is shown."""
    settings = settings_for(shop.feeds.dsn)
    async with serving(create_inner_app(settings)) as served:
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="shop")
        api = Api(served.http, {"authorization": f"Bearer {token}"})
        given = {"name": "shop", "address": shop.address, "source": "shop", "credential": "shop"}
        given |= {"schedule": "* * * * *", "mapping": COMPUTED}
        refused = await api.error(ADD, {"feed": given})
        assert "order.key is computed" in refused["message"]
        made = await api.data(ADD, {"feed": given | {"mapping": MAPPING}})
        assert made["addFeed"]["slot"] is None
        twice = given | {"name": "other", "mapping": MAPPING, "address": "folder:*.csv"}
        refused = await api.error(ADD, {"feed": twice | {"credential": None}})
        assert "The feed 'shop' books under the source 'shop' already" in refused["message"]
        await asyncio.to_thread(shop.pull)
        shop.execute("insert into carts (note) select repeat('x', 999) from generate_series(1, 99)")
        await asyncio.to_thread(shop.tend)
        (shown,) = (await api.data(FEEDS))["feeds"]
        assert shown["slot"]["name"] == shop.slot()
        assert int(shown["slot"]["keptBytes"]) >= int(shown["slot"]["unreadBytes"]) > 99_000
        assert shown["slot"]["readWholeAt"] is not None
        assert shown["slot"]["readWholeWhy"] is None


def test_by_the_commands(
    shop: FollowedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shop.feeds.settings.to_env().items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()
    mapping = tmp_path / "shop.yaml"

    def call(*words: str) -> str:
        done = runner.invoke(feed.command, words)
        if done.exception is not None:
            raise done.exception
        return done.output

    added = ("add", "shop", shop.address, "--mapping", str(mapping), "--credential", "shop")
    mapping.write_text(COMPUTED)
    with pytest.raises(InvalidInput, match=r"order\.key is computed"):
        call(*added)
    mapping.write_text(MAPPING)
    call(*added)
    with pytest.raises(Conflict, match="take back each other's orders") as refused:
        call("add", "other", *added[2:])
    assert "another source" in str(refused.value.hint)
    call("add", "other", *added[2:], "--source", "other")
    call("remove", "other")
    shop.pull()
    shop.tend()
    assert " MiB" in call("list")
    shown = call("show", "shop")
    assert "unread_bytes: " in shown
    assert f"slot: {shop.slot()}" in shown
    slot = shop.slot()
    shop.sell(1, "1.00")
    shop.pull()
    mapping.write_text(MAPPING.replace("gross: amount", "gross: amount * 2"))
    with pytest.raises(Conflict, match="There is a feed 'shop' already") as known:
        call(*added)
    assert "--replace" in str(known.value.hint)
    job = shop.feeds.ask()
    with pytest.raises(Conflict, match="is being read just now"):
        call(*added, "--replace")
    shop.feeds.do(job)
    call(*added, "--replace")
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 0
    shop.pull()
    assert shop.net() == 2, "what was booked is corrected"
    shop.tend()
    assert shop.value("select count(*) from pg_replication_slots") == 1
    slot = shop.slot()
    assert f"drop its slot {slot}" in call("remove", "shop")
    with connected(shop.feeds.dsn) as connection:
        connection.execute("update feed_slots set address = 'postgresql://10.0.0.1/shop'")
    shop.tend()
    assert f"select pg_drop_replication_slot('{slot}')" in call("list")


def test_the_mass_of_a_restored_shop_is_not_taken_back_unasked(
    shop: FollowedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the slot cannot tell, a shop that has lost most orders is no reason to drop them.

    The command that takes them back is told, and takes the feed's address as well.
    """
    for number in range(1, 11):
        shop.sell(number, "1.00")
    shop.add()
    shop.pull()
    _drop(shop)
    shop.execute("delete from orders where id > 2")
    message, hint = shop.failing()
    shown = shop.address.partition("?")[0]
    assert f"8 of 10 booked lines are not in {shown} any more" in message
    assert "files" not in message + hint
    assert "--max-missing" not in message + hint
    assert shop.net() == 10
    (command,) = re.findall(r"shopx (import MAPPING .*) \(", hint)
    given = shlex.split(command.replace("USER:PASSWORD", "feed:secret"))
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(MAPPING)
    for name, value in shop.feeds.settings.to_env().items():
        monkeypatch.setenv(name, value)
    address = given[3] + "?follow=changes&publication=shopx"
    words = [str(mapping), *given[2:3], address, *given[4:]]
    done = CliRunner().invoke(import_group.command, words)
    assert done.exception is None, done.output
    assert shop.net() == 2
    shop.pull()
    assert (shop.net(), shop.booked()) == (2, shop.fresh())


def test_a_row_that_cannot_be_booked_is_told_by_its_key(shop: FollowedShop) -> None:
    """And its value, without options that a feed lacks; corrected there, the feed goes on."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    shop.sell(2, "2.00")
    shop.sell(17, "4.00")
    shop.execute("update orders set placed = '1066-10-14Z' where id = 17")
    message, hint = shop.failing()
    assert "public.orders, id 17 (placed): " in message
    assert "1066-10-14" in hint
    assert "--replace" in hint
    assert "--max" not in message + hint
    assert shop.net() == 1
    shop.execute("update orders set placed = '2026-01-06Z' where id = 17")
    shop.pull()
    assert (shop.net(), shop.booked()) == (7, shop.fresh())
