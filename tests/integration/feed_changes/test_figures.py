"""What is booked equals an import of the followed tables, whatever changes or is killed."""

import threading
from decimal import Decimal

import psycopg
import pytest

from shopx_store.importing import feed_changes
from shopx_store.importing.changes import shop_database
from tests.support.followed_shop import (
    MAPPING,
    UNKEYED,
    Customers,
    FollowedShop,
)
from tests.support.importing import assert_exact

STEPS = "shopx_store.importing."
FIRST_STEPS = [
    pytest.param("changes.shop_database", "new_slot", "within", id="slot-made"),
    pytest.param("feed_run", "run_import", "after", id="booked"),
    pytest.param("feed_run", "following", "within", id="about-to-read"),
]
LATER_STEPS = [
    pytest.param("changes.shop_database", "peek", "read", id="peeked"),
    pytest.param("changes.shop_database", "snapshot_with", "within", id="snapshot-taken"),
    pytest.param("feed_run", "run_import", "before", id="orders-known"),
    pytest.param("publish", "_book", "after", id="within-publication"),
    pytest.param("feed_run", "run_import", "after", id="booked"),
    pytest.param("changes.shop_database", "advance", "before", id="position-noted"),
    pytest.param("changes.shop_database", "advance", "after", id="slot-advanced"),
    pytest.param("jobs", "finish", "before", id="not-yet-done"),
]


def test_each_kind_of_change_reaches_the_ledger(shop: FollowedShop) -> None:
    """With what a single pull reads and books: the orders concerned alone."""
    shop.execute("insert into customers values (1, 'Ada', 'DE')")
    for number in range(1, 21):
        shop.sell(number, "1.00", "2.00")
    shop.add()
    row = shop.pull()
    assert (shop.net(), row["read_whole_why"]) == (Decimal("60.00"), None)
    assert row["read_whole_at"] is not None
    shop.pull()
    assert len(shop.feeds.runs()) == 1, "nothing new is no import"

    def expect(total: str, rows: int) -> None:
        shop.pull()
        newest = shop.feeds.runs()[0]
        assert (shop.net(), newest.summary["rows"]["read"]) == (Decimal(total), rows)
        assert shop.booked() == shop.fresh()

    shop.execute("update lines set amount = 1.50 where order_id = 3 and amount = 1")
    expect("60.50", 3)
    shop.execute("update orders set status = 'cancelled' where id in (4, 5)")
    expect("54.50", 6)
    shop.execute("update orders set status = 'paid' where id = 4")
    expect("57.50", 3)
    shop.execute("delete from lines where order_id = 6 and amount = 2")
    expect("55.50", 2)
    shop.execute("delete from orders where id = 7")
    expect("52.50", 0)
    shop.execute("update lines set order_id = 9 where order_id = 8 and amount = 2")
    expect("52.50", 6)
    shop.execute("update orders set id = 30 where id = 9")
    expect("52.50", 4)
    shop.sell(31, "0.25")
    expect("52.75", 2)
    assert_exact(shop.feeds.dsn)
    shop.execute("update customers set name = 'Ada L.' where id = 1")
    expect("52.75", 1)
    shop.execute("insert into products values ('pen', 0.10)")
    shop.pull()
    assert shop.booked() == shop.fresh(), "costs are looked up"
    assert sum(line[8] for line in shop.booked()) > 0
    shop.execute("truncate orders, lines")
    row = shop.pull()
    assert (shop.net(), shop.booked()) == (0, [])
    assert "was emptied" in row["read_whole_why"]
    assert_exact(shop.feeds.dsn)


def test_changes_in_other_tables_are_no_news(shop: FollowedShop) -> None:
    """And the slot gives their log up all the same."""
    shop.add()
    shop.pull()
    before = shop.value("select confirmed_flush_lsn from pg_replication_slots")
    shop.execute("insert into carts (note) select repeat('x', 1000) from generate_series(1, 1000)")
    row = shop.pull()
    assert shop.feeds.runs() == []
    assert shop.value("select confirmed_flush_lsn > %s::pg_lsn from pg_replication_slots", before)
    assert row["unread_bytes"] < 100_000


@pytest.mark.parametrize(("module", "name", "when"), FIRST_STEPS)
def test_killed_while_all_is_read(shop: FollowedShop, module: str, name: str, when: str) -> None:
    """By kill -9; changes of meanwhile are noticed."""
    shop.sell(1, "1.00", "2.00")
    shop.add()
    job = shop.feeds.ask()
    shop.kill(job, STEPS + module, name, when)
    shop.execute("update lines set amount = 7 where amount = 2")
    shop.take_up(job)
    shop.sell(2, "4.00")
    shop.pull()
    assert (shop.net(), shop.booked()) == (Decimal("12.00"), shop.fresh())
    assert shop.value("select count(*) from pg_replication_slots") == 1


