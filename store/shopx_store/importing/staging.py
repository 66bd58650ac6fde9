"""The staging tables: temporary, unlogged, gone with the connection.

Rows arrive by COPY, one short transaction a batch, because a long one would hold back the fold.
"""

import psycopg

from shopx_store.importing.transform import ENTITY_COLUMNS, HEADER_COLUMNS, LINE_COLUMNS, Staged

_TYPES = {
    "at": "timestamptz",
    "quantity": "numeric",
    "gross": "numeric",
    "discount": "numeric",
    "subtotal": "numeric",
    "cost": "numeric",
    "unit_cost": "numeric",
    "list_price": "numeric",
    "hired_on": "date",
}


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)


_CREATE = [
    f"""create temp table stage_lines (
        row_no bigint not null, order_key text not null, identity uuid not null,
        {_columns(LINE_COLUMNS)}, charge smallint)
    """,
    f"""create temp table stage_headers (
        row_no bigint not null, order_key text not null, {_columns(HEADER_COLUMNS)},
        verdict smallint, weak integer not null)
    """,
    """create temp table stage_doubtful (
        row_no bigint not null, order_key text not null, field text not null,
        value text not null, reason text not null)
    """,
    *(
        f"""create temp table stage_{entity} (
            key text not null, {_columns(names)}, n bigint not null, row_no bigint not null)
        """
        for entity, names in ENTITY_COLUMNS.items()
    ),
]


def create(connection: psycopg.Connection) -> None:
    """Make the staging tables of this session."""
    # Sorts and hash tables of a million lines stay in memory; a session has one import.
    connection.execute("set temp_buffers = '64MB'")
    connection.execute("set work_mem = '64MB'")
    connection.execute("set jit = off")
    # Small samples describe what is staged well enough.
    connection.execute("set default_statistics_target = 20")
    for statement in _CREATE:
        connection.execute(statement)


def copy(connection: psycopg.Connection, staged: Staged) -> None:
    """Add a batch, in one transaction."""
    tables = {
        "stage_lines": staged.lines,
        "stage_headers": staged.headers,
        "stage_doubtful": staged.doubtful,
    }
    tables |= {f"stage_{entity}": rows for entity, rows in staged.entities.items()}
    with connection.transaction(), connection.cursor() as cursor:
        for table, rows in tables.items():
            if rows:
                with cursor.copy(f"copy {table} from stdin") as target:
                    target.write("".join(rows))
