"""The schema: reversible, equal to the models, guarded."""

import psycopg
import pytest

from shopx_migrations import runner
from tests.support.postgres import Database, PostgresServer


def test_models_and_database_agree(database: Database) -> None:
    """`alembic check` finds nothing to generate."""
    runner.check(database.dsn)


def test_every_migration_is_reversible(pg_server: PostgresServer) -> None:
    """Up, down to nothing, up again."""
    made = pg_server.create()
    runner.upgrade(made.dsn)
    runner.downgrade(made.dsn, "base")
    with psycopg.connect(made.dsn) as connection:
        left = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relname not like '%alembic%'"
            " union all select proname from pg_proc where pronamespace = 'public'::regnamespace"
            " union all select typname from pg_type where typnamespace = 'public'::regnamespace"
            " and typname not like '%alembic%'"
        ).fetchall()
    assert left == []
    runner.upgrade(made.dsn)
    pg_server.drop(made)


@pytest.mark.parametrize("table", ["orders", "order_items"])
@pytest.mark.parametrize("partition", ["", "_y2026m11"], ids=["parent", "partition"])
@pytest.mark.parametrize("change", ["update {} set key = key", "delete from {}", "truncate {}"])
def test_the_ledger_refuses_change(
    database: Database, table: str, partition: str, change: str
) -> None:
    """UPDATE, DELETE and TRUNCATE are refused on the tables and on every partition."""
    statement = change.replace("key", "currency").format(table + partition)
    with psycopg.connect(database.dsn) as connection:
        connection.execute("select make_partitions('2026-11-01', '2026-11-01')")
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement)


def test_nobody_chooses_an_xid(database: Database) -> None:
    """An insert that brings its own xid is refused."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("select make_partitions('2026-11-01', '2026-11-01')")
        with pytest.raises(psycopg.errors.RestrictViolation, match="xid"):
            connection.execute(
                "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
                " source_id, product_id, currency, quantity, gross, discount, cost, xid)"
                " values ('2026-11-02', 'sale', false, 1, 1, gen_random_uuid(), 1, 1, 'USD',"
                " 1, 1, 0, 0, '5')"
            )
