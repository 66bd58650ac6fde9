"""Upserting reference data by key; nothing is deleted.

A problem rejects its row alone; the valid rows are written in one transaction. Rows of one batch
may refer to one another (a category to its parent), in any order.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from shopx_store.ledger.off_loop import off_loop
from shopx_store.ledger.orders import MAX_AMOUNT, MAX_KEY, storable
from shopx_store.ledger.outcomes import (
    ItemOutcome,
    ItemStatus,
    Rejection,
    conflict,
    invalid,
    rejected,
    unknown,
)
from shopx_store.ledger.record import named, source_id

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

MAX_TEXT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """A category; `parent` is another category's key, None for a root."""

    key: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product; `sku` None = the key; cost and price are of one unit, today."""

    key: str
    name: str
    sku: str | None = None
    category: str | None = None
    unit_cost: Decimal | None = None
    list_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer."""

    key: str
    name: str | None = None
    email: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepRow:
    """A sales rep; `region` by name, `manager` by key."""

    key: str
    name: str
    team: str | None = None
    region: str | None = None
    hired_on: dt.date | None = None
    manager: str | None = None


_UPSERT = """
insert into {table} (source_id, key, {names})
select $1, key, {names} from unnest($2::text[], {arrays}) as r (key, {names}) order by key
on conflict (source_id, key) do update set {assignments}
returning key, id
"""
_LINK = """
update {table} t set {column} = p.id
from unnest($2::text[], $3::text[]) as r (key, parent)
    left join {table} p on p.source_id = $1 and p.key = r.parent
where t.source_id = $1 and t.key = r.key and t.{column} is distinct from p.id
"""


async def upsert_categories(
    connection: "Connection", source: str, rows: Sequence[CategoryRow]
) -> list[ItemOutcome]:
    """Upsert categories; a cycle among them is refused."""
    return await _upsert_tree(
        connection, source, rows, "categories", "parent_id", "parent", {"name": "text"}
    )


async def upsert_reps(
    connection: "Connection", source: str, rows: Sequence[RepRow]
) -> list[ItemOutcome]:
    """Upsert sales reps; a cycle among managers is refused."""
    columns = {"name": "text", "team": "text", "region_id": "bigint", "hired_on": "date"}
    return await _upsert_tree(
        connection, source, rows, "sales_reps", "manager_id", "manager", columns
    )


async def upsert_customers(
    connection: "Connection", source: str, rows: Sequence[CustomerRow]
) -> list[ItemOutcome]:
    """Upsert customers."""
    outcomes, valid = await off_loop(len(rows), lambda: _checked(rows))
    columns = {"name": "text", "email": "text", "country": "text"}
    async with connection.transaction():
        source_key = await source_id(connection, source)
        outcomes |= await _write(connection, "customers", source_key, valid, columns, {})
    return [outcomes[n] for n in range(len(rows))]


async def upsert_products(
    connection: "Connection", source: str, rows: Sequence[ProductRow]
) -> list[ItemOutcome]:
    """Upsert products into categories that exist."""
    outcomes, valid = await off_loop(len(rows), lambda: _checked(rows))
    columns = {
        "sku": "text",
        "name": "text",
        "category_id": "bigint",
        "unit_cost": "numeric",
        "list_price": "numeric",
    }
    async with connection.transaction():
        source_key = await source_id(connection, source)
        keys = sorted({row.category for row in valid.values() if row.category is not None})
        found = await _ids(connection, "categories", source_key, keys)
        for n, row in list(valid.items()):
            if row.category is not None and row.category not in found:
                problem = unknown(
                    "category", row.category, "category", "Upsert the category first."
                )
                outcomes[n] = rejected(valid.pop(n).key, [problem])
        derived: dict[str, Any] = {
            "sku": lambda row: row.sku or row.key,
            "category_id": lambda row: found.get(row.category),
        }
        outcomes |= await _write(connection, "products", source_key, valid, columns, derived)
    return [outcomes[n] for n in range(len(rows))]


