"""Refreshing a view: one at a time, all or nothing, recorded, and never in a reader's way."""

import datetime as dt
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from shopx_core import cli
from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import NotFound
from shopx_store.matviews.left_out import MONEY_VIEWS, amounts
from shopx_store.matviews.refresh import SESSION_SETTINGS, refresh
from tests.support.postgres import Database, PostgresServer
from tests.support.sales import Item, Sales

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """One in autocommit mode, as `refresh` wants it."""
    with psycopg.connect(database.dsn, autocommit=True) as made:
        yield made


def test_registry_and_database_have_the_same_views(
    connection: psycopg.Connection,
) -> None:
    """A view that is not listed would never be refreshed."""
    made = {row[0] for row in connection.execute("select matviewname from pg_matviews")}
    members = [member for view in MATVIEWS.values() for member in view.members]
    assert sorted(members) == sorted(made)


def test_built_in_schedules_are_staggered() -> None:
    """No two refreshes start in the same minute of an hour."""
    minutes = [view.schedule.split()[0] for view in MATVIEWS.values()]
    assert len(set(minutes)) == len(minutes)


@pytest.mark.parametrize("concurrently", [True, False], ids=["concurrently", "blocking"])
def test_a_refresh_is_recorded(
    database: Database, connection: psycopg.Connection, concurrently: bool
) -> None:
    """The view has everything committed before its as-of, and the record says when and how long."""
    sales = Sales()
    sales.sale(AT)
    sales.write(database.dsn)
    before = dt.datetime.now(dt.UTC)
    done = refresh(connection, "mv_customer_rfm", concurrently=concurrently)
    after = dt.datetime.now(dt.UTC)
    assert done is not None
    assert [one.view for one in done] == ["mv_customer_rfm"]
    assert done[0].concurrently is concurrently
    recorded = connection.execute(
        "select view, as_of, finished_at, seconds from matview_refreshes"
    ).fetchone()
    assert recorded is not None
    view, as_of, finished_at, seconds = recorded
    assert (view, as_of, seconds) == ("mv_customer_rfm", done[0].as_of, done[0].seconds)
    assert before <= as_of <= finished_at <= after
    assert 0 < seconds <= (finished_at - as_of).total_seconds()
    assert connection.execute("select orders from mv_customer_rfm").fetchall() == [(1,)]


def test_what_belongs_together_has_one_as_of(
    database: Database, connection: psycopg.Connection
) -> None:
    """Pairs and single products are counted from one snapshot, whatever is booked in between."""
    sales = Sales()
    sales.sale(AT, [Item(product=1), Item(product=2)])
    sales.sale(AT, [Item(product=1), Item(product=2)])
    sales.write(database.dsn)
    with psycopg.connect(database.dsn) as reader:
        # A reader of the pairs stops the blocking refresh after the products, before the pairs.
        reader.execute("select count(*) from mv_product_pairs")
        refreshing = threading.Thread(
            target=lambda: refresh(connection, "mv_product_pairs", concurrently=False)
        )
        refreshing.start()
        wait_for_lock(database.dsn)
        sales.sale(AT, [Item(product=1), Item(product=2)])
        sales.write(database.dsn)
    refreshing.join()
    rows = connection.execute(
        "select p.orders, a.orders, b.orders from mv_product_pairs p"
        " join mv_product_orders a on a.product_id = product_a"
        " join mv_product_orders b on b.product_id = product_b"
    ).fetchall()
    assert rows == [(2, 2, 2)]
    instants = connection.execute("select distinct as_of from matview_refreshes").fetchall()
    assert len(instants) == 1


