"""Which forgotten requests Redis may have the response of: as good as all of the last minutes."""

from collections import deque
from dataclasses import dataclass
from typing import Final

_GENERATIONS: Final = 4
_SPAN: Final = 60.0
"""Seconds of responses' ends of life in one generation."""
_PROBES: Final = 4
_BITS_EACH: Final = 10
"""For each request, so that one in a hundred others is taken for a known one."""
_WORD: Final = (1 << 64) - 1


@dataclass(slots=True)
class _Generation:
    """A Bloom filter, and until when Redis keeps the responses of what is in it."""

    bits: bytearray
    since: float
    until: float
    number: int = 0


class ForgottenRequests:
    """Hashes of requests in Bloom filters, the oldest of which is dropped for a new one.

    A table of them all would take twenty times the memory, and under overload hold half a minute
    of requests: a usual view that is asked for less often would be refused, although Redis has its
    response (Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors", CACM 13(7),
    1970). A request that is wrongly taken for a known one is looked up in vain.

    Args:
        memory: Bytes.
    """

    def __init__(self, memory: int) -> None:
        self._bytes = max(1, memory // _GENERATIONS)
        self._most = max(1, self._bytes * 8 // _BITS_EACH)
        self._generations: deque[_Generation] = deque(maxlen=_GENERATIONS)

    def add(self, hashed: int, kept_until: float) -> None:
        """Remember a request.

        Args:
            hashed: Its hash, of 64 bits.
            kept_until: When Redis drops its response, seconds since 1970.
        """
        newest = self._generations[-1] if self._generations else None
        if newest is None or newest.number >= self._most or kept_until >= newest.since + _SPAN:
            newest = _Generation(bytearray(self._bytes), kept_until, kept_until)
            self._generations.append(newest)
        for at in self._places(hashed):
            newest.bits[at >> 3] |= 1 << (at & 7)
        newest.number += 1
        newest.until = max(newest.until, kept_until)

    def kept_until(self, hashed: int) -> float | None:
        """When Redis drops the response, at the latest; `None` = it is not known to have one."""
        places = self._places(hashed)
        for one in reversed(self._generations):
            bits = one.bits
            if all(bits[at >> 3] & (1 << (at & 7)) for at in places):
                return one.until
        return None

    def __contains__(self, hashed: int) -> bool:
        return self.kept_until(hashed) is not None

    def _places(self, hashed: int) -> list[int]:
        """By double hashing (Kirsch, Mitzenmacher, "Less Hashing, Same Performance", 2006)."""
        first, step = hashed & _WORD, ((hashed & _WORD) >> 32) | 1
        return [(first + turn * step) % (self._bytes * 8) for turn in range(_PROBES)]
