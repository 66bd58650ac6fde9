"""What each field of a mapping is in the ledger: its kind, and whether a row needs it."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from shopx_core.domain.booking_window import AHEAD, EARLIEST
from shopx_store.importing import ledger_fields
from shopx_store.importing.charge_lines import charge_word
from shopx_store.importing.expressions import Expression
from shopx_store.importing.functions import ValueType
from shopx_store.importing.ledger_fields import LedgerField
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.values import Localiser

_AMOUNTS = frozenset(
    {
        "quantity",
        "gross",
        "discount",
        "cost",
        "unit_cost",
        "list_price",
        "amount",
        "subtotal",
    }
)
_REQUIRED = frozenset({"line.product", "line.quantity", "line.gross"})


class FieldCompiler:
    """Makes the fields of all sections from a mapping's expressions.

    Args:
        mapping: Says which fields a row needs, and how its times are read.
        latest: The first instant that is too late for a sale.
    """

    def __init__(self, mapping: Mapping, latest: dt.datetime) -> None:
        zone = ZoneInfo(mapping.source.zone)
        first = dt.datetime.combine(mapping.source.earliest, dt.time.min, tzinfo=zone)
        earliest = max(first, EARLIEST)
        localise = Localiser(zone, mapping.source.clock_change)
        self._instant = ledger_fields.instant(localise, earliest, latest)
        self._special: dict[str, tuple[ValueType, Callable[[Any], Any]]] = {
            "order.document": (
                ValueType.TEXT,
                ledger_fields.choice("sale", "return", "adjustment"),
            ),
            "line.kind": (ValueType.TEXT, ledger_fields.choice("sale", "return", "correction")),
            "order.currency": (ValueType.TEXT, ledger_fields.currency),
            "reps.hired_on": (ValueType.TIME, ledger_fields.day),
            "line.charge": (ValueType.TEXT, charge_word),
        }
        self._required = set(_REQUIRED)
        if mapping.order.key is not None:
            self._required.add("order.key")
        if mapping.line.key is not None:
            self._required.add("line.key")
        if mapping.line.order is not None:
            self._required.add("line.order")
        if mapping.order_input != mapping.line_input or mapping.order.key is None:
            # Otherwise another row of the order may have it.
            self._required.add("order.at")
            if mapping.source.currency is None:
                self._required.add("order.currency")

    def __call__(self, section: str, name: str, expression: Expression) -> LedgerField:
        """The field of a section, such as `gross` of `line`."""
        full = f"{section}.{name}"
        kind, convert = self._special.get(full) or self._common(name)
        return LedgerField(full, expression, kind, convert, required=full in self._required)

    def _common(self, name: str) -> tuple[ValueType, Callable[[Any], Any]]:
        if name == "at":
            return ValueType.ANY, self._instant
        if name == "where":
            return ValueType.TRUTH, bool
        if name in _AMOUNTS:
            return ValueType.NUMBER, ledger_fields.amount
        return ValueType.TEXT, ledger_fields.text


def latest_instant(mapping: Mapping, now: dt.datetime) -> dt.datetime:
    """The first instant that is too late for a sale of this source."""
    zone = ZoneInfo(mapping.source.zone)
    if mapping.source.latest is None:
        return now + dt.timedelta(days=366)
    day = mapping.source.latest + dt.timedelta(days=1)
    return min(dt.datetime.combine(day, dt.time.min, tzinfo=zone), now + AHEAD)
