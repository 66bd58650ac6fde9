from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.pareto import Abc, InvalidLimits, classify


def items(*values: int | str) -> list[tuple[int, Decimal]]:
    return [(index, Decimal(value)) for index, value in enumerate(values)]


def classes(*values: int | str) -> str:
    ranked = sorted(classify(items(*values)), key=lambda item: item.key)
    return "".join(item.abc.value for item in ranked)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param((80, 15, 5), "abc", id="at the very limits"),
        pytest.param((5, 80, 15), "cab", id="in any order"),
        pytest.param((100,), "a", id="one product"),
        pytest.param((50, 50), "aa", id="equal halves"),
        pytest.param((79, 15, 4, 2), "aabc", id="the one that crosses belongs above"),
        pytest.param((10,) * 10, "a" * 10, id="all equal are all of one class"),
        pytest.param((90, 5, 5), "abb", id="ties share a class"),
        pytest.param((60, 40, 0, -50), "aacc", id="nothing and losses are C"),
        pytest.param((0, 0), "cc", id="nothing sold"),
        pytest.param((-5, -1), "cc", id="losses only"),
        pytest.param((), "", id="no products"),
    ],
)
def test_classes(values: tuple[int, ...], expected: str) -> None:
    assert classes(*values) == expected


def test_shares_add_up_and_losses_do_not_lift_the_others() -> None:
    ranked = classify(items(60, 40, -50))
    assert [item.share for item in ranked] == [Decimal("0.6"), Decimal("0.4"), Decimal("-0.5")]
    assert [item.cumulative_share for item in ranked] == [Decimal("0.6"), 1, 1]


def test_ties_share_the_cumulative_share_of_all_of_them() -> None:
    assert [item.cumulative_share for item in classify(items(25, 50, 25))] == [Decimal("0.5"), 1, 1]


def test_without_sales_there_is_no_share() -> None:
    assert [item.share for item in classify(items(0, -1))] == [None, None]


@pytest.mark.parametrize("limits", [("0.9", "0.8"), ("0", "0.9"), ("0.8", "1.1")])
def test_limits_must_ascend_between_nothing_and_all(limits: tuple[str, str]) -> None:
    a_limit, b_limit = map(Decimal, limits)
    with pytest.raises(InvalidLimits):
        classify(items(1), a_limit=a_limit, b_limit=b_limit)


amounts = st.decimals(min_value=-1000, max_value=10**6, places=2)


@given(st.lists(amounts, max_size=40))
def test_classes_descend_with_value_and_equal_values_are_alike(values: list[Decimal]) -> None:
    ranked = classify(list(enumerate(values)))
    assert sorted(item.key for item in ranked) == list(range(len(values)))
    assert [item.abc for item in ranked] == sorted(item.abc for item in ranked)
    assert len({(item.value, item.abc) for item in ranked}) == len({item.value for item in ranked})
    if any(value > 0 for value in values):
        assert ranked[0].abc is Abc.A
        assert ranked[-1].cumulative_share == 1
        a_share = max(i.cumulative_share or 0 for i in ranked if i.abc is Abc.A)
        assert a_share >= Decimal("0.8")
