"""Rate limits by key: pure.

Each key has the instant at which it has paid for everything that it took (the generic cell rate
algorithm, ITU-T I.371): one number instead of a bucket that has to be refilled.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

MAX_KEYS: Final = 4096
"""Keys that are told apart; the one that took something the longest ago is forgotten first."""
_SUBSCRIBER_BITS: Final = 64
"""The part of an IPv6 address that names a subscriber, who may use all addresses below it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may take."""

    rate: float
    """Units a second in the long run."""
    burst: float
    """Units at once after a pause."""


class RateLimits:
    """Takes units of the allowance of a key.

    Args:
        allowance: Of each key.
        max_keys: Keys that are told apart.
    """

    def __init__(self, allowance: Allowance, *, max_keys: int = MAX_KEYS) -> None:
        self.allowance = allowance
        self._max_keys = max_keys
        self._paid: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, now: float, units: float = 1.0) -> float:
        """Take units, if the key may.

        Args:
            key: Who takes them.
            now: Monotonic seconds.
            units: How many; a key that has its whole burst may take more than that, and owes it.

        Returns:
            0 = taken; otherwise the seconds after which the same call may succeed.
        """
        owed = max(self._paid.get(key, now), now) - now
        room = self.allowance.burst / self.allowance.rate
        needed = min(units, self.allowance.burst) / self.allowance.rate
        if owed + needed > room + 1e-9:
            return owed + needed - room
        self._paid[key] = now + owed + units / self.allowance.rate
        self._paid.move_to_end(key)
        if len(self._paid) > self._max_keys:
            self._paid.popitem(last=False)
        return 0.0

    def give_back(self, key: str, units: float = 1.0) -> None:
        """Undo a `take` that shall not count."""
        if key in self._paid:
            self._paid[key] -= units / self.allowance.rate

    def left(self, key: str, now: float) -> float:
        """Units that the key may take at once."""
        owed = max(self._paid.get(key, now) - now, 0.0)
        return max(0.0, self.allowance.burst - owed * self.allowance.rate)


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    network = int(known) >> (128 - _SUBSCRIBER_BITS) << (128 - _SUBSCRIBER_BITS)
    return f"{IPv6Address(network)}/{_SUBSCRIBER_BITS}"
