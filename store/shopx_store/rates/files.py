"""Reads exchange rates from files: pure, apart from opening them.

Two layouts are known by their header:

- a row a day and a column a currency, as the European Central Bank publishes them (`eurofxref` as
  CSV, XML or a zip of either): how many units of each currency one unit of a base is worth;
- a row a rate, with the columns `currency`, `day` (or `date`) and `rate`: how many units of the
  reporting currency one unit of the currency is worth.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path

from shopx_core.domain.money import is_currency
from shopx_core.errors import InvalidInput

MAX_BYTES = 64 << 20
"""Of a file, unpacked; the European Central Bank's, since 1999, has less than 2 MB."""
QUOTIENTS = Context(prec=16)
"""Published rates have five or six significant digits."""

_CUBE = re.compile(r"<Cube\s+([^<>]*?)/?>")
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*(?:'([^']*)'|"([^"]*)")""")
_LONG_DAY = "%d %B %Y"
_NONE = frozenset({"", "N/A", "-"})


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of the reporting currency for one unit of `currency`, from `day` on."""

    currency: str
    day: dt.date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class _Quote:
    """Units of `currency` for one unit of the base."""

    currency: str
    day: dt.date
    units: Decimal


def read_rates(path: Path, reporting: str, base: str) -> list[Rate]:
    """Read a file of rates.

    Args:
        path: CSV, XML, or a zip with one of them.
        reporting: The reporting currency.
        base: What one unit of is quoted, in a file with a column for each currency.

    Raises:
        InvalidInput: The file cannot be read, or a value is no rate; the message names the line.
    """
    name, text = _text(path)
    if text.lstrip().startswith("<"):
        return _converted(list(_xml(text, name)), reporting, base, name)
    lines = text.splitlines()
    header = lines[0] if lines else ""
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    comma = delimiter != ","
    try:
        names = [cell.strip() for cell in next(rows, [])]
        lowered = [cell.lower() for cell in names]
        if "currency" in lowered and "rate" in lowered and {"day", "date"} & set(lowered):
            return list(_long(rows, lowered, name, comma=comma))
        if lowered[:1] == ["date"] and any(map(is_currency, names)):
            return _converted(list(_wide(rows, names, name, comma=comma)), reporting, base, name)
    except csv.Error as error:
        raise InvalidInput(f"{name}, line {rows.line_num}: {error}.") from None
    raise InvalidInput(
        f"{name} has no known layout; its header is {header[:200]!r}.",
        hint="Give it the columns currency, day and rate, or take the European Central Bank's"
        " eurofxref-hist.csv.",
    )


def _text(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.") from None
    name = str(path)
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [item for item in archive.namelist() if not item.endswith("/")]
                if len(members) != 1:
                    raise InvalidInput(f"{path} holds {len(members)} files, and one is needed.")
                with archive.open(members[0]) as member:
                    data = member.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise InvalidInput(f"{path} is no readable zip file: {error}.") from None
        name = f"{path}/{members[0]}"
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"{name} is larger than {MAX_BYTES:,} bytes.")
    try:
        return name, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is not UTF-8 text (byte {error.start}).") from None


def _xml(text: str, name: str) -> Iterator[_Quote]:
    day: dt.date | None = None
    for match in _CUBE.finditer(text):
        place = f"{name}, line {text.count(chr(10), 0, match.start()) + 1}"
        found = {key: one or other for key, one, other in _ATTRIBUTE.findall(match[1])}
        if "time" in found:
            day = _day(found["time"], place)
        elif "currency" in found and day is not None:
            units = _number(found.get("rate", ""), place, comma=False)
            yield _Quote(_code(found["currency"], place), day, units)


def _wide(
    rows: Iterator[list[str]], names: list[str], name: str, *, comma: bool
) -> Iterator[_Quote]:
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        place = f"{name}, line {line}"
        day = _day(row[0], place)
        for code, cell in zip(names[1:], row[1:], strict=False):
            if code and cell.strip() not in _NONE:
                where = f"{place} ({code})"
                yield _Quote(_code(code, where), day, _number(cell, where, comma=comma))


def _long(rows: Iterator[list[str]], names: list[str], name: str, *, comma: bool) -> Iterator[Rate]:
    currency, rate = names.index("currency"), names.index("rate")
    day = names.index("day" if "day" in names else "date")
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        place = f"{name}, line {line}"
        if len(row) != len(names):
            raise InvalidInput(f"{place}: {len(row)} fields instead of {len(names)}.")
        yield Rate(
            _code(row[currency], place),
            _day(row[day], place),
            _number(row[rate], place, comma=comma),
        )


def _converted(quotes: list[_Quote], reporting: str, base: str, name: str) -> list[Rate]:
    """Rates into the reporting currency; days on which it has none are left out."""
    of_day: dict[dt.date, Decimal] = {quote.day: Decimal(1) for quote in quotes}
    if reporting != base:
        of_day = {quote.day: quote.units for quote in quotes if quote.currency == reporting}
    if not of_day:
        raise InvalidInput(
            f"{name} has no rate of the reporting currency, {reporting}.",
            hint="Take a file that has it, or give the columns currency, day and rate.",
        )
    rates = [
        Rate(quote.currency, quote.day, QUOTIENTS.divide(of_day[quote.day], quote.units))
        for quote in quotes
        if quote.day in of_day and quote.currency != reporting
    ]
    if reporting != base:
        rates += [Rate(base, day, rate) for day, rate in of_day.items()]
    return rates


def _day(text: str, place: str) -> dt.date:
    text = text.strip()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return dt.datetime.strptime(text, _LONG_DAY).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        raise InvalidInput(f"{place}: {text!r} is no day such as 2026-01-31.") from None


def _code(text: str, place: str) -> str:
    text = text.strip()
    if not is_currency(text):
        raise InvalidInput(f"{place}: {text!r} is no currency code (three capital letters).")
    return text


def _number(text: str, place: str, *, comma: bool) -> Decimal:
    text = text.strip()
    if comma and "." not in text:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0:
        raise InvalidInput(f"{place}: {text!r} is no rate above 0.")
    return number
