"""A staged row that is rejected, and where it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shopx_core.texts import loads, say
from shopx_store.importing.ledger_fields import NO_VALUE


@dataclass(frozen=True, slots=True)
class StagedReject:
    """A staged row that is rejected."""

    row_no: int
    column: str
    value: str
    reason: str


Sink = Callable[[StagedReject], None]


_REASONS: Final[Mapping[str, Callable[[str], str]]] = {
    "duplicate": lambda row: say(
        "reject.duplicate", "duplicate key: row {row} has the same key and other content", row=row
    ),
    "orphan": lambda _: say("reject.orphan", "no order has this key"),
    "nowhere": lambda _: say("reject.nowhere", "{reason}, in no row of the order", reason=NO_VALUE),
    "early": lambda _: say("reject.early", "a return before its order"),
    "currencies": lambda _: say("reject.currencies", "an order with lines in several currencies"),
    "charge": lambda row: say(
        "reject.charge",
        "another amount than row {row} of its order has; if each row has a part of its own:"
        " per: row",
        row=row,
    ),
    "negative-discount": lambda _: say(
        "reject.negative-discount", "a negative discount; if it is one: abs(…)"
    ),
    "above-items": lambda amount: say(
        "reject.above-items",
        "more than the items of the order come to by {amount}",
        amount=amount,
    ),
    "no-sale": lambda _: say(
        "reject.no-sale", "an order without a sale, which has nothing to take a discount off"
    ),
    "discount-above-items": lambda amount: say(
        "reject.discount-above-items",
        "a discount above what the items of the order come to: {amount}",
        amount=amount,
    ),
}
"""By the names that queries give, with the value that follows."""


def staged_reject(row_no: int, column: str, value: str, reason: str) -> StagedReject:
    """A rejected row as a query found it.

    Args:
        row_no: The row.
        column: The field that is wrong.
        value: Its value.
        reason: A name of `_REASONS` and a value, `duplicate|17`; or what was said of the row when
            it was read.
    """
    name, _, given = reason.partition("|")
    sentence = _REASONS[name](given) if name in _REASONS else loads(reason)
    return StagedReject(row_no, column, value, sentence)
