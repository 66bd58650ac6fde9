"""A staged row that is rejected, and where it is told."""

from collections.abc import Callable
from dataclasses import dataclass

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


def staged_reject(row_no: int, column: str, value: str, reason: str) -> StagedReject:
    """A rejected row as a query found it: its reason is a name and a value, `duplicate|17`, or was
    kept when its batch was read."""
    return StagedReject(row_no, column, value, _sentence(reason))


def _sentence(reason: str) -> str:  # noqa: PLR0911 -- a sentence for each reason
    name, _, value = reason.partition("|")
    match name:
        case "duplicate":
            return say(
                "reject.duplicate",
                "duplicate key: row {row} has the same key and other content",
                row=value,
            )
        case "orphan":
            return say("reject.orphan", "no order has this key")
        case "nowhere":
            return say("reject.nowhere", "{reason}, in no row of the order", reason=NO_VALUE)
        case "early":
            return say("reject.early", "a return before its order")
        case "currencies":
            return say("reject.currencies", "an order with lines in several currencies")
        case "charge":
            return say(
                "reject.charge",
                "another amount than row {row} of its order has; if each row has a part of its own:"
                " per: row",
                row=value,
            )
        case "negative-discount":
            return say("reject.negative-discount", "a negative discount; if it is one: abs(…)")
        case "above-items":
            return say(
                "reject.above-items",
                "more than the items of the order come to by {amount}",
                amount=value,
            )
        case "no-sale":
            return say(
                "reject.no-sale",
                "an order without a sale, which has nothing to take a discount off",
            )
        case "discount-above-items":
            return say(
                "reject.discount-above-items",
                "a discount above what the items of the order come to: {amount}",
                amount=value,
            )
        case _:
            return loads(reason)
