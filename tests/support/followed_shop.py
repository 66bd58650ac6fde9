"""A shop's database with logical replication, followed by a feed; and what it is compared with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from psycopg import sql

from shopx_core.settings import DatabaseSettings
from shopx_store.importing import jobs
from shopx_store.importing.feed_changes import tend_slots
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.pipeline import Options, run_import
from tests.support.feeding import Shop
from tests.support.importing import add_rates, connected, ledger, rows
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
TABLES = """
create table customers (id integer primary key, name text, country text);
create table products (sku text primary key, cost numeric(12, 2));
create table orders (id integer primary key, placed timestamptz not null, status text not null,
    customer_id integer);
create table lines (id serial primary key, order_id integer not null references orders (id)
        on delete cascade on update cascade deferrable, sku text not null, quantity integer,
    amount numeric(12, 2));
alter table lines replica identity full;
create table carts (id serial primary key, note text);
"""
MAPPING = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs:
  orders: {format: postgresql, table: orders}
  lines: {format: postgresql, table: lines}
  customers: {format: postgresql, table: customers}
  products: {format: postgresql, table: products, key: sku}
order:
  from: orders
  key: id
  at: placed
  customer: customer_id
  where: status != 'cancelled'
line:
  from: lines
  order: order_id
  key: id
  product: sku
  quantity: quantity
  gross: amount
  cost: coalesce(lookup(products, sku, 'cost'), 0) * quantity
customers: {from: customers, key: id, name: name, country: country}
"""
UNKEYED = MAPPING.replace("  key: id\n  product", "  product")
PUBLICATION = "create publication shopx for table orders, lines, customers, products"
GRANTS = "grant select on orders, lines, customers, products to feed"
BOOKED = """
select o.key, p.key, i.booked_at, c.name, c.country, sum(i.quantity), sum(i.gross), sum(i.discount),
    sum(i.cost)
from order_items i join orders o on o.id = i.order_id join products p on p.id = i.product_id
left join customers c on c.id = i.customer_id
group by 1, 2, 3, 4, 5
having (sum(i.quantity), sum(i.gross), sum(i.discount), sum(i.cost)) <> (0, 0, 0, 0)
order by 1, 2, 3, 4, 5
"""


