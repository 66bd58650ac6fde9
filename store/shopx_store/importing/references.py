"""Reference rows of an import: created where a line or header names them, updated by their section.

Where the same key occurs with several values (a product's descriptions), the most frequent one
counts, then the last one; so the result does not depend on batch boundaries. Statements process
whole sets in key order, so that two imports cannot deadlock.
"""

from dataclasses import dataclass

import psycopg

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.charges import ITEM

_SOURCE = "insert into sources (name) values (%s) on conflict (name) do nothing"

_CURRENCIES = """
insert into currencies (code)
select distinct currency from import_orders
where currency not in (select code from currencies) order by 1 on conflict do nothing
"""
_REGIONS = """
insert into regions (name)
select region from (
    select region from import_orders union select region from stage_reps
) r where region is not null and region not in (select name from regions)
order by 1 on conflict do nothing
"""
_CHANNELS = """
insert into channels (name)
select distinct channel from import_orders
where channel is not null and channel not in (select name from channels)
order by 1 on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class _Entity:
    """How one kind of reference rows is upserted."""

    table: str
    stage: str
    used: str
    """A query of the keys that must exist, beside those of the section."""
    plain: dict[str, str]
    """Columns that hold an attribute as it is; the value is what a new row gets without one."""
    links: dict[str, tuple[str, str]]
    """Columns that hold another row's id: the attribute with its key or name, and the query
    (of key and id) that finds it."""
    booked: str
    """A query of the distinct ids that lines now booked refer to."""


def _of_source(table: str) -> str:
    return f"select key, id from {table} where source_id = %(source)s"


_BY_REGION = "select name as key, id from regions"

_BOOKED_LINES = "status not in ('same', 'reversed')"
_BOOKED_PRODUCTS = f"select distinct product_id as id from import_lines where {_BOOKED_LINES}"
_BOOKED_HEADERS = (
    f"import_headers where id in (select order_id from import_lines where {_BOOKED_LINES})"
)

_CATEGORIES = _Entity(
    "categories",
    "stage_categories",
    "select category as key from stage_products union select parent from stage_categories",
    {"name": "k.key"},
    {"parent_id": ("parent", _of_source("categories"))},
    f"select distinct category_id as id from products join ({_BOOKED_PRODUCTS}) b using (id)",
)
_PRODUCTS = _Entity(
    "products",
    "stage_products",
    # Many lines have few products, which DISTINCT knows from the statistics and UNION does not.
    "select distinct product as key from stage_lines",
    {
        "sku": "k.key",
        "name": "k.key",
        "unit_cost": "null",
        "list_price": "null",
        "kind": f"'{ITEM}'",
    },
    {"category_id": ("category", _of_source("categories"))},
    _BOOKED_PRODUCTS,
)
_CUSTOMERS = _Entity(
    "customers",
    "stage_customers",
    "select customer as key from import_orders",
    {"name": "null", "email": "null", "country": "null"},
    {},
    f"select distinct customer_id as id from {_BOOKED_HEADERS}",
)
_REPS = _Entity(
    "sales_reps",
    "stage_reps",
    "select rep as key from import_orders union select manager from stage_reps",
    {"name": "k.key", "team": "null", "hired_on": "null"},
    {
        "region_id": ("region", _BY_REGION),
        "manager_id": ("manager", _of_source("sales_reps")),
    },
    f"select distinct rep_id as id from {_BOOKED_HEADERS}",
)
_ENTITIES = {
    "categories": _CATEGORIES,
    "products": _PRODUCTS,
    "customers": _CUSTOMERS,
    "reps": _REPS,
}


def _best(entity: _Entity) -> str:
    """A common table expression: for each key, each attribute's value that counts."""
    attributes = [*entity.plain, *(attribute for attribute, _ in entity.links.values())]
    choices = " ".join(
        f"""left join (
            select distinct on (key) key, {name} from (
                select key, {name}, sum(n) as n, max(row_no) as last
                from {entity.stage} where {name} is not null group by key, {name}
            ) t order by key, n desc, last desc, {name}
        ) v_{name} using (key)"""
        for name in attributes
    )
    columns = ", ".join(f"v_{name}.{name}" for name in attributes)
    return (
        f"best as materialized (select k.key, {columns}"
        f" from (select distinct key from {entity.stage}) k {choices})"
    )


def _insert(entity: _Entity) -> str:
    """Create the rows that are not there, with their plain attributes."""
    columns = ", ".join(entity.plain)
    values = ", ".join(
        # A bare NULL has no type to find a common one with.
        f"b.{name}" if default == "null" else f"coalesce(b.{name}, {default})"
        for name, default in entity.plain.items()
    )
    return f"""
with {_best(entity)}
insert into {entity.table} (source_id, key, {columns})
select %(source)s, k.key, {values}
from (select key from ({entity.used}) u where key is not null
      union select key from {entity.stage}) k
left join best b using (key)
where not exists (select from {entity.table} t where t.source_id = %(source)s and t.key = k.key)
order by k.key on conflict (source_id, key) do nothing"""


