"""What an import does to a ledger that knows some of its lines: identity, changes, snapshots."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.extent import Extent
from shopx_store.importing.mapping import KnownOrders
from shopx_store.importing.publish import Changes
from shopx_store.importing.publish_checks import NO_LIMIT, MissingLimit
from shopx_store.ledger.refunds import RefundLine, cancel_order, refund_order
from shopx_store.rollups.fold import fold
from tests.support.importing import assert_exact, connected, folded_net, ledger, one, rows, run
from tests.support.postgres import Database
from tests.support.shop_exports import A1_P1, A1_P2, A2_P1, HEADER, J1, KEYED, KEYLESS, R1_P1

ALL = (A1_P1, A1_P2, A2_P1, R1_P1, J1)


class Shop:
    """One source's exports into one database."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self._file = folder / "export.csv"

    def take(self, *lines: str, mapping: str = KEYED, **options: Any) -> Changes:
        """Import an export with these lines."""
        self._file.write_text(HEADER + "".join(lines))
        report = run(self.dsn, mapping, self._file, **options)
        if not report.dry_run:
            assert_exact(self.dsn)
            assert folded_net(self.dsn) == ledger(self.dsn)["net"]
        return report.published.changes

    @property
    def net(self) -> Decimal:
        found: Decimal = ledger(self.dsn)["net"]
        return found


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return Shop(database.dsn, tmp_path)


def counts(changes: Changes) -> dict[str, int]:
    """What is not zero, reference rows aside."""
    names = ("new", "changed", "missing", "rebooked", "same", "reversed")
    return {name: getattr(changes, name) for name in names if getattr(changes, name)}


@pytest.mark.parametrize("mapping", [KEYLESS, KEYED], ids=["content", "key"])
@pytest.mark.parametrize("mode", ["append", "snapshot"])
def test_the_same_again_adds_nothing(shop: Shop, mapping: str, mode: str) -> None:
    """Whatever the mode, and however lines are known."""
    assert counts(shop.take(*ALL, mapping=mapping, mode=mode)) == {"new": 5}
    before = rows(shop.dsn, "select * from order_items order by id")
    again = shop.take(*ALL, mapping=mapping, mode=mode)
    assert (counts(again), again.references) == ({"same": 5}, 0)
    assert rows(shop.dsn, "select * from order_items order by id") == before
    assert shop.net == Decimal("8.50")


@pytest.mark.parametrize("mapping", [KEYLESS, KEYED], ids=["content", "key"])
def test_append_only_adds(shop: Shop, mapping: str) -> None:
    """What a later file does not have stays; without keys, that the order grows must be said."""
    shop.take(*ALL, mapping=mapping)
    third = "A1,2024-01-31 10:00,,ann,North,p3,Hat,1,20\n"
    known = KnownOrders.EXTEND if mapping == KEYLESS else None
    assert counts(shop.take(third, mapping=mapping, known_orders=known)) == {"new": 1}
    assert shop.net == Decimal("28.50")
    assert rows(shop.dsn, "select count(distinct order_id), max(line_no) from order_items"
                " where gross > 0 and booked_at < '2024-02-01'") == [(1, 3)]  # fmt: skip


@pytest.mark.parametrize("mapping", [KEYLESS, KEYED], ids=["content", "key"])
def test_snapshot_takes_back_what_is_missing(shop: Shop, mapping: str) -> None:
    """A line, a whole order, a return and an adjustment: corrected at their own times."""
    shop.take(*ALL, mapping=mapping, mode="snapshot")
    changes = shop.take(A1_P1, mapping=mapping, mode="snapshot", max_missing=NO_LIMIT)
    assert counts(changes) == {"missing": 4, "same": 1}
    assert shop.net == Decimal(10)
    corrections = rows(
        shop.dsn,
        "select c.is_return, c.quantity, c.gross, i.gross, c.booked_at = i.booked_at"
        " from order_items c join order_items i on i.id = c.reverses order by c.gross",
    )
    assert corrections == [
        (False, -1, Decimal("-5.50"), Decimal("5.50"), True),
        (False, -1, Decimal(-5), Decimal(5), True),
        (True, 1, Decimal(5), Decimal(-5), True),
    ]
    assert rows(shop.dsn, "select gross from order_items where kind = 'correction'"
                " and reverses is null order by id") == [(-7,), (7,)]  # fmt: skip
    assert counts(shop.take(A1_P1, mapping=mapping, mode="snapshot")) == {"same": 1}
    back = shop.take(*ALL, mapping=mapping, mode="snapshot")
    assert counts(back) == {"rebooked": 4, "same": 1}
    assert shop.net == Decimal("8.50")
    assert counts(shop.take(*ALL, mapping=mapping, mode="snapshot")) == {"same": 5}


