"""A change of revenue is explained by parts that add up to it, whatever is sold."""

from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.price_volume_mix import Effects, Sold, decompose

SOLD = st.builds(Sold, st.integers(0, 10**9), st.integers(-(10**12), 10**12))


def parts(effects: Effects[str]) -> tuple[int, ...]:
    return (
        effects.volume, effects.mix, effects.price, effects.new, effects.gone, effects.unitless,
    )  # fmt: skip


def test_a_textbook_example() -> None:
    """1,000 units at 10 and 1,000 at 20 become 1,500 at 11 and 900 at 20."""
    one, other = decompose(
        [
            ("one", Sold(1000, 10_000), Sold(1500, 16_500)),
            ("other", Sold(1000, 20_000), Sold(900, 18_000)),
        ]
    )
    # All units grew from 2,000 to 2,400: by 20 %.
    assert (one.volume, one.mix, one.price) == (2_000, 3_000, 1_500)
    assert (other.volume, other.mix, other.price) == (4_000, -6_000, 0)
    assert one.change + other.change == 4_500


def test_what_was_sold_once_is_new_or_gone_and_moves_no_price() -> None:
    new, gone, fee, lasting = decompose(
        [
            ("new", Sold(0, 0), Sold(5, 50)),
            ("gone", Sold(4, 40), Sold(0, -3)),
            ("fee", Sold(0, -7), Sold(0, -9)),
            ("lasting", Sold(10, 100), Sold(10, 120)),
        ]
    )
    assert parts(new) == (0, 0, 0, 50, 0, 0)
    assert parts(gone) == (0, 0, 0, 0, -43, 0)
    assert parts(fee) == (0, 0, 0, 0, 0, -2)
    assert parts(lasting) == (0, 0, 20, 0, 0, 0)


@given(st.lists(st.tuples(SOLD, SOLD), max_size=30))
def test_the_parts_add_up_exactly(pairs: list[tuple[Sold, Sold]]) -> None:
    """Of each member, and so of all: no cent is lost to rounding."""
    found = decompose((str(n), before, now) for n, (before, now) in enumerate(pairs))
    for effects, (before, now) in zip(found, pairs, strict=True):
        assert sum(parts(effects)) == effects.change == now.revenue - before.revenue


@given(st.lists(SOLD, min_size=1, max_size=10))
def test_growth_of_everything_alike_is_volume_alone(sold: list[Sold]) -> None:
    members = [(str(n), one, Sold(one.units * 3, one.revenue * 3)) for n, one in enumerate(sold)]
    for effects in decompose(members):
        assert effects.mix == effects.price == 0