async def _upsert_tree(
    connection: "Connection",
    source: str,
    rows: Sequence[Any],
    table: str,
    column: str,
    attribute: str,
    columns: dict[str, str],
) -> list[ItemOutcome]:
    outcomes, valid = await off_loop(len(rows), lambda: _checked(rows))
    async with connection.transaction():
        source_key = await source_id(connection, source)
        # Concurrent changes of a tree could each add half of a cycle.
        await connection.execute("select pg_advisory_xact_lock(hashtext('shopx.tree'))")
        known = {
            row["key"]: row["parent"]
            for row in await connection.fetch(
                f"select t.key, p.key as parent from {table} t"
                f" left join {table} p on p.id = t.{column} where t.source_id = $1",
                source_key,
            )
        }
        for n, problem in _unplaced(valid, attribute, known).items():
            outcomes[n] = rejected(valid.pop(n).key, [problem])
        derived: dict[str, Any] = {}
        if "region_id" in columns:
            names = sorted({row.region for row in valid.values() if row.region is not None})
            regions = await named(connection, "regions", names)
            derived["region_id"] = lambda row: regions.get(row.region)
        outcomes |= await _write(connection, table, source_key, valid, columns, derived)
        await connection.execute(
            _LINK.format(table=table, column=column),
            source_key,
            [row.key for row in valid.values()],
            [getattr(row, attribute) for row in valid.values()],
        )
    return [outcomes[n] for n in range(len(rows))]


def _unplaced(
    valid: dict[int, Any], attribute: str, known: dict[str, str | None]
) -> dict[int, Rejection]:
    """The rows with an unknown parent, and those that would become their own ancestor."""
    problems: dict[int, Rejection] = {}
    changed = True
    while changed:
        # A rejected row rejects the rows that refer to it.
        changed = False
        rows = {row.key: n for n, row in valid.items() if n not in problems}
        parents = known | {key: getattr(valid[n], attribute) for key, n in rows.items()}
        for key, n in rows.items():
            problem = _misplaced(key, attribute, parents)
            if problem is not None:
                problems[n] = problem
                changed = True
    return problems


def _misplaced(key: str, attribute: str, parents: dict[str, str | None]) -> Rejection | None:
    seen = {key}
    parent = parents[key]
    while parent is not None:
        if parent not in parents:
            return unknown(attribute, parent, attribute, "Upsert it first, or in the same batch.")
        if parent in seen:
            return invalid(f"{key!r} would be its own {attribute}.", attribute)
        seen.add(parent)
        parent = parents[parent]
    return None


def _checked(rows: Sequence[Any]) -> tuple[dict[int, ItemOutcome], dict[int, Any]]:
    outcomes: dict[int, ItemOutcome] = {}
    valid: dict[int, Any] = {}
    seen: set[str] = set()
    for n, row in enumerate(rows):
        problems = _problems(row)
        if row.key in seen:
            problems.append(conflict(f"The key {row.key!r} is twice in this batch.", "key"))
        seen.add(row.key)
        if problems:
            outcomes[n] = rejected(row.key, problems)
        else:
            valid[n] = row
    return outcomes, valid


def _problems(row: Any) -> list[Rejection]:
    problems = []
    if not row.key.strip() or len(row.key) > MAX_KEY:
        problems.append(invalid(f"The key is empty or longer than {MAX_KEY} characters.", "key"))
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, str) and (len(value) > MAX_TEXT or not storable(value)):
            problems.append(
                invalid(
                    f"Longer than {MAX_TEXT} characters, or with one that cannot be stored, such"
                    " as NUL.",
                    field.name,
                )
            )
        if isinstance(value, Decimal) and not (value.is_finite() and 0 <= value <= MAX_AMOUNT):
            problems.append(invalid(f"{value} is not an amount of 0 or more.", field.name))
    # A customer may be nothing but a key.
    if not isinstance(row, CustomerRow) and not row.name.strip():
        problems.append(invalid("The name is empty.", "name"))
    return problems


async def _ids(
    connection: "Connection", table: str, source: int, keys: list[str]
) -> dict[str | None, int]:
    rows = await connection.fetch(
        f"select key, id from {table} where source_id = $1 and key = any($2)", source, keys
    )
    return {row["key"]: row["id"] for row in rows}


async def _write(
    connection: "Connection",
    table: str,
    source: int,
    valid: dict[int, Any],
    columns: dict[str, str],
    derived: dict[str, Any],
) -> dict[int, ItemOutcome]:
    if not valid:
        return {}
    rows = list(valid.values())
    values = [
        [derived[name](row) if name in derived else getattr(row, name) for row in rows]
        for name in columns
    ]
    statement = _UPSERT.format(
        table=table,
        names=", ".join(columns),
        arrays=", ".join(f"${n}::{cast}[]" for n, cast in enumerate(columns.values(), 3)),
        assignments=", ".join(f"{name} = excluded.{name}" for name in columns),
    )
    found = await connection.fetch(statement, source, [row.key for row in rows], *values)
    ids = {row["key"]: row["id"] for row in found}
    return {n: ItemOutcome(row.key, ItemStatus.RECORDED, ids[row.key]) for n, row in valid.items()}
