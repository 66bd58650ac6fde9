"""The first rows of a file as they would be booked, without a database."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from shopx_core.domain.money import minor_digits
from shopx_store.importing.allocation import allocate
from shopx_store.importing.charges import KEY_PREFIX
from shopx_store.importing.field_compiler import latest_instant
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.readers.text import TextReader
from shopx_store.importing.transform import (
    CONTENT_COLUMNS,
    GIVEN,
    HEADER_COLUMNS,
    LINE_COLUMNS,
    REDUCTIONS,
    TRUE,
    InputTransformer,
    Reject,
)
from shopx_store.importing.values import plain

LOOKED_AT: Final = 5_000
"""Rows of a text: reading a whole batch would take as long as all that was looked at before."""
_NULL: Final = "\\N"
_HEADER: Final = (*CONTENT_COLUMNS, *(f"order {name}" for name in REDUCTIONS))


@dataclass(frozen=True, slots=True)
class Preview:
    """Some rows as they would be booked.

    Attributes:
        rows: Of the first rows the fields of line and header, by name, as texts; times in the
            source's zone.
        rejects: What of the first batch would be rejected.
    """

    rows: list[dict[str, str]]
    rejects: list[Reject]


def preview(mapping: Mapping, path: Path, count: int) -> Preview:
    """Transform the beginning of a file.

    Raises:
        InvalidInput: The file cannot be read as mapped.
    """
    now = dt.datetime.now(dt.UTC)
    zone = ZoneInfo(mapping.source.zone)
    with open_inputs(str(path), mapping.inputs) as inputs:
        ((name, readers),) = inputs.items()
        transformer = InputTransformer(mapping, name, latest_instant(mapping, now))
        if isinstance(readers[0], TextReader):
            readers[0].batch_rows = LOOKED_AT
        for batch in islice(readers[0].batches(transformer.needed), 1):
            staged = transformer.take(batch, 0)
            headers: dict[str, dict[str, str]] = {}
            verdicts: dict[str, int] = {}
            for text in "".join(staged.headers).splitlines():
                _, key, *values = text.split("\t")
                if (verdict := values[len(HEADER_COLUMNS)]) != _NULL:
                    # The first row that says something decides.
                    known = verdicts.setdefault(key, int(verdict))
                    verdicts[key] = known if known & GIVEN else int(verdict)
                # A header that is written in an order's first row alone carries down.
                headers[key] = _named(_HEADER, values) | headers.get(key, {})
            rows = []
            for key, values in _lines(staged.lines, mapping.order_charges):
                if not verdicts.get(key, TRUE) & TRUE:
                    continue
                line = _named(LINE_COLUMNS, values)
                line.pop("at", None)
                own = {} if mapping.order.key is None else {"order": key}
                row = own | headers.get(key, {}) | line
                if "at" in row:
                    at = dt.datetime.fromisoformat(row["at"])
                    row["at"] = f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
                rows.append(row)
            _take_off(rows, mapping.source.currency)
            return Preview(rows[:count], staged.rejects)
    return Preview([], [])


def _lines(staged: list[str], order_charges: tuple[int, ...]) -> Iterator[tuple[str, list[str]]]:
    """The order and the fields of each staged line in the order of the rows, once a charge."""
    seen: set[tuple[str, str]] = set()
    lines = (text[:-1].split("\t") for text in staged)
    for _, key, _, *values in sorted(lines, key=lambda line: int(line[0])):
        charge = (key, values[-1])
        if values[-1] != _NULL and int(values[-1]) in order_charges:
            if charge in seen:
                continue
            seen.add(charge)
        yield key, values


def _take_off(rows: list[dict[str, str]], currency: str | None) -> None:
    """Spread the discounts of orders over their items."""
    orders: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        orders.setdefault(row.get("order", ""), []).append(row)
    for lines in orders.values():
        items = [
            row
            for row in lines
            if not row["product"].startswith(KEY_PREFIX) and row.get("kind", "sale") == "sale"
        ]
        nets = [Decimal(row["gross"]) - Decimal(row.get("discount", "0")) for row in items]
        stated, subtotal = lines[0].get("order discount"), lines[0].get("order subtotal")
        amount = Decimal(stated or "0")
        if subtotal is not None:
            amount = sum(nets, Decimal(0)) - Decimal(subtotal)
        for row in lines:
            row.pop("order discount", None)
            row.pop("order subtotal", None)
        paid = [(row, net) for row, net in zip(items, nets, strict=True) if net > 0]
        digits = minor_digits(lines[0].get("currency", currency or ""))
        shares = allocate(amount, [net for _, net in paid], digits) if amount else []
        for (row, _), share in zip(paid, shares, strict=False):
            if share:
                row["discount"] = plain(Decimal(row.get("discount", "0")) + share)


def _named(names: tuple[str, ...], values: list[str]) -> dict[str, str]:
    return {name: text for name, text in zip(names, values, strict=False) if text and text != _NULL}
