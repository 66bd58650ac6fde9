"""Pages follow one another without gap or repeat, in SQL and in memory."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.panels.keyset import Column, Key, Keyset

VALUE = Column("value", "numeric", nullable=True)
BEST = Column("value", "numeric", descending=True, nullable=True)
ID = Column("id", "bigint")


@given(
    st.lists(st.none() | st.integers(0, 3).map(Decimal), max_size=8),
    st.sampled_from([VALUE, BEST]),
    st.integers(1, 3),
)
def test_what_follows_a_key_is_the_rest_of_the_list(
    values: list[Decimal | None], first: Column, size: int
) -> None:
    """Also where values repeat; nulls come last in either direction."""
    keyset = Keyset("x", (first, ID))
    sign = -1 if first.descending else 1
    rows = sorted(
        ((value, number) for number, value in enumerate(values)),
        key=lambda row: (row[0] is None, sign * (row[0] or 0), row[1]),
    )
    walked: list[Key] = []
    after: Key | None = None
    while page := [row for row in rows if keyset.follows(row, after)][:size]:
        walked += page
        after = page[-1]
    assert walked == rows


@pytest.mark.parametrize(
    ("columns", "key", "text", "args"),
    [
        pytest.param((VALUE, ID), None, "true", (), id="the first page"),
        pytest.param(
            (Column("at", "timestamptz", descending=True), Column("id", "bigint", descending=True)),
            ("then", 7),
            "((at, id) < ($1::timestamptz, $2::bigint))",
            ("then", 7),
            id="one direction: an index can be searched",
        ),
        pytest.param(
            (BEST, ID),
            (Decimal(5), 7),
            "(value < $1::numeric or value is null"
            " or (value = $1::numeric and ((id) > ($2::bigint))))",
            (Decimal(5), 7),
            id="the highest first",
        ),
        pytest.param(
            (VALUE, ID),
            (None, 7),
            "(value is null and ((id) > ($1::bigint)))",
            (7,),
            id="among nulls",
        ),
    ],
)
def test_the_predicate_of_the_rows_after_a_key(
    columns: tuple[Column, ...], key: Key | None, text: str, args: Key
) -> None:
    statement = Keyset("x", columns).after(key).render()
    assert (statement.text, statement.args) == (text, args)


def test_the_order_names_every_column() -> None:
    """As the predicate does: nulls last, the id to tell equals apart."""
    assert Keyset("x", (BEST, ID)).order_by.render().text == "value desc nulls last, id"
