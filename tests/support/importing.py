"""Importing in tests: small sources, the real data sets, and the ledger's sums afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shopx_core.settings import DatabaseSettings
from shopx_store.importing.mapping import Mapping, Mode
from shopx_store.importing.mapping_file import load_mapping, parse_mapping
from shopx_store.importing.pipeline import Options, Report, run_import
from shopx_store.verification import verify

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "mappings"
DATASETS = ROOT.parent / "shared" / "datasets"


def dataset(name: str) -> Path:
    """The folder of a real data set; the test is skipped where it is absent."""
    folder = DATASETS / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not in {DATASETS}")
    return folder


def example(name: str) -> Mapping:
    """A committed example mapping."""
    return load_mapping(EXAMPLES / f"{name}.yaml")


CURRENCIES = ("EUR", "GBP", "JPY")
_RATES = """
insert into rates select code, '1970-01-01', 1 from unnest(%s::text[]) c (code)
where code <> (select currency from reporting) on conflict do nothing
"""


def add_rates(dsn: str, currencies: tuple[str, ...] = CURRENCIES) -> None:
    """Make currencies convertible, which an import asks of all that it books."""
    with psycopg.connect(dsn) as connection:
        connection.execute(_RATES, (list(currencies),))


def run(
    dsn: str, mapping: Mapping | str, source: Path | str, mode: str | None = None, **options: Any
) -> Report:
    """Import, with a mapping or its text; `CURRENCIES` have rates."""
    add_rates(dsn)
    options["mode"] = mode and Mode(mode)
    parsed = parse_mapping(mapping) if isinstance(mapping, str) else mapping
    return run_import(DatabaseSettings(dsn=dsn), parsed, str(source), Options(**options))


def ledger(dsn: str, where: str = "true") -> dict[str, Any]:
    """The ledger's sums, straight from its lines."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select count(*) as lines, coalesce(sum(quantity), 0) as units,"
            " coalesce(sum(gross), 0) as gross, coalesce(sum(gross - discount), 0) as net"
            f" from order_items where {where}"
        )
        names = [column.name for column in row.description or ()]
        return dict(zip(names, row.fetchone() or (), strict=True))


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """A query's rows."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql.SQL(query)).fetchall()


def one(dsn: str, query: str) -> Any:
    """A query's only value."""
    ((value,),) = rows(dsn, query)
    return value


def assert_exact(dsn: str) -> None:
    """Every tier equals the ledger, nothing is pending, and every invariant holds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        report = verify(connection)
    assert [check for check in report.checks if not check.good] == []
    assert sum(total.pending for total in report.totals) == 0


def folded_net(dsn: str) -> Decimal:
    """Revenue in all currencies, as the daily rollup has it."""
    found: Decimal = one(
        dsn, "select coalesce(sum(gross - discounts - returns), 0) from rollup_sales_day"
    )
    return found


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """An autocommit session."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
