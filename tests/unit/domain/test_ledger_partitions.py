"""How many partitions there are, and the locks that they need."""

import datetime as dt

import pytest

from shopx_core.domain.ledger_partitions import (
    LockCapacity,
    is_yearly,
    locks_at_most,
    locks_of_a_transaction,
)
from shopx_store.partition_merge import years_to_merge

TODAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize(("year", "yearly"), [(1970, True), (2023, True), (2024, False)])
def test_years_before_the_last_two_have_one_partition(year: int, *, yearly: bool) -> None:
    assert is_yearly(year, TODAY) is yearly


def test_a_server_of_our_own_has_room_for_every_date() -> None:
    """All years from 1970 on, and the months of the last three and the coming ones."""
    assert locks_at_most() >= locks_of_a_transaction(2050 - 1970 + 36 + 24)


def test_months_of_old_years_are_to_be_merged() -> None:
    names = {"orders_y2023m01", "order_items_y2023m01", "order_items_y2022", "orders_y2024m12"}
    assert years_to_merge(names, TODAY) == [2023]


def test_scarce_room_names_the_setting() -> None:
    """120 periods take 992 locks a transaction."""
    scarce = LockCapacity(periods=120, connections=10, held=9_919)
    assert not scarce.suffices
    assert "set max_locks_per_transaction to 992 " in scarce.advice
    assert LockCapacity(periods=120, connections=10, held=9_920).suffices