def test_a_changed_line_is_corrected_and_booked_anew(shop: Shop) -> None:
    """Same key, other content: the old line is taken back; there and back again works, too."""
    shop.take(*ALL)
    dearer = A1_P1.replace(",2,10", ",2,11")
    assert counts(shop.take(dearer)) == {"changed": 1}
    assert shop.net == Decimal("9.50")
    assert counts(shop.take(dearer)) == {"same": 1}
    assert counts(shop.take(A1_P1)) == {"changed": 1}
    assert shop.net == Decimal("8.50")
    kinds = "select kind::text, gross from order_items where abs(gross) >= 10 order by id"
    assert rows(shop.dsn, kinds) == [
        ("sale", 10), ("correction", -10), ("sale", 11), ("correction", -11), ("sale", 10),
    ]  # fmt: skip


def test_a_changed_adjustment(shop: Shop) -> None:
    """An adjustment reverses no line, and can change all the same."""
    shop.take(*ALL)
    assert counts(shop.take(J1.replace("-7", "-8"))) == {"changed": 1}
    assert counts(shop.take(J1)) == {"changed": 1}
    assert shop.net == Decimal("8.50")
    changes = shop.take(*ALL[:4], mode="snapshot", max_missing=NO_LIMIT)
    assert counts(changes) == {"missing": 1, "same": 4}
    assert shop.net == Decimal("15.50")


@pytest.mark.parametrize("mode", ["append", "snapshot"])
def test_a_changed_header_moves_the_order(shop: Shop, mode: str) -> None:
    """Another day and customer: a new order takes the lines, also those an addition leaves out."""
    shop.take(*ALL)
    moved = A1_P1.replace("2024-01-31 10:00", "2024-03-05 12:00").replace("ann", "cleo")
    lines = [moved] if mode == "append" else [moved, *ALL[1:]]
    other = lines[1:] and [A1_P2.replace("2024-01-31 10:00", "2024-03-05 12:00")]
    lines = [moved, *other, *lines[2:]]
    changes = shop.take(*lines, mode=mode)
    assert changes.changed >= 1
    assert shop.net == Decimal("8.50")
    assert rows(
        shop.dsn,
        "select o.ordered_at::text, c.key, sum(i.gross) from order_keys k"
        " join orders o on o.id = k.order_id join customers c on c.id = o.customer_id"
        " join order_items i on i.order_id = o.id where k.key = 'A1' group by 1, 2",
    ) == [("2024-03-05 11:00:00+00", "cleo", Decimal("15.50"))]
    assert one(shop.dsn, "select count(*) from rollup_order where sale_lines > 0") == 2
    assert counts(shop.take(*lines, mode=mode)) == {"same": len(lines)}


def test_equal_lines_are_counted(shop: Shop) -> None:
    """Without keys, three equal lines are three; a snapshot with two takes one back."""
    assert counts(shop.take(A1_P1, A1_P1, A1_P1, mapping=KEYLESS)) == {"new": 3}
    assert shop.net == 30
    assert counts(shop.take(A1_P1, A1_P1, mapping=KEYLESS)) == {"same": 2}
    assert counts(shop.take(*[A1_P1] * 4, mapping=KEYLESS)) == {"new": 1, "same": 3}
    changes = shop.take(A1_P1, A1_P1, mapping=KEYLESS, mode="snapshot", max_missing=NO_LIMIT)
    assert counts(changes) == {"missing": 2, "same": 2}
    assert shop.net == 20


def test_an_empty_snapshot_is_refused(shop: Shop) -> None:
    """An export that failed must not take everything back, unless that is meant."""
    shop.take(*ALL)
    with pytest.raises(InvalidInput, match="has no line at all, and 5 are booked"):
        shop.take(mode="snapshot")
    with pytest.raises(InvalidInput, match=r"4 of 5 booked lines are missing.*--max-missing 3"):
        shop.take(A1_P1, mode="snapshot", max_missing=MissingLimit(lines=3))
    assert shop.net == Decimal("8.50")
    changes = shop.take(mode="snapshot", max_missing=MissingLimit(lines=5, given=True))
    assert counts(changes) == {"missing": 5}
    assert shop.net == 0


def test_other_fields_would_be_other_lines(shop: Shop) -> None:
    """Without keys, a mapping with one field more is refused; a snapshot changes over."""
    shop.take(*ALL, mapping=KEYLESS)
    richer = KEYLESS.replace("  gross: gross\n", "  gross: gross\n  cost: gross / 2\n")
    with pytest.raises(InvalidInput, match="mapped other fields"):
        shop.take(*ALL, mapping=richer)
    changes = shop.take(*ALL, mapping=richer, mode="snapshot")
    assert counts(changes) == {"new": 5, "missing": 5}
    assert shop.net == Decimal("8.50")
    assert counts(shop.take(*ALL, mapping=richer)) == {"same": 5}


