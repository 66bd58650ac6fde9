"""What messages of a replication slot say, and which orders they lead to."""

import struct
from typing import Any

import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.changes.pgoutput import (
    UNCHANGED,
    Begin,
    Change,
    Commit,
    Message,
    Relation,
    Row,
    Truncate,
    UnknownMessageError,
    parse,
)
from shopx_store.importing.changes.shop_database import are_visible
from shopx_store.importing.changes.tracing import (
    Concerned,
    Effect,
    Role,
    Tracer,
    Via,
    expect_followable,
    roles,
)
from shopx_store.importing.mapping_file import parse_mapping

MAPPING = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs:
  orders: {format: postgresql, table: orders}
  lines: {format: postgresql, table: lines, columns: {purchase: [order_nr, order_id]}}
  customers: {format: postgresql, table: customers, key: id}
  groups: {format: postgresql, table: groups, key: id}
  rates: {format: postgresql, table: rates, key: code}
order: {from: orders, key: id, at: placed, customer: customer_id,
        region: "lookup(customers, customer_id, 'country')",
        channel: "lookup(groups, lookup(customers, customer_id, 'group_id'), 'name')"}
line: {from: lines, order: purchase, product: sku, quantity: 1, gross: amount}
customers: {from: customers, key: id, name: "concat(name, lookup(rates, code, 'word'))"}
"""
TABLES = {
    "orders": {"id": "int4", "placed": "timestamptz", "customer_id": "int8"},
    "lines": {"id": "int4", "order_id": "int8", "sku": "text", "amount": "numeric"},
    "customers": {"id": "int4", "name": "text", "country": "text", "group_id": "int4",
                  "code": "text"},
    "groups": {"id": "int4", "name": "text"},
    "rates": {"code": "text", "word": "text"},
}  # fmt: skip
ANY = "a changed row of {} may concern any order"


def text(value: str) -> bytes:
    """A name in a message."""
    return value.encode() + b"\0"


def row(*values: str | None) -> bytes:
    """A row in a message; "~" is a value that was not sent."""
    made = struct.pack(">H", len(values))
    for value in values:
        if value is None:
            made += b"n"
        elif value == "~":
            made += b"u"
        else:
            made += b"t" + struct.pack(">I", len(value.encode())) + value.encode()
    return made


def relation(schema: str, table: str, *columns: tuple[str, int]) -> bytes:
    """What a table is called."""
    made = b"R" + struct.pack(">I", 7) + text(schema) + text(table)
    made += b"d" + struct.pack(">H", len(columns))
    for name, flags in columns:
        made += bytes([flags]) + text(name) + struct.pack(">Ii", 25, -1)
    return made


def inserted(new: Row) -> Change:
    return Change(7, was_there=False, old=None, new=new)


def updated(new: Row, old: Row | None = None) -> Change:
    return Change(7, was_there=True, old=old, new=new)


def deleted(old: Row) -> Change:
    return Change(7, was_there=True, old=old, new=None)


NUMBER = struct.pack(">I", 7)
MESSAGES: list[tuple[bytes, Message | None]] = [
    (b"B" + struct.pack(">QQI", 1, 2, 33), Begin(33)),
    (b"C" + struct.pack(">BQQQ", 0, 5, 6, 7), Commit(6)),
    (relation("public", "Größe", ("id", 1), ("x", 0)),
     Relation(7, "public", "Größe", ("id", "x"), frozenset({"id"}))),
    (relation("", "pg_class"), Relation(7, "pg_catalog", "pg_class", (), frozenset())),
    (b"I" + NUMBER + b"N" + row("1", None, "é"), inserted(("1", None, "é"))),
    (b"U" + NUMBER + b"N" + row("1", "~"), updated(("1", UNCHANGED))),
    (b"U" + NUMBER + b"K" + row("1", None) + b"N" + row("2", "x"),
     updated(("2", "x"), ("1", None))),
    (b"D" + NUMBER + b"O" + row("1", "x"), deleted(("1", "x"))),
    (b"T" + struct.pack(">IBII", 2, 1, 7, 8), Truncate((7, 8))),
    (b"O" + b"whatever", None),
    (b"Y" + b"whatever", None),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), MESSAGES)
def test_messages(data: bytes, message: Message | None) -> None:
    assert parse(data) == message


@pytest.mark.parametrize("data", [data for data, message in MESSAGES if message is not None])
def test_what_is_cut_off_is_refused(data: bytes) -> None:
    """At any byte: a message is understood as a whole, or not at all."""
    kept = 18 if data[:1] == b"C" else len(data)
    for end in range(kept):
        with pytest.raises(UnknownMessageError):
            parse(data[:end])
    with pytest.raises(UnknownMessageError):
        parse(b"S" + data[1:])


def found(*messages: Message) -> Concerned:
    """What messages concern."""
    mapping = parse_mapping(MAPPING)
    tracer = Tracer(mapping, roles(mapping, TABLES))
    for message in messages:
        tracer.take(message)
    return tracer.found


def test_the_roles_of_tables() -> None:
    made = roles(parse_mapping(MAPPING), TABLES)
    assert set(made) == {
        Role("orders", Effect.ORDER, "id"),
        Role("lines", Effect.ORDER, "order_id"),
        Role("customers", Effect.SOUGHT, "id", (Via("orders", "customer_id"),)),
        Role("groups", Effect.SOUGHT, "id", everything=ANY.format("groups")),
        Role("rates", Effect.SOUGHT, "code", rereads=frozenset({"customers"})),
        Role("customers", Effect.ROW, "id"),
    }


LINES = Relation(7, "public", "lines", ("id", "order_id"), frozenset({"id", "order_id"}))
LOOSE = Relation(7, "public", "lines", ("id", "order_id"), frozenset({"id"}))
OTHER = Relation(7, "other", "lines", ("id", "order_id"), frozenset())
CUSTOMERS = Relation(7, "public", "customers", ("id", "name"), frozenset({"id"}))
RATES = Relation(7, "public", "rates", ("code", "word"), frozenset({"code"}))
GROUPS = Relation(7, "public", "groups", ("id", "name"), frozenset({"id"}))


@pytest.mark.parametrize(
    ("messages", "about"),
    [
        ([LINES, inserted(("1", "5"))], {"orders": {"5"}}),
        ([LINES, updated(("1", "5"))], {"orders": {"5"}}),
        ([LINES, updated(("1", "5"), ("1", "4"))], {"orders": {"4", "5"}}),
        ([LINES, deleted(("1", "4"))], {"orders": {"4"}}),
        ([OTHER, deleted(("1", "4"))], {}),
        ([OTHER, Truncate((7,))], {}),
        ([CUSTOMERS, updated(("3", "x"))],
         {"rows": {"customers": {"3"}}, "sought": {"customers": {"3"}}}),
        ([CUSTOMERS, deleted(("3", None))],
         {"rows": {"customers": set()}, "sought": {"customers": {"3"}}}),
        ([RATES, updated(("EUR", "x"))],
         {"every": {"customers"}, "sought": {"rates": {"EUR"}}}),
        ([GROUPS, updated(("3", "x"))], {"everything": ANY.format("groups")}),
        ([LINES, Truncate((7,))], {"everything": "the table lines was emptied"}),
        ([LOOSE, inserted(("1", "5"))], {"orders": {"5"}}),
        ([LOOSE, updated(("1", "5"))],
         {"everything": "the replica identity of the table lines lacked order_id"}),
        ([LOOSE, deleted(("1", None))],
         {"everything": "the replica identity of the table lines lacked order_id"}),
        ([LINES, inserted(("1", None))],
         {"everything": "a row of the table lines has no order_id"}),
        ([LINES, updated(("1", UNCHANGED))],
         {"everything": "a key of the table lines is too large to be sent"}),
        ([Relation(7, "public", "lines", ("id",), frozenset({"id"})),
          inserted(("1",))],
         {"everything": "the table lines had no column order_id then"}),
    ],
)  # fmt: skip
def test_what_a_change_concerns(messages: list[Message], about: dict[str, Any]) -> None:
    """Both orders of a line that moves; all of them where a change does not say which."""
    made = found(*messages)
    for name in ("orders", "rows", "sought", "every", "everything"):
        if name in about or name == "everything":
            assert getattr(made, name) == about.get(name), name
    assert made.nothing is (not about)


def test_transactions_and_their_end() -> None:
    made = found(Begin(5), LINES, inserted(("1", "5")), Commit(90), Begin(3),
                 Commit(80))  # fmt: skip
    assert (made.transactions, made.end, made.seen, made.changes) == ({5, 3}, 90, 6, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("key: id, at", "key: \"concat('A', id)\", at"), "order.key is computed"),
        (("order: purchase", "order: \"concat('A', purchase)\""), "line.order is computed"),
        (("table: orders}", "table: orders, cursor: id}"), "cursor"),
        (("lookup(customers, customer_id, 'country')", "lookup(lines, customer_id, 'sku')"),
         "looks rows of other orders up"),
    ],
)  # fmt: skip
def test_mappings_that_cannot_be_followed(change: tuple[str, str], told: str) -> None:
    given = MAPPING.replace(*change)
    if "lookup(lines" in given:
        given = given.replace("table: lines,", "table: lines, key: id,")
    with pytest.raises(InvalidInput, match=told):
        expect_followable(parse_mapping(given))


def test_an_order_may_look_its_own_rows_up() -> None:
    given = MAPPING.replace("table: orders}", "table: orders, key: id}").replace(
        "gross: amount", "gross: amount, cost: \"lookup(orders, purchase, 'fee')\""
    )
    mapping = parse_mapping(given)
    expect_followable(mapping)
    assert Role("orders", Effect.SOUGHT, "id", (Via("lines", "order_id"),)) in roles(
        mapping, TABLES
    )


def test_files_cannot_be_followed() -> None:
    text_ = MAPPING.replace(
        "rates: {format: postgresql, table: rates", "rates: {format: delimited, files: r.csv"
    )
    with pytest.raises(InvalidInput, match=r"inputs\.rates is delimited"):
        expect_followable(parse_mapping(text_))


@pytest.mark.parametrize(
    ("transactions", "snapshot", "are"),
    [
        ({5, 9}, "10:10:", True),
        ({5, 9}, "9:10:9", False),
        ({9}, "5:10:5,7", True),
        ({10}, "10:10:", False),
        ({11}, "10:10:", False),
        # Numbers begin anew after 2^32, and those of snapshots do not.
        ({4294967295, 2}, f"1:{(1 << 32) + 5}:", True),
        ({4294967295, 2}, f"1:{(1 << 32) + 5}:{(1 << 32) + 2}", False),
        ({4294967295}, f"1:{(1 << 32) + 5}:{(1 << 32) - 1}", False),
        ({7}, f"1:{(1 << 32) + 5}:", False),
        (set(), "10:10:", True),
    ],
)
def test_what_a_snapshot_shows(transactions: set[int], snapshot: str, *, are: bool) -> None:
    assert are_visible(transactions, snapshot) is are
