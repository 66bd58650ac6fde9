"""Whether a build equals PostgreSQL's ledger in the same snapshot, and its tables one another."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import duckdb

from shopx_core.errors import ShopxError
from shopx_store.columns import helper_tables, line_measures
from shopx_store.columns.amounts import UNIT

_IDS: Final = ("order_id", "product_id", "customer_id", "rep_id", "region_id", "channel_id")

# The measures once more, written apart from those of the copy and in decimals.
EXPECTED: Final = """
select count(*),
    coalesce(sum(gross) filter (where not is_return), 0),
    coalesce(sum(discount) filter (where not is_return), 0),
    coalesce(sum(discount - gross) filter (where is_return), 0),
    coalesce(sum(cost), 0),
    coalesce(sum(quantity) filter (where not is_return), 0),
    coalesce(-sum(quantity) filter (where is_return), 0),
    count(*) filter (where kind = 'sale') - count(*) filter (
        where kind in ('correction', 'void') and reverses is not null and not is_return),
    coalesce(sum(order_id), 0), coalesce(sum(product_id), 0), coalesce(sum(customer_id), 0),
    coalesce(sum(rep_id), 0), coalesce(sum(region_id), 0), coalesce(sum(channel_id), 0)
from order_items
"""
"""PostgreSQL's statement, over all of the ledger."""
_MEASURES: Final = ", ".join(f"coalesce(sum({name}), 0)" for name in line_measures.NAMES)
_WRITTEN: Final = f"""
select count(*), {_MEASURES}, {", ".join(f"coalesce(sum({name}), 0)" for name in _IDS)}
from base.lines
"""
_CHECKED: Final = ("lines", *line_measures.AMOUNTS, "sale lines", *_IDS)


class BuildMismatch(ShopxError):  # noqa: N818 -- reads as the code it carries
    """What was written does not equal what PostgreSQL has; nothing was published."""

    code = "COLUMNS_BUILD_MISMATCH"


def check(writer: duckdb.DuckDBPyConnection, expected: Sequence[Decimal], misfits: int) -> int:
    """Compare the new base with PostgreSQL, and its helper tables with its lines.

    Args:
        writer: Has it attached as `base`.
        expected: What `EXPECTED` returned.
        misfits: Lines and sums that do not fit: then amounts are left to PostgreSQL.

    Returns:
        The number of lines.

    Raises:
        BuildMismatch: See there.
    """
    written = _row(writer, _WRITTEN)
    for name, ours, theirs in zip(_CHECKED, written, expected, strict=True):
        expected_sum = theirs * UNIT if name in line_measures.AMOUNTS else theirs
        if ours != expected_sum and not (misfits and name in line_measures.AMOUNTS):
            raise _mismatch(f"{ours} as the sum of {name}, and PostgreSQL {theirs}")
    lines = written[1 : len(line_measures.AMOUNTS) + 2]
    for table in () if misfits else helper_tables.ADDED_UP:
        sums = _row(writer, f"select {_MEASURES} from base.{table}")
        if sums != lines:
            raise _mismatch(f"{sums} as the sums of {table}, and {lines} as those of its lines")
    return int(written[0])


def misfits(writer: duckdb.DuckDBPyConnection, lines: str) -> int:
    """How many lines have an amount that does not fit."""
    missing = " or ".join(f"{name} is null" for name in line_measures.AMOUNTS)
    return int(_row(writer, f"select count(*) from {lines} where {missing}")[0])


def _row(writer: duckdb.DuckDBPyConnection, statement: str) -> tuple[Any, ...]:
    return writer.execute(statement).fetchone() or ()


def _mismatch(what: str) -> BuildMismatch:
    return BuildMismatch(
        f"The columnar replica has {what}.",
        hint="Nothing was published. Report this: it is a defect.",
    )