@dataclass
class FollowedShop:
    """A shop's database, and the feed `shop` that follows it."""

    feeds: Shop
    dsn: str
    """Of the shop's owner."""
    server: PostgresServer
    ledgers: PostgresServer
    address: str

    def execute(self, text: str, *values: object) -> None:
        """Do something in the shop."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(text.encode(), values or None)

    def value(self, text: str, *values: object) -> Any:
        """One value of the shop's database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(text.encode(), values or None).fetchone()
            return row and row[0]

    def add(self, mapping: str = MAPPING, **given: Any) -> None:
        """Add the feed."""
        defaults = {"address": self.address, "credential": "shop", "schedule": "* * * * *"}
        self.feeds.add(mapping=mapping, **(defaults | given))

    def pull(self) -> dict[str, Any]:
        """Read it; the attempt must succeed."""
        row = self.feeds.pull()
        assert row["problem"] is None, row["problem"]
        return row

    def failing(self) -> tuple[str, str]:
        """Read it; the attempt must fail: returns what is said, and what to do."""
        problem = self.feeds.pull()["problem"]
        assert problem is not None
        return problem["message"], problem["hint"]

    def sell(self, number: int, *amounts: str) -> None:
        """Place an order."""
        self.execute("insert into orders values (%s, '2026-01-05 10:00Z', 'paid', 1)", number)
        for amount in amounts:
            self.execute(
                "insert into lines (order_id, sku, quantity, amount) values (%s, 'pen', 1, %s)",
                number,
                Decimal(amount),
            )

    def net(self) -> Decimal:
        """What the ledger has, of all sources."""
        found: Decimal = ledger(self.feeds.dsn)["net"]
        return found

    def tend(self) -> None:
        """Do what workers do now and again."""
        with connected(self.feeds.dsn) as connection:
            tend_slots(connection, self.feeds.settings.imports)

    def booked(self) -> list[tuple[Any, ...]]:
        """What the ledger has, by order, product, instant and customer."""
        return rows(self.feeds.dsn, BOOKED)

    def fresh(self, mapping: str = MAPPING) -> list[tuple[Any, ...]]:
        """What an import of the shop's tables into an empty ledger books."""
        empty = self.ledgers.migrated()
        try:
            add_rates(empty.dsn)
            parsed = parse_mapping(mapping)
            run_import(DatabaseSettings(dsn=empty.dsn), parsed, self.dsn, Options())
            return rows(empty.dsn, BOOKED)
        finally:
            self.ledgers.drop(empty)

    def slot(self) -> str | None:
        """The name of the feed's slot."""
        name: str | None = self.feeds.row()["slot"]
        return name

    def kill(self, job: int, module: str, name: str, when: str) -> None:
        """Do a job in a process of its own that is killed at a step."""
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, str(job), module, name, when],
            env=os.environ | self.feeds.settings.to_env(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == -9, (done.returncode, done.stdout, done.stderr)

    def take_up(self, job: int) -> None:
        """Do a job whose worker died, as the next worker does."""
        with connected(self.feeds.dsn) as connection:
            assert job in jobs.unsent(connection)
        self.feeds.do(job)


_KILLED = """
import contextlib, importlib, os, signal, sys
from shopx_core.jobs import RunImportJob
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_workers.tasks import run_import_job

job, module, name, when = int(sys.argv[1]), importlib.import_module(sys.argv[2]), *sys.argv[3:]
real = getattr(module, name)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def before(*_, **__):
    die()

def after(*given, **named):
    real(*given, **named)
    die()

def read(*given, **named):
    list(real(*given, **named))
    die()

@contextlib.contextmanager
def within(*given, **named):
    with real(*given, **named):
        die()
    yield

setattr(module, name, {"before": before, "after": after, "read": read, "within": within}[when])
settings = Settings.from_env()
with connect(settings.database, "killed") as connection:
    run_import_job.run(connection, RunImportJob(id=job), settings)
"""


@contextmanager
def followed_shop(
    feeds: Shop, server: PostgresServer, ledgers: PostgresServer
) -> Iterator[FollowedShop]:
    """A shop with tables, a publication, and a role that may do what is needed and no more."""
    database = server.create()
    name = sql.Identifier(database.name)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(TABLES)
        connection.execute("drop role if exists feed")
        connection.execute("create role feed login replication password 'secret'")
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        connection.execute(sql.SQL("grant connect on database {} to feed").format(name))
        connection.execute(GRANTS)
        connection.execute(PUBLICATION)
    address = f"postgresql://127.0.0.1:{server.port}/{database.name}"
    place = Path(feeds.settings.imports.credentials or "")
    (place / "shop").write_text(f"{address}\nfeed:secret\n")
    try:
        yield FollowedShop(feeds, database.dsn, server, ledgers, f"{address}?follow=changes")
    finally:
        _remove(database.dsn)
        server.drop(database)


def _remove(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'feed'"
        )
        for _ in range(100):
            active = connection.execute(
                "select from pg_replication_slots where active_pid is not null"
            )
            if not active.rowcount:
                break
            connection.execute("select pg_sleep(0.1)")
        connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
        connection.execute("drop owned by feed cascade")


class Customers:
    """Changes a shop at random, as people and programs do.

    Args:
        shop: The shop.
        seed: Of what happens.
    """

    def __init__(self, shop: FollowedShop, seed: int) -> None:
        self._shop = shop
        self._random = Random(seed)
        self._next = 1

    def change(self, times: int) -> None:
        """Make some changes, each in a transaction of its own; one in eight is given up."""
        with psycopg.connect(self._shop.dsn) as connection:
            for _ in range(times):
                step = self._random.choices(self._STEPS, weights=self._WEIGHTS)[0]
                step(self, connection)
                if self._random.random() < 0.125:
                    connection.rollback()
                else:
                    connection.commit()

    def _order(self, connection: psycopg.Connection) -> int:
        found = connection.execute("select array_agg(id order by id) from orders").fetchone()
        ids = (found and found[0]) or [0]
        chosen: int = self._random.choice(ids)
        return chosen

    def _place(self, connection: psycopg.Connection) -> None:
        number, self._next = self._next, self._next + 1
        day, hour = self._random.randrange(1, 28), self._random.randrange(24)
        connection.execute(
            "insert into orders values (%s, make_timestamptz(2026, 1, %s, %s, 0, 0, 'UTC'), 'paid',"
            " %s)",
            (number, day, hour, self._random.choice([None, 1, 2, 3])),
        )
        for _ in range(self._random.randrange(4)):
            self._add_line(connection, number)

    def _add_line(self, connection: psycopg.Connection, order: int | None = None) -> None:
        connection.execute(
            "insert into lines (order_id, sku, quantity, amount)"
            " select id, %s, %s, %s from orders where id = %s",
            (self._sku(), self._random.randrange(1, 4), self._amount(),
             self._order(connection) if order is None else order),
        )  # fmt: skip

    def _sku(self) -> str:
        return self._random.choice(["pen", "ink", "book\\shelf"])

    def _amount(self) -> Decimal:
        return Decimal(self._random.randrange(1, 20)) / 4

    def _change_line(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "update lines set amount = %s, quantity = quantity + 1"
            " where id = (select min(id) from lines where order_id = %s)",
            (self._amount(), self._order(connection)),
        )

    def _move_line(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "update lines set order_id = %s where id = (select max(id) from lines where"
            " order_id = %s) and exists (select from orders where id = %s)",
            (one := self._order(connection), self._order(connection), one),
        )

    def _delete_line(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "delete from lines where id = (select min(id) from lines where order_id = %s)",
            (self._order(connection),),
        )

    def _delete_order(self, connection: psycopg.Connection) -> None:
        connection.execute("delete from orders where id = %s", (self._order(connection),))

    def _cancel(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "update orders set status = case status when 'paid' then 'cancelled' else 'paid' end"
            " where id = %s",
            (self._order(connection),),
        )

    def _correct(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "update orders set placed = placed + interval '25 hours', customer_id = %s"
            " where id = %s",
            (self._random.choice([1, 2, 3]), self._order(connection)),
        )

    def _renumber(self, connection: psycopg.Connection) -> None:
        number, self._next = self._next, self._next + 1
        connection.execute(
            "update orders set id = %s where id = %s", (number, self._order(connection))
        )

    def _price(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "insert into products values (%s, %s) on conflict (sku) do update set cost ="
            " excluded.cost",
            (self._sku(), self._amount()),
        )

    def _forget_price(self, connection: psycopg.Connection) -> None:
        connection.execute("delete from products where sku = %s", (self._sku(),))

    def _name(self, connection: psycopg.Connection) -> None:
        number = self._random.choice([1, 2, 3])
        connection.execute(
            "insert into customers values (%s, %s, 'DE') on conflict (id) do update set name ="
            " excluded.name",
            (number, f"Customer {number}.{self._random.randrange(100)}"),
        )

    def _note(self, connection: psycopg.Connection) -> None:
        connection.execute("insert into carts (note) values ('not sold')")

    def _half(self, connection: psycopg.Connection) -> None:
        """Place an order, of which a part is given up."""
        with connection.transaction():
            self._place(connection)
        connection.execute("savepoint part")
        self._add_line(connection)
        connection.execute("rollback to part")

    def _empty(self, connection: psycopg.Connection) -> None:
        connection.execute("truncate orders, lines")

    _STEPS = (_place, _add_line, _change_line, _move_line, _delete_line, _delete_order, _cancel,
              _correct, _renumber, _price, _forget_price, _name, _note, _half, _empty)  # fmt: skip
    _WEIGHTS = (30, 8, 12, 8, 6, 4, 12, 6, 4, 4, 2, 4, 4, 6, 0.5)