def _update(entity: _Entity, *, derived: bool) -> str:
    """Update rows from their sections; attributes without a value stay."""
    joins = " ".join(
        f"left join ({query}) l_{column} on l_{column}.key = b.{attribute}"
        for column, (attribute, query) in entity.links.items()
    )
    values = {name: f"coalesce(b.{name}, t.{name})" for name in entity.plain}
    values |= {column: f"coalesce(l_{column}.id, t.{column})" for column in entity.links}
    old = ", ".join(f"t.{name}" for name in values)
    new = ", ".join(values.values())
    before = ", ".join(f"'{name}', t.{name}" for name in values)
    after = ", ".join(f"'{name}', {name}" for name in values)
    return f"""
with {_best(entity)},
change as (
    select t.id, {", ".join(f"{value} as {name}" for name, value in values.items())},
        jsonb_build_object({before}) as before
    from best b join {entity.table} t on t.source_id = %(source)s and t.key = b.key {joins}
    where ({old}) is distinct from ({new})
        {f"and t.id in (select id from {_booked_table(entity)})" if derived else ""}
    order by t.id for update of t
),
noted as (
    insert into import_replaced
    select '{entity.table}', id::text, before, jsonb_build_object({after}) from change
)
update {entity.table} t set {", ".join(f"{name} = c.{name}" for name in values)}
from change c where c.id = t.id"""


def _booked_table(entity: _Entity) -> str:
    return f"import_booked_{entity.table}"


def _find_booked(entity: _Entity) -> str:
    """Keep the ids that lines now booked refer to.

    The sizes of tables that are filled in this transaction are guessed by the planner, and it may
    read all lines once for each product; with an index that cannot be slow.
    """
    table = _booked_table(entity)
    return f"""
create temp table {table} on commit drop as
select id from ({entity.booked}) b where id is not null;
create unique index on {table} (id);
analyze {table}
"""


# What an undo puts back.
_REPLACED = """
create temp table import_replaced (relation text, row_key text, before jsonb, after jsonb)
on commit drop
"""

_CYCLE = """
with recursive up as (
    select id, parent_id, array[id] as path from categories
    where source_id = %(source)s and parent_id is not null
    union all
    select c.id, c.parent_id, up.path || c.id from up join categories c on c.id = up.parent_id
    where not c.id = any(up.path)
)
select string_agg(c.key, ' > ' order by p.n) from (
    select path from up where parent_id = path[1] limit 1
) cycle, unnest(path || path[1]) with ordinality p(id, n) join categories c on c.id = p.id
"""


def source_id(connection: psycopg.Connection, name: str) -> int:
    """The id of a source, which is created if it is new."""
    connection.execute(_SOURCE, (name,))
    row = connection.execute("select id from sources where name = %s", (name,)).fetchone()
    if row is None:
        raise LookupError(name)
    return int(row[0])


def create(connection: psycopg.Connection, source: int) -> int:
    """Create the rows that the staged facts and sections name, in the caller's transaction.

    Returns:
        How many.
    """
    stages = ", ".join(entity.stage for entity in _ENTITIES.values())
    connection.execute(f"analyze {stages}")
    statements = [_CURRENCIES, _REGIONS, _CHANNELS, *map(_insert, _ENTITIES.values())]
    return sum(connection.execute(text, {"source": source}).rowcount for text in statements)


def update(connection: psycopg.Connection, source: int, derived: frozenset[str]) -> int:
    """Update rows from their sections, in the caller's transaction, after the comparison.

    Their attributes before and after are left in the temporary table `import_replaced`.

    Args:
        connection: The publishing transaction's.
        source: The source's id.
        derived: Sections that are read from the rows of orders and lines. They only change rows
            that newly booked lines refer to, so importing a file again changes nothing.

    Returns:
        How many rows were changed.

    Raises:
        InvalidInput: Categories contain one another, or a row is above itself.
    """
    changed = 0
    connection.execute(_REPLACED)
    try:
        # Products first: which categories newly booked lines refer to is known from them.
        for name in ("products", "categories", "customers", "reps"):
            entity = _ENTITIES[name]
            if name in derived:
                connection.execute(_find_booked(entity))
            statement = _update(entity, derived=name in derived)
            changed += connection.execute(statement, {"source": source}).rowcount
    except psycopg.errors.CheckViolation as error:
        raise InvalidInput(
            say(
                "import.category-own-parent-sales",
                "A category is its own parent, or a sales rep their own manager"
                " ({constraint_name}).",
                constraint_name=error.diag.constraint_name,
            ),
            hint=say(
                "import.leave-parent-or-manager",
                "Correct the source, or leave `categories.parent` or `reps.manager` out.",
            ),
        ) from None
    cycle = connection.execute(_CYCLE, {"source": source}).fetchone()
    if cycle is not None and cycle[0] is not None:
        raise InvalidInput(
            say(
                "import.categories-contain-another",
                "Categories contain one another: {cycle}.",
                cycle=cycle[0],
            ),
            hint=say(
                "import.leave-parent",
                "Correct the source, or leave `categories.parent` out of the mapping.",
            ),
        )
    return changed
