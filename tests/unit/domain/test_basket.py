from decimal import Decimal

import pytest

from shopx_core.domain.basket import associate
from shopx_core.errors import IntegrityBroken


def test_bread_and_butter() -> None:
    pair = associate(together=20, with_a=40, with_b=25, orders=100)
    assert pair.support == Decimal("0.2")
    assert pair.confidence == Decimal("0.5")
    assert pair.reverse_confidence == Decimal("0.8")
    assert pair.lift == 2


def test_products_bought_together_by_chance_have_a_lift_of_one() -> None:
    assert associate(together=10, with_a=50, with_b=20, orders=100).lift == 1


def test_products_never_bought_together_have_none() -> None:
    pair = associate(together=0, with_a=5, with_b=5, orders=10)
    assert not any((pair.support, pair.confidence, pair.reverse_confidence, pair.lift))


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param((6, 5, 9, 100), id="more pairs than A"),
        pytest.param((-1, 5, 9, 100), id="negative"),
        pytest.param((1, 60, 60, 100), id="union larger than all"),
        pytest.param((0, 0, 5, 100), id="A never sold"),
        pytest.param((0, 0, 0, 0), id="nothing sold"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(counts: tuple[int, int, int, int]) -> None:
    together, with_a, with_b, orders = counts
    with pytest.raises(IntegrityBroken, match="these counts are inconsistent"):
        associate(together=together, with_a=with_a, with_b=with_b, orders=orders)