def wait_for_lock(dsn: str) -> None:
    """Return once some session of the database waits for a lock."""
    with psycopg.connect(dsn, autocommit=True) as watcher:
        while not watcher.execute(
            "select 1 from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone():
            pass


def test_the_second_of_two_goes_away(database: Database, connection: psycopg.Connection) -> None:
    """While one session refreshes a view, another one skips it and may refresh any other."""
    with psycopg.connect(database.dsn) as reader:
        reader.execute("select count(*) from mv_customer_rfm")
        refreshing = threading.Thread(
            target=lambda: refresh(connection, "mv_customer_rfm", concurrently=False)
        )
        refreshing.start()
        wait_for_lock(database.dsn)
        with psycopg.connect(database.dsn, autocommit=True) as second:
            assert refresh(second, "mv_customer_rfm") is None
            assert refresh(second, "mv_cohorts") is not None
    refreshing.join()
    assert refresh(connection, "mv_customer_rfm") is not None


def test_readers_go_on_during_a_concurrent_refresh(
    database: Database, connection: psycopg.Connection
) -> None:
    """An open read of the view neither stops the refresh nor sees its result."""
    sales = Sales()
    sales.sale(AT)
    sales.write(database.dsn)
    with psycopg.connect(database.dsn) as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select count(*) from mv_customer_rfm").fetchone() == (0,)
        assert refresh(connection, "mv_customer_rfm") is not None
        assert reader.execute("select count(*) from mv_customer_rfm").fetchone() == (0,)
        reader.rollback()
        assert reader.execute("select count(*) from mv_customer_rfm").fetchone() == (1,)


def test_what_has_no_rate_is_left_out_and_recorded(
    database: Database, connection: psycopg.Connection
) -> None:
    """The others are refreshed, and whoever reads the view can say what its sums lack."""
    sales = Sales()
    sales.sale(AT)
    sales.write(database.dsn)
    refresh(connection, "mv_customer_rfm")
    recorded = "select left_out from matview_refreshes where view = 'mv_customer_rfm'"
    assert connection.execute(recorded).fetchone() == ([],)
    sales.sale(AT, currency="EUR")
    sales.reverse(sales.sale(AT, currency="CHF"))
    sales.write(database.dsn)
    connection.execute("insert into currencies values ('EUR'), ('CHF')")
    refresh(connection, "mv_customer_rfm")
    found = connection.execute("select orders, revenue from mv_customer_rfm").fetchall()
    assert found == [(2, Decimal(10))]
    lacks = {"currency": "EUR", "lines": 1, "gross": "10", "amount": "10", "cost": "0"}
    assert connection.execute(recorded).fetchone() == ([lacks | {"since": "2026-03-01"}],)
    connection.execute("insert into rates values ('EUR', '2026-01-01', 1.25)")
    assert refresh(connection, "mv_customer_rfm") is not None
    assert connection.execute(recorded).fetchone() == ([],)
    assert connection.execute("select revenue from mv_customer_rfm").fetchone() == (
        Decimal("22.50"),
    )


def test_a_view_that_was_never_filled_is_filled(connection: psycopg.Connection) -> None:
    """After a restore without data, asking for a concurrent refresh must not fail for ever."""
    connection.execute("refresh materialized view mv_customer_rfm with no data")
    done = refresh(connection, "mv_customer_rfm", concurrently=True)
    assert done is not None
    assert not done[0].concurrently


def test_a_grown_ledger_is_analyzed_first(
    database: Database, connection: psycopg.Connection
) -> None:
    """Autovacuum skips the parent's statistics; planned without them a refresh takes minutes."""

    def known() -> float:
        row = connection.execute(
            "select reltuples from pg_class where relname = 'order_items'"
        ).fetchone()
        assert row is not None
        return float(row[0])

    assert known() <= 0
    sales = Sales()
    for n in range(100):
        sales.sale(AT + dt.timedelta(minutes=n))
    sales.write(database.dsn)
    refresh(connection, "mv_customer_rfm")
    row = connection.execute("select count(*) from order_items").fetchone()
    assert row is not None
    assert known() == row[0]


def test_an_unknown_view_is_named(connection: psycopg.Connection) -> None:
    """A manifest may name a view that this release does not have."""
    with pytest.raises(NotFound, match=r"'mv_nothing'.* There are: mv_customer_rfm"):
        refresh(connection, "mv_nothing")


def test_the_command_refreshes_all(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`shopx refresh --all` is what a CronJob runs."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)
    with pytest.raises(SystemExit, match="0"):
        cli.main(["refresh", "--all"])
    printed = capsys.readouterr().out
    assert [line.split(":")[0] for line in printed.splitlines()] == [
        member for view in MATVIEWS.values() for member in view.members
    ]


def test_the_command_goes_on_after_a_view_that_fails(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says that something failed, and the others are refreshed."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("drop materialized view mv_customer_rfm")
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)
    with pytest.raises(SystemExit, match="1"):
        cli.main(["refresh", "--all"])
    printed = capsys.readouterr()
    assert "mv_product_pairs: refreshed" in printed.out
    assert "The database has no view mv_customer_rfm" in printed.err


@pytest.mark.parametrize("words", [[], ["mv_customer_rfm", "--all"]], ids=["neither", "both"])
def test_the_command_wants_views_or_all(words: list[str]) -> None:
    """Refreshing everything is asked for in so many words."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(["refresh", *words])


def test_an_absent_database_is_said(
    pg_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line and a hint, no traceback and no password."""
    dsn = pg_server.dsn("absent").replace("postgres@", "postgres:hunter2@")
    monkeypatch.setenv("SHOPX_DATABASE_DSN", dsn)
    with pytest.raises(SystemExit, match="1"):
        cli.main(["refresh", "--all"])
    printed = capsys.readouterr().err
    assert "The database cannot be reached" in printed
    assert "hunter2" not in printed


def test_lines_are_never_compared_one_by_one(
    database: Database, connection: psycopg.Connection
) -> None:
    """Whatever the planner expects of a period that the data decide: that takes their square."""
    sales = Sales()
    for day in range(40):
        sales.sale(AT - dt.timedelta(days=day), [Item(product=1), Item(product=2)])
    sales.write(database.dsn)
    connection.execute("analyze")
    compared = []
    with connection.transaction():
        connection.execute(SESSION_SETTINGS)
        for view in (member for one in MATVIEWS.values() for member in one.members):
            text = _one(connection, "select pg_get_viewdef(%s::regclass)", [view])
            plan = _one(connection, f"explain (format json) {text}", [])[0]["Plan"]
            compared += [view for node in _nodes(plan) if _joins_orders_by_pairs(node)]
    assert compared == []


@pytest.mark.parametrize("view", sorted(MONEY_VIEWS))
def test_what_a_view_leaves_out_is_found_in_one_pass(
    connection: psycopg.Connection, view: str
) -> None:
    """The period is the same for all lines, and computed once."""
    plan = _one(
        connection,
        f"explain (format json) {amounts(view)}",
        {"currency": "EUR", "until": None},
    )[0]["Plan"]
    assert [node for node in _nodes(plan) if node.get("Parent Relationship") == "SubPlan"] == []


def _one(connection: psycopg.Connection, statement: str, values: Any) -> Any:
    row = connection.execute(statement, values or None).fetchone()
    assert row is not None
    return row[0]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _joins_orders_by_pairs(node: dict[str, Any]) -> bool:
    """Whether it looks at each pair of rows for those of the same order."""
    return node["Node Type"] == "Nested Loop" and "order_id = " in node.get("Join Filter", "")