def test_a_dry_run_changes_nothing(shop: Shop) -> None:
    """It reports what would happen, new reference rows included, and leaves no trace."""
    changes = shop.take(*ALL, dry_run=True)
    assert counts(changes) == {"new": 5}
    assert changes.references > 0
    for table in ("order_items", "orders", "order_keys", "products", "customers", "sources",
                  "regions", "import_runs"):  # fmt: skip
        assert one(shop.dsn, f"select count(*) from {table}") == 0, table
    shop.take(*ALL)
    dearer = A1_P1.replace(",2,10", ",2,11")
    changes = shop.take(dearer, A2_P1, dry_run=True, mode="snapshot", max_missing=NO_LIMIT)
    assert counts(changes) == {"changed": 1, "missing": 3, "same": 1}
    assert shop.net == Decimal("8.50")


def test_a_known_file_renames_nothing(shop: Shop) -> None:
    """Names follow the lines that are booked: an old file again does not bring old names back."""
    shop.take(A1_P1)
    later = A2_P1.replace("Pen", "Biro")
    shop.take(later)
    name = "select name from products where key = 'p1'"
    assert one(shop.dsn, name) == "Biro"
    assert shop.take(A1_P1).references == 0
    assert one(shop.dsn, name) == "Biro"


def _fold(shop: Shop) -> None:
    """What the API books is folded by the fold's process."""
    with connected(shop.dsn) as connection:
        fold(connection)


async def _session(shop: Shop) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(shop.dsn)


async def test_what_was_cancelled_stays_cancelled(shop: Shop) -> None:
    """A source that still has an order does not undo its cancellation, nor does a new header."""
    shop.take(*ALL)
    connection = await _session(shop)
    await cancel_order(connection, "shop", "A1")
    await connection.close()
    _fold(shop)
    moved = [line.replace("ann,North", "cleo,North") for line in (A1_P1, A1_P2)]
    for lines in ((A1_P1, A1_P2), moved, moved):
        for mode in ("append", "snapshot"):
            changes = shop.take(*lines, *ALL[2:], mode=mode)
            assert counts(changes) == {"same": 3, "reversed": 2}
    assert shop.net == Decimal(-7)


async def test_what_was_refunded_is_no_missing_line(shop: Shop) -> None:
    """A refund booked here is not the source's to take back, even as its order moves."""
    shop.take(*ALL)
    connection = await _session(shop)
    now = dt.datetime.now(dt.UTC)
    await refund_order(
        connection,
        "shop",
        "A2",
        refund_key="r",
        lines=[RefundLine(line=1, quantity=Decimal(1))],
        at=now,
        now=now,
    )
    await connection.close()
    _fold(shop)
    assert counts(shop.take(*ALL, mode="snapshot")) == {"same": 5}
    assert shop.net == Decimal("3.50")
    shop.take(A1_P1, A1_P2, A2_P1.replace("bob", "cleo"), R1_P1, J1, mode="snapshot")
    assert shop.net == Decimal("3.50")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("2024-01-31", "2024-01-13"), id="date"),
        pytest.param(("ann", "cleo"), id="customer"),
        pytest.param(("Pen,2,10", "Pen,2,11"), id="amount"),
    ],
)
def test_a_line_read_otherwise_is_not_booked_twice(shop: Shop, change: tuple[str, str]) -> None:
    """Without keys it is another line: refused, or replaced, or booked beside on purpose."""
    shop.take(*ALL, mapping=KEYLESS)
    other = A1_P1.replace(*change)
    with pytest.raises(
        InvalidInput, match=r"1 lines would be booked beside what 1 known orders have"
    ) as caught:
        shop.take(other, A1_P2, mapping=KEYLESS)
    assert "export.csv, row 2, order 'A1': the file has 2 of 'Pen' for" in caught.value.message
    assert shop.net == Decimal("8.50")
    dearer = other.count("11") and 1
    changes = shop.take(other, A1_P2, mapping=KEYLESS, mode="replace", max_missing=NO_LIMIT)
    assert changes.new + changes.changed >= 1
    assert shop.net == Decimal("8.50") + dearer
    assert shop.take(other, A1_P2, mapping=KEYLESS).nothing
    third = A1_P1.replace("Pen,2,10", "Pen,2,12")
    assert counts(shop.take(third, mapping=KEYLESS, known_orders=KnownOrders.EXTEND)) == {"new": 1}


