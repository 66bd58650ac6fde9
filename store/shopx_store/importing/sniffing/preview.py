"""The first rows of a file as they would be booked, without a database."""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from shopx_store.importing.mapping import Mapping
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.transform import (
    GIVEN,
    HEADER_COLUMNS,
    LINE_COLUMNS,
    TRUE,
    InputTransformer,
    Reject,
    latest_instant,
)

_NULL: Final = "\\N"


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
                headers[key] = _named(HEADER_COLUMNS, values) | headers.get(key, {})
            rows = []
            for text in "".join(staged.lines).splitlines():
                _, key, _, *values = text.split("\t")
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
            return Preview(rows[:count], staged.rejects)
    return Preview([], [])


def _named(names: tuple[str, ...], values: list[str]) -> dict[str, str]:
    return {name: text for name, text in zip(names, values, strict=False) if text and text != _NULL}
