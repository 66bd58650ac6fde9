"""Bands of discount partition every discount there is."""

from decimal import Decimal
from itertools import pairwise

from shopx_core.domain.discounts import BANDS, EDGES


def test_bands_follow_each_other_without_gap() -> None:
    undiscounted, *bands = BANDS
    assert (undiscounted.number, undiscounted.low, undiscounted.high) == (0, 0, 0)
    assert [band.number for band in bands] == list(range(1, len(EDGES) + 2))
    assert bands[0].low == 0
    assert bands[-1].high is None
    assert all(one.high == other.low for one, other in pairwise(bands))


def test_edges_ascend_below_everything_off() -> None:
    assert list(EDGES) == sorted(set(EDGES))
    assert EDGES[0] > 0
    assert EDGES[-1] < Decimal(1)
