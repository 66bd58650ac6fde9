"""Standard competition ranking: equal values share a rank, and the following ranks are skipped."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Place(Generic[K]):
    """One competitor's place."""

    key: K
    value: Decimal | None
    rank: int | None
    """From 1; `None` for one without a value."""
    previous_rank: int | None
    """In the earlier period; `None` = no value then."""
    is_tied: bool
    """Another competitor has the same rank."""

    @property
    def change(self) -> int | None:
        """Places gained since the earlier period; negative when lost, `None` if it has no rank."""
        if self.rank is None or self.previous_rank is None:
            return None
        return self.previous_rank - self.rank


def competition_ranks(
    values: Mapping[K, Decimal | None], *, ascending: bool = False
) -> dict[K, int | None]:
    """Rank by value, most first unless `ascending`: 1, 2, 2, 4.

    A competitor with the value `None` has no rank and does not count.
    """
    present = [(key, value) for key, value in values.items() if value is not None]
    present.sort(key=lambda item: item[1], reverse=not ascending)
    ranks: dict[K, int | None] = dict.fromkeys(values)
    last: tuple[Decimal, int] | None = None
    for place, (key, value) in enumerate(present, start=1):
        rank = last[1] if last and last[0] == value else place
        ranks[key] = rank
        last = value, rank
    return ranks


def leaderboard(
    current: Mapping[K, Decimal | None],
    previous: Mapping[K, Decimal | None],
    *,
    ascending: bool = False,
) -> list[Place[K]]:
    """Rank the competitors of `current` and compare with their ranks among those of `previous`.

    The result is ordered by rank; equal ones and those without a rank, at the end, keep the
    order of `current`. A competitor that is only in `previous` still counts in the earlier ranks.
    """
    ranks = competition_ranks(current, ascending=ascending)
    earlier = competition_ranks(previous, ascending=ascending)
    holders: dict[int | None, int] = {}
    for rank in ranks.values():
        holders[rank] = holders.get(rank, 0) + 1
    places = [
        Place(
            key=key,
            value=current[key],
            rank=rank,
            previous_rank=earlier.get(key),
            is_tied=rank is not None and holders[rank] > 1,
        )
        for key, rank in ranks.items()
    ]
    return sorted(places, key=lambda place: (place.rank is None, place.rank or 0))
