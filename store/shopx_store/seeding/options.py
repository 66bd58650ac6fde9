"""The options of a seeding; the generated sales are a function of them."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo, available_timezones

from shopx_core.errors import InvalidInput

MAX_ORDERS = 1_000_000_000
MAX_YEARS = 30
CURRENCIES = ("USD", "EUR", "GBP", "CHF", "SEK", "PLN", "JPY", "CAD")
"""The currencies with seeded rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedOptions:
    """A seeding; equal options give equal sales.

    Attributes:
        orders: The exact number of orders.
        start: The first instant.
        end: The first instant that is too late.
        seed: Any number; another one gives other sales of the same kind.
        products: The number of products.
        reps: The number of sales reps.
        customers: The number of customers in the end; 0 = one for every six orders.
        currencies: The first is the main one; with more, some regions pay in others.
        zone: The zone of the days and weeks that the demand follows.
        source: The ledger's source of these sales.
    """

    orders: int
    start: dt.datetime
    end: dt.datetime
    seed: int = 42
    products: int = 800
    reps: int = 24
    customers: int = 0
    currencies: tuple[str, ...] = ("USD",)
    zone: str = "UTC"
    source: str = "seed"

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            InvalidInput: One is broken.
        """
        for name, low, high in (
            ("orders", 1, MAX_ORDERS),
            ("products", 10, 100_000),
            ("reps", 1, 2_000),
            ("customers", 0, MAX_ORDERS),
            ("seed", 0, 2**63 - 1),
        ):
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(f"--{name} must be from {low:,} to {high:,}.")
        if self.end <= self.start:
            raise InvalidInput(f"--to {self.end} is not after --from {self.start}.")
        if self.end - self.start > dt.timedelta(days=366 * MAX_YEARS):
            raise InvalidInput(f"--from and --to are more than {MAX_YEARS} years apart.")
        if self.zone not in available_timezones():
            raise InvalidInput(f"{self.zone!r} is no IANA time zone (such as Europe/Berlin).")
        unknown = sorted(set(self.currencies) - set(CURRENCIES))
        if unknown and len(self.currencies) > 1:
            raise InvalidInput(
                f"No rate is known for {', '.join(unknown)}.",
                hint=f"Choose from {', '.join(CURRENCIES)}, or seed one currency.",
            )

    @property
    def tz(self) -> ZoneInfo:
        """The zone."""
        return ZoneInfo(self.zone)

    @property
    def customer_count(self) -> int:
        """The number of customers in the end."""
        return self.customers or max(20, self.orders // 6)

    @property
    def digest(self) -> str:
        """Identifies these options: a seeding is continued with its own options only."""
        text = json.dumps(asdict(self), default=str, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