def test_replacing_leaves_other_orders(shop: Shop) -> None:
    """The files' orders are complete, and nothing else is taken back."""
    shop.take(*ALL, mapping=KEYLESS)
    with pytest.raises(InvalidInput, match="1 of 2 booked lines are missing"):
        shop.take(A1_P1, mapping=KEYLESS, mode="replace")
    changes = shop.take(A1_P1, mapping=KEYLESS, mode="replace", max_missing=NO_LIMIT)
    assert counts(changes) == {"missing": 1, "same": 1}
    assert shop.net == Decimal(3)
    corrected = A2_P1.replace("2024-02-10", "2024-10-02")
    assert counts(shop.take(corrected, mapping=KEYLESS, mode="replace")) == {"new": 1, "missing": 1}
    assert shop.net == Decimal(3)
    at = "select ordered_at::date::text from order_keys where key = 'A2'"
    assert one(shop.dsn, at) == "2024-10-02"


def test_a_key_read_otherwise_is_refused(shop: Shop) -> None:
    """Keys identify: with others, every line would be new."""
    shop.take(*ALL)
    other = KEYED.replace("  key: order\n", "  key: concat('N-', order)\n")
    with pytest.raises(InvalidInput, match=r"order.key was `order` and is `concat\('N-', order\)`"):
        shop.take(*ALL, mapping=other)
    with pytest.raises(InvalidInput, match=r"line.key was `product` and is not given"):
        shop.take(*ALL, mapping=KEYLESS)
    renamed = KEYED.replace("  key: order\n", "  key: text(order)\n")
    assert shop.take(*ALL, mapping=renamed).nothing
    assert counts(shop.take(*ALL, mapping=other, known_orders=KnownOrders.EXTEND)) == {"new": 5}


def test_lines_without_any_key_read_otherwise(shop: Shop) -> None:
    """Each is an order of its own, known by its content: another zone or amount makes it new."""
    plain = KEYLESS.replace("  key: order\n", "")
    shop.take(*ALL, mapping=plain)
    for old, new, says in (
        ("gross: gross", "gross: gross * 1", "line.gross was `gross` and is `gross \\* 1`"),
        ("at: at", "at: time(at, '%Y-%d-%m %H:%M')", "order.at was `at`"),
        ("Europe/Berlin", "UTC", "source.zone was `Europe/Berlin` and is `UTC`"),
    ):
        changed = plain.replace(f"{old}", new)
        lines = ("A1,2024-01-02 10:00,,ann,North,p1,Pen,2,10\n",)
        with pytest.raises(InvalidInput, match=says):
            shop.take(*lines, mapping=changed)
    assert counts(shop.take(*ALL, mapping=plain)) == {"same": 5}


def test_a_snapshot_of_some_days(shop: Shop) -> None:
    """February's export takes back nothing of January, if it says that it is February's."""
    shop.take(*ALL)
    february = (A2_P1, R1_P1, J1)
    with pytest.raises(InvalidInput, match=r"2 of 5 booked lines.*2 of them are of orders outside"):
        shop.take(*february, mode="snapshot")
    with pytest.raises(InvalidInput, match="--max-missing 5%"):
        shop.take(*february, mode="snapshot")
    changes = shop.take(*february, mode="snapshot", extent=Extent.parse("files"))
    assert counts(changes) == {"same": 3}
    month = Extent.parse("2024-02-01..2024-02-29")
    changes = shop.take(A2_P1, R1_P1, mode="snapshot", extent=month, max_missing=NO_LIMIT)
    assert counts(changes) == {"missing": 1, "same": 2}
    assert shop.net == Decimal("15.50")


@pytest.mark.parametrize("mapping", [KEYLESS, KEYED], ids=["content", "key"])
def test_a_known_order_keeps_its_currency(shop: Shop, mapping: str) -> None:
    """Lines in yen are not booked as euros, nor lines in euros as yen."""
    shop.take(A1_P1, A1_P2, mapping=mapping)
    yen = mapping.replace("currency: EUR", "currency: JPY")
    third = "A1,2024-01-31 10:00,,ann,North,p3,Hat,1,2000\n"
    with pytest.raises(InvalidInput, match="'A1' is booked in EUR, and the file has it in JPY"):
        shop.take(third, mapping=yen, known_orders=KnownOrders.EXTEND)
    assert shop.net == Decimal("15.50")


async def test_a_cancelled_order_is_not_extended(shop: Shop) -> None:
    """A changed row of an order that was cancelled here would bring a part of it back."""
    shop.take(*ALL, mapping=KEYLESS)
    connection = await _session(shop)
    await cancel_order(connection, "shop", "A1")
    await connection.close()
    _fold(shop)
    with pytest.raises(InvalidInput, match="beside what 1 known orders have"):
        shop.take(A1_P1.replace("ann", "cleo"), A1_P2, *ALL[2:], mapping=KEYLESS)
    assert shop.net == Decimal(-7)
