"""Snapshots and amounts mean what PostgreSQL means by them."""

from decimal import Decimal

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_store.columns.amounts import scaled, scaled_sql
from shopx_store.query.snapshots import Snapshot
from tests.support.postgres import PostgresServer

TOP = 60


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A `pg_snapshot` that PostgreSQL accepts."""
    xmin = draw(st.integers(1, TOP))
    xmax = draw(st.integers(xmin, TOP))
    running = draw(st.sets(st.integers(xmin, xmax - 1))) if xmax > xmin else set()
    return f"{xmin}:{xmax}:{','.join(map(str, sorted(running)))}"


def test_visibility_is_postgresqls(pg_server: PostgresServer) -> None:
    with psycopg.connect(pg_server.dsn("postgres")) as connection:

        @given(texts())
        @settings(max_examples=300)
        def compare(text: str) -> None:
            rows = connection.execute(
                "select n, pg_visible_in_snapshot(n::text::xid8, %s::pg_snapshot)"
                " from generate_series(1, %s) n",
                (text, TOP + 1),
            ).fetchall()
            snapshot = Snapshot.parse(text)
            assert {xid: snapshot.sees(xid) for xid, _ in rows} == dict(rows)

        compare()


def test_amounts_convert_as_in_python(pg_server: PostgresServer) -> None:
    numbers = st.decimals(
        min_value=-(10**13), max_value=10**13, places=8, allow_nan=False
    ) | st.decimals(min_value=-1000, max_value=1000, places=6)
    with psycopg.connect(pg_server.dsn("postgres")) as connection:

        @given(st.lists(numbers, max_size=30))
        @settings(max_examples=100)
        def compare(values: list[Decimal]) -> None:
            rows = connection.execute(
                f"select {scaled_sql('v')} from unnest(%s::numeric[]) with ordinality u (v, n)"
                " order by n",
                (values,),
            ).fetchall()
            assert [row[0] for row in rows] == [scaled(value) for value in values]

        compare()
