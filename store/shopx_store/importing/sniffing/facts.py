"""What is told of a file: how it is read, what it has, and which of its values do not fit."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from shopx_core.domain.money import is_currency
from shopx_core.texts import say
from shopx_store.importing.sniffing.layout import Layout
from shopx_store.importing.sniffing.roles import NUMERIC, Roles, first_odd, named_only, odd_value
from shopx_store.importing.sniffing.writing import ISO, bare, read_time
from shopx_store.importing.values import number_reader
from shopx_store.importing.written_dates import written_pattern


def facts_of(
    layout: Layout,
    roles: Roles,
    time: str,
    style: tuple[str, str | None],
    currency: str,
    *,
    by_column: bool,
) -> list[tuple[str, str]]:
    """What was seen, and which values their rows will be rejected for.

    Args:
        layout: The file.
        roles: Its columns.
        time: The format of the dates.
        style: The decimal and the thousands separator.
        currency: The currency, or where it is.
        by_column: Whether a column has the currency.
    """
    texts = layout.column(roles.columns["at"])
    days = [read_time(time, text) for text in texts]
    named = [one for one in days if isinstance(one, dt.datetime)]
    key = roles.columns.get("key")
    checked = roles.columns if by_column else {**roles.columns, "currency": None}
    odd = _odd(layout, checked, time, style)
    decimal, thousands = style
    facts = [
        (
            "numbers",
            say(
                "draft.numbers-such-as",
                "such as {example}",
                example=f"1{thousands or ''}234{decimal}50",
            ),
        ),
        ("dates", _dates(time, texts, named, complete=layout.complete)),
        ("currency", currency or say("draft.no-currency-stated", "not stated")),
    ]
    facts = [(label, _but(text, odd.get(label))) for label, text in facts]
    if key is None:
        facts.append(
            ("a row", say("draft.row-is-sale", "a sale of its own: no column names orders"))
        )
    else:
        keys = layout.column(key)
        facts.append(
            (
                "a row",
                say("draft.row-is-line", "a line of an order ({key})", key=key)
                if len(set(keys)) < len(keys)
                else say("draft.row-is-order", "an order ({key})", key=key),
            )
        )
        facts.append(("orders", _different(layout, key)))
    for role, label in (("customer", "customers"), ("sku", "products"), ("name", "products")):
        column = roles.columns.get(role)
        if column is not None and label not in dict(facts):
            facts.append((label, _different(layout, column)))
    if roles.totals:
        totals = say(
            "draft.totals", "the last one, left out: {totals}", totals=repr(roles.totals[1])
        )
        facts.append(("a row of totals", totals))
    used = set(roles.columns.values())
    unused = [name for name in layout.header if name not in used]
    if unused:
        left = [first_odd(layout, role, name) for name, role in named_only(layout, roles).items()]
        facts.append(("not used", _but(", ".join(unused), left)))
    return facts


def _different(layout: Layout, column: str) -> str:
    number = len(set(layout.column(column)))
    if layout.complete:
        return say("draft.number", "{number, number}", number=number)
    return say("draft.number-of-part", "{number, number} (of the rows looked at)", number=number)


def _but(fact: str, odd: list[str] | None) -> str:
    return say("draft.fact-but", "{fact}; {odd}", fact=fact, odd=odd) if odd else fact


def _odd(
    layout: Layout,
    columns: Mapping[str, str | None],
    time: str,
    style: tuple[str, str | None],
) -> dict[str, list[str]]:
    """Of the columns that are used: which values their rows will be rejected for."""
    read = number_reader(*style)
    checks: dict[str, tuple[str, Callable[[str], bool]]] = {
        "at": ("dates", lambda text: isinstance(read_time(time, text), dt.datetime)),
        "currency": ("currency", is_currency),
    }
    for role in NUMERIC:
        checks[role] = ("numbers", lambda text: isinstance(read(bare(text)), Decimal))
    found: dict[str, list[str]] = {}
    for role, (label, good) in checks.items():
        column = columns.get(role)
        rows = 0 if column is None else sum(not good(text) for text in layout.column(column))
        if column is not None and rows:
            found.setdefault(label, []).append(
                say(
                    "draft.odd-rows",
                    "{odd}: {rows, plural, one {# row} other {# rows}} of those looked at would be"
                    " rejected for it",
                    odd=odd_value(layout, role, column, good),
                    rows=rows,
                )
            )
    return found


_MONTHS: Final = 12


def _dates(
    pattern: str, texts: Sequence[str], named: Sequence[dt.datetime], *, complete: bool
) -> str:
    """How dates are written, with one of the file that is no month, and from when to when."""
    read = ((text, read_time(pattern, text)) for text in texts)
    good = [(text, at) for text, at in read if isinstance(at, dt.datetime)]
    example = next((text for text, at in good if at.day > _MONTHS), good[0][0])
    known: dict[str, object] = {
        "pattern": "YYYY-MM-DD" if pattern == ISO else written_pattern(pattern),
        "example": example.strip(),
        "first": min(named).date(),
        "last": max(named).date(),
    }
    if complete:
        return say("draft.dates", "{pattern}, such as {example}; {first} to {last}", **known)
    return say(
        "draft.dates-of-part",
        "{pattern}, such as {example}; {first} to {last} (of the rows looked at)",
        **known,
    )
