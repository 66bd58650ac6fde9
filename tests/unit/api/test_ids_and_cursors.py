"""Global ids and cursors: opaque, exact, and useless anywhere but where they came from."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.panels.keyset import MAX_FIRST, Column, Keyset, PageArgs
from shopx_api.types.node import MAX_ID, global_id, parse_id, row_id, row_ids
from shopx_core.errors import InvalidInput

LIST = Keyset("x:desc", (Column("value", "numeric", nullable=True), Column("id", "bigint")))


def foreign(list_name: str, *key: Any) -> str:
    """A cursor that some other list could have made."""
    return Keyset(list_name, LIST.columns).cursor(key)


@given(st.sampled_from(["Product", "SalesRep"]), st.integers(min_value=0, max_value=MAX_ID))
def test_ids_round_trip(kind: str, number: int) -> None:
    """An id names its row and its type."""
    assert parse_id(global_id(kind, number)) == (kind, number)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "Product:1",
        "UHJvZHVjdA",  # Product
        "UHJvZHVjdDo",  # Product:
        "UHJvZHVjdDotMQ",  # Product:-1
        "UHJvZHVjdDowMQ",  # Product:01
        "UHJvZHVjdDox=",
        "UHJvZHVjdDox\n",
        "UHJvZHVjdDo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        "é",
        "\x00",
    ],
    ids=repr,
)
def test_what_is_no_id_is_refused(value: str) -> None:
    """Also a second spelling of a good one."""
    with pytest.raises(InvalidInput, match="is not an id"):
        parse_id(value)


@given(st.text(max_size=60))
def test_any_text_is_an_id_or_refused(text: str) -> None:
    """No text makes anything but these two outcomes."""
    try:
        kind, number = parse_id(text)
    except InvalidInput:
        return
    assert global_id(kind, number) == text


def test_an_id_of_another_type_is_refused() -> None:
    """A customer's id never selects a product with the same number."""
    with pytest.raises(InvalidInput, match="id of a Customer, not of a Product"):
        row_id(global_id("Customer", 7), "Product")


def test_lists_of_ids_are_canonical() -> None:
    """The same filter in another order is the same filter: caches depend on it."""
    ids = [global_id("Product", n) for n in (3, 1, 3)]
    assert row_ids(ids, "Product") == (1, 3)
    assert row_ids(None, "Product") == ()


@given(
    st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False)),
    st.integers(min_value=0, max_value=MAX_ID),
)
def test_cursors_keep_every_digit(value: Decimal | None, key: int) -> None:
    """A page continues exactly where the last one ended."""
    assert LIST.key(LIST.cursor((value, key))) == (value, key)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "bm90IGpzb24",
        "e30",
        "W10",
        foreign("other:desc", Decimal(1), 1),
        foreign("x:desc", Decimal(1)),
        foreign("x:desc", "abc", 1),
        foreign("x:desc", "NaN", 1),
        foreign("x:desc", Decimal(1), "1"),
        foreign("x:desc", Decimal(1), 1.5),
        foreign("x:desc", ["1"], 1),
        foreign("x:desc", Decimal(1), None),
    ],
    ids=repr,
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    """A cursor of another list is an error, never a page from nowhere."""
    with pytest.raises(InvalidInput, match="is not a cursor of this list"):
        LIST.key(cursor)


@pytest.mark.parametrize("first", [-1, 0, MAX_FIRST + 1])
def test_pages_are_bounded(first: int) -> None:
    """No request gets a million rows at once."""
    with pytest.raises(InvalidInput, match="outside 1 to 100"):
        PageArgs(first, None)


async def test_a_page_knows_whether_it_goes_on() -> None:
    """One item more than requested means that there is a next page; it is not shown."""

    async def count() -> int:
        return 5

    first, second, third = (Decimal(3), 1), (Decimal(2), 2), (Decimal(1), 3)
    page = LIST.connection(PageArgs(2, "x"), ["a", "b", "c"], [first, second, third], count)
    ends = (LIST.cursor(first), LIST.cursor(second))
    assert tuple(edge.cursor for edge in page.edges) == ends
    assert page.nodes() == ["a", "b"]
    assert (page.page_info.has_next_page, page.page_info.has_previous_page) == (True, True)
    assert (page.page_info.start_cursor, page.page_info.end_cursor) == ends
    assert await page.total_count() == 5
    nothing: list[str] = []
    empty = LIST.connection(PageArgs(2, None), nothing, [], 5)
    assert await empty.total_count() == 5
    assert (empty.page_info.has_next_page, empty.page_info.end_cursor) == (False, None)
