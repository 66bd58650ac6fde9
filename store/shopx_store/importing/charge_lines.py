"""The lines of charges: of rows that are one, and of rows that have some beside their item."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopx_store.importing.charges import OF_LINES, ChargeKind, product_key
from shopx_store.importing.ledger_fields import NULL, LedgerField, choice
from shopx_store.importing.vectors import Fault, Vector, combine

_WORD = choice(*(kind.value for kind in OF_LINES))


@dataclass(frozen=True, slots=True)
class ChargeFields:
    """A charge, compiled.

    Attributes:
        number: Its place in the mapping, from 1.
        name: Its name there.
        kind: What it is for.
        of_order: Whether it is the order's, which rows may repeat.
        fields: By name: amount, discount, cost, at, where.
    """

    number: int
    name: str
    kind: ChargeKind
    of_order: bool
    fields: dict[str, LedgerField]


def charge_word(value: str) -> Any:
    """What a row is a charge for; without a word it is an item."""
    return _WORD(value) if value.strip() else None


def charge_lines(
    charge: ChargeFields, vectors: dict[str, Vector], rows: list[int]
) -> Iterator[tuple[int, str]]:
    """The row and the line (in COPY's text format) of each row with an amount of the charge."""
    own = {name: vectors[item.name].rows() for name, item in charge.fields.items()}
    amounts, held = own["amount"], own.get("where")
    refund = charge.kind is ChargeKind.REFUND

    def text(name: str, row: int) -> str:
        value = own[name][row] if name in own else None
        return NULL if value is None or type(value) is Fault else str(value)

    for row in rows:
        amount = amounts[row]
        if amount in (None, "0") or (held is not None and held[row] is not True):
            continue
        line = (
            "return" if refund else NULL,
            text("at", row),
            product_key(charge.name),
            "0",
            _negated(amount) if refund else amount,
            text("discount", row),
            text("cost", row),
        )
        yield row, "\t".join(line)


def _negated(amount: str) -> str:
    return amount[1:] if amount.startswith("-") else f"-{amount}"


def without_items(vectors: dict[str, Vector]) -> None:
    """Make rows that are charges lines of the reserved products, without a quantity.

    Attributes of the row's product are none of the charge's.
    """
    kinds = vectors["line.charge"]

    def replaced(name: str, value: Any) -> Vector:
        def choose(kind: Any, given: Any) -> Any:
            if not isinstance(kind, str):
                return given
            return value(kind) if callable(value) else value

        return combine(choose, [kinds, vectors[name]])

    vectors["line.product"] = replaced("line.product", product_key)
    vectors["line.quantity"] = replaced("line.quantity", "0")
    for name in [name for name in vectors if name.startswith(("products.", "categories."))]:
        vectors[name] = replaced(name, None)


def name_charges(
    kinds: Vector, numbers: list[int], charged: dict[str, tuple[ChargeKind, int]]
) -> None:
    """Note the kinds of rows that are charges, each with the number of a row."""
    for kind, row in zip(kinds.iterate(), numbers, strict=True):
        if isinstance(kind, str) and kind not in charged:
            charged[kind] = (ChargeKind(kind), row)