@pytest.mark.parametrize(("module", "name", "when"), LATER_STEPS)
def test_killed_while_changes_are_read(
    shop: FollowedShop, module: str, name: str, when: str
) -> None:
    """By kill -9 at each step: nothing is lost or booked twice, also what changes meanwhile."""
    shop.sell(1, "1.00", "2.00")
    shop.sell(2, "4.00")
    shop.add()
    shop.pull()
    shop.execute("update lines set amount = 3 where amount = 2")
    shop.execute("delete from orders where id = 2")
    shop.sell(3, "8.00")
    job = shop.feeds.ask()
    shop.kill(job, STEPS + module, name, when)
    shop.execute("update lines set amount = 16 where amount = 8")
    shop.take_up(job)
    shop.pull()
    assert (shop.net(), shop.booked()) == (Decimal("20.00"), shop.fresh())
    assert_exact(shop.feeds.dsn)
    assert shop.feeds.row()["read_whole_why"] is None, "it was never read whole again"


@pytest.mark.parametrize(("mapping", "seed"), [(MAPPING, 1), (UNKEYED, 2)])
def test_any_changes_and_kills_book_what_an_import_books(
    shop: FollowedShop, mapping: str, seed: int
) -> None:
    """The acceptance property, over changes at random and kills at random steps."""
    customers = Customers(shop, seed)
    customers.change(30)
    shop.add(mapping)
    shop.pull()
    steps = [step.values for step in LATER_STEPS]
    for turn in range(16):
        customers.change(12)
        if turn % 4 == 3:
            job = shop.feeds.ask()
            module, name, when = steps[(seed + turn) % len(steps)]
            try:
                shop.kill(job, STEPS + str(module), str(name), str(when))
            except AssertionError:
                # No step of that name, such as a publication where nothing was new.
                continue
            customers.change(3)
            shop.take_up(job)
        shop.pull()
        assert shop.booked() == shop.fresh(mapping), (seed, turn)
    assert_exact(shop.feeds.dsn)


def test_pulls_beside_writers_lose_nothing(shop: FollowedShop) -> None:
    """Transactions that commit while a pull takes its snapshot are in this or the next one."""
    shop.sell(1, "1.00")
    shop.add()
    ending = threading.Event()

    def write(first: int) -> None:
        number = first
        with psycopg.connect(shop.dsn, autocommit=True) as connection:
            while not ending.wait(0.02):
                number += 4
                with connection.transaction():
                    connection.execute(
                        "insert into orders values (%s, '2026-02-01Z', 'paid', null)", (number,)
                    )
                    connection.execute(
                        "insert into lines (order_id, sku, quantity, amount)"
                        " values (%s, 'ink', 1, 0.25)",
                        (number,),
                    )

    writers = [threading.Thread(target=write, args=(first,)) for first in (100, 101, 102, 103)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(12):
            shop.pull()
    finally:
        ending.set()
        for writer in writers:
            writer.join()
    shop.pull()
    assert shop.booked() == shop.fresh()
    assert shop.feeds.row()["read_whole_why"] is None


def test_a_transaction_that_is_not_visible_yet_is_waited_for(
    shop: FollowedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the log, and waits for a standby: until it is visible, nothing is given up."""
    shop.sell(1, "1.00")
    shop.add()
    shop.pull()
    admin = psycopg.connect(shop.dsn, autocommit=True)
    with admin:
        admin.execute("alter system set synchronous_standby_names = 'absent'")
        admin.execute("select pg_reload_conf()")
        try:
            writer = psycopg.connect(shop.dsn, autocommit=True, options="-c synchronous_commit=on")
            with writer:
                thread = threading.Thread(
                    target=writer.execute, args=("update lines set amount = 9",)
                )
                thread.start()
                until = "select exists (select from pg_stat_activity where wait_event = 'SyncRep')"
                while admin.execute(until).fetchone() != (True,):
                    pass
                monkeypatch.setattr(shop_database, "VISIBLE_SECONDS", 0.5)
                assert "not visible" in shop.failing()[0]
                assert shop.net() == Decimal("1.00")
                admin.execute("alter system reset synchronous_standby_names")
                admin.execute("select pg_reload_conf()")
                thread.join()
        finally:
            admin.execute("alter system reset synchronous_standby_names")
            admin.execute("select pg_reload_conf()")
    shop.pull()
    assert shop.net() == Decimal("9.00")


def test_many_changes_are_read_in_parts(
    shop: FollowedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that left some asks for the next; many orders are read as a whole."""
    monkeypatch.setattr(feed_changes, "MOST_CHANGES", 20)
    monkeypatch.setattr(shop_database, "MOST_CHANGES", 20)
    shop.add()
    shop.pull()
    for number in range(1, 11):
        shop.sell(number, "1.00")
    row = shop.pull()
    assert row["next_attempt_at"] is not None
    assert 0 < shop.net() < 10
    for _ in range(5):
        if shop.feeds.row()["next_attempt_at"] is not None:
            shop.pull()
    assert (shop.net(), shop.feeds.row()["next_attempt_at"]) == (10, None)
    monkeypatch.setattr(feed_changes, "MOST_ORDERS", 5)
    shop.execute("update lines set amount = 2")
    while shop.pull()["next_attempt_at"] is not None:
        pass
    assert shop.net() == 20
    assert "more than 5" in shop.feeds.row()["read_whole_why"]
