"""What the columns of a file mean, by their names in several languages and by their values."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from shopx_core.domain.money import is_currency
from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.sniffing.layout import Layout
from shopx_store.importing.sniffing.writing import (
    SIGNS,
    bare,
    is_number,
    read_time,
    sign_of,
    time_formats,
)
from shopx_store.importing.values import number_reader

_NAMES: Final = {
    "key": (
        "orderid orderno ordernumber order invoiceno invoicenumber invoice invoiceid "
        "receiptno receiptnumber receiptid transactionid transaction saleid salesid "
        "bestellnummer bestellnr auftragsnummer auftrag rechnungsnummer belegnummer "
        "commande numerodecommande facture pedido numerodepedido"
    ),
    "at": (
        "orderdate orderedat date datetime createdat placedat invoicedate saledate "
        "salesdate transactiondate timestamp datum bestelldatum rechnungsdatum belegdatum "
        "datedecommande fecha orderdatetime time day"
    ),
    "sku": "productid sku stockcode itemid itemcode productcode articleno artikelnummer",
    "name": (
        "productname product item itemname description title producttitle artikel "
        "artikelname produkt bezeichnung produit article producto"
    ),
    "quantity": "quantity qty units count menge anzahl quantite cantidad stueck stuck",
    "gross": (
        "amount total linetotal sales revenue gross grosssales netsales lineamount "
        "subtotal betrag umsatz gesamt summe montant importe totalprice"
    ),
    "price": "price unitprice itemprice preis einzelpreis stueckpreis prixunitaire precio",
    "discount": "discount discountamount rabatt remise descuento",
    "cost": "cost linecost cogs kosten einkaufswert",
    "unit_cost": "unitcost costprice einkaufspreis",
    "profit": "profit gewinn marge",
    "customer": (
        "customerid customer customerno clientid buyer buyerid email customeremail "
        "kundennummer kundennr kunde client cliente customername kundenname"
    ),
    "customer_name": "customername kundenname buyername client kunde",
    "email": "email customeremail",
    "country": "country land pays pais countryregion",
    "rep": "salesrep rep salesperson seller verkaeufer verkaufer vendeur vendedor",
    "region": "region state province bundesland gebiet country land",
    "channel": "channel saleschannel saleschannelname kanal store shop filiale",
    "category": "category productcategory subcategory kategorie warengruppe categorie",
    "currency": "currency currencycode waehrung wahrung devise moneda",
}
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    role: tuple(names.split()) for role, names in _NAMES.items()
}
"""For each role the names of columns, best first, without anything but letters and digits."""
NUMERIC: Final = ("quantity", "gross", "price", "discount", "cost", "unit_cost", "profit")
_DECISIVE: Final = frozenset({"at", "quantity", "gross", "price", "discount"})
"""Without its column each row would be booked wrongly, or none at all: a few odd values cost their
own rows. A cost is left unknown instead."""
_TOTALS: Final = re.compile(r"(grand )?totals?:?|summe:?|gesamt\w*:?|total général", re.IGNORECASE)
_UMLAUTS: Final = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "é": "e", "è": "e", "ñ": "n"})
_CENT: Final = Decimal("0.011")
_MANY: Final = Decimal("0.95")
_MOSTLY: Final = 0.5
"""Of the values of a column that is named as a role: they decide what it is."""
_TRIED: Final = 100


def plain_name(name: str) -> str:
    """A column's name, for comparing."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", name).lower().translate(_UMLAUTS))


@dataclass(slots=True)
class Roles:
    """Which column has which role, and what was seen about them.

    Attributes:
        columns: By role; see `NAMES`.
        numbers: Columns with numbers, and how many of their values are none.
        times: Columns whose values are all times, with the formats that read them.
        signs: The signs of currencies at the values of a column.
        totals: The column and the text that mark a row of totals.
        declined: Roles that the user says no column has.
    """

    columns: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    times: dict[str, list[str]] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    totals: tuple[str, str] | None = None
    declined: frozenset[str] = frozenset()


def find_roles(layout: Layout, given: Mapping[str, str | None]) -> Roles:
    """Guess the roles of a file's columns.

    Args:
        layout: The file.
        given: What the user says about some roles: their column, or that they have none.

    Raises:
        InvalidInput: The user names a role or a column that is none, or one that does not fit.
    """
    found = Roles()
    found.totals = _totals(layout)
    found.declined = frozenset(role for role, chosen in given.items() if chosen is None)
    if found.totals:
        layout.rows.pop()
    for name in layout.header:
        _look(found, name, layout.column(name))
    _name(layout, found)
    for role, chosen in given.items():
        found.columns.pop(role, None)
        if chosen is not None:
            _expect_fitting(layout, found, role, chosen)
            found.columns[role] = chosen
    return found


def _name(layout: Layout, found: Roles) -> None:
    """Find the roles that names and values suggest."""
    plain: dict[str, str] = {}
    for name in layout.header:
        if layout.column(name):
            plain.setdefault(plain_name(name), name)
    for name in layout.header:
        # Of a field within an object, its own name.
        if "." in name and layout.column(name):
            plain.setdefault(plain_name(name.rpartition(".")[2]), name)
    for role, names in NAMES.items():
        fitting = (plain[one] for one in names if one in plain)
        mostly = role in _DECISIVE
        column = next(
            (one for one in fitting if _fits(layout, found, role, one, mostly=mostly)), None
        )
        if column is not None:
            found.columns[role] = column
    if "at" not in found.columns and len(found.times) == 1:
        found.columns["at"] = next(iter(found.times))


def _expect_fitting(layout: Layout, found: Roles, role: str, column: str) -> None:
    if role not in NAMES:
        raise InvalidInput(
            say("file.no-field", "{role} is no field.", role=repr(role)),
            hint=say("file.roles", "There are {names}.", names=list(NAMES)),
        )
    if column not in layout.header:
        raise InvalidInput(
            say("file.no-column", "There is no column {column}.", column=repr(column)),
            hint=say("file.columns-are", "There are {header}.", header=list(layout.header)),
        )
    if _fits(layout, found, role, column, mostly=True):
        return
    if not layout.column(column):
        raise InvalidInput(
            say("file.column-empty", "The column {column} is empty.", column=repr(column)),
            hint=say("file.choose-another", "Choose another one."),
        )
    raise InvalidInput(
        too_few(layout, role, column),
        hint=say("file.choose-another", "Choose another one."),
    )


def _look(found: Roles, name: str, values: list[str]) -> None:
    numbers = [text for text in values if is_number(text)]
    if numbers and _MOSTLY * len(values) <= len(numbers):
        found.numbers[name] = len(values) - len(numbers)
        signs = {sign for text in numbers if (sign := sign_of(text.lstrip("+-")))}
        if len(signs) == 1:
            found.signs[name] = signs.pop()
    if formats := time_formats(values):
        found.times[name] = formats


def _fits(layout: Layout, found: Roles, role: str, column: str, *, mostly: bool) -> bool:
    """Whether the values of a column, or most of them, are what a role needs."""
    if role in NUMERIC:
        return column in found.numbers and (mostly or not found.numbers[column])
    if role != "at" or column in found.times:
        return True
    return mostly and time_formats(layout.column(column), mostly=True) != []


def named_only(layout: Layout, roles: Roles) -> dict[str, str]:
    """Columns that are named as a role that has no column, by their values; and the role."""
    plain = {plain_name(name): name for name in reversed(layout.header) if layout.column(name)}
    used = set(roles.columns.values())
    found: dict[str, str] = {}
    for role in ("at", *NUMERIC):
        if role in roles.columns or role in roles.declined:
            continue
        for one in NAMES[role]:
            column = plain.get(one)
            if column is not None and column not in used:
                found.setdefault(column, role)
    return found


def too_few(layout: Layout, role: str, column: str) -> str:
    """Says why a column cannot have a role."""
    return say(
        "file.too-few-fit",
        "{odd}; less than half of the column fits.",
        odd=first_odd(layout, role, column),
    )


def first_odd(layout: Layout, role: str, column: str) -> str:
    """Says which value of a column is the first that does not fit a role."""
    if role != "at":
        return odd_value(layout, role, column, is_currency if role == "currency" else is_number)
    values = layout.column(column)
    # Three formats in one column are none that could be mapped.
    known = dict.fromkeys(name for text in values[:_TRIED] for name in time_formats([text]))
    unread = [text for text in values if not _is_time(known, text)]
    if unread or not known:
        return odd_value(layout, role, column, lambda text: _is_time(known, text))
    main = max(known, key=lambda name: sum(_is_time([name], text) for text in values))
    return odd_value(layout, role, column, lambda text: _is_time([main], text))


def _is_time(formats: Iterable[str], text: str) -> bool:
    return any(isinstance(read_time(name, text), dt.datetime) for name in formats)


def odd_value(layout: Layout, role: str, column: str, good: Callable[[str], bool]) -> str:
    """Says which value of a column is the first that is not good, and where."""
    number, text = next((n, text) for n, text in layout.cells(column) if not good(text))
    place = (
        say("draft.in-a-row", "in a row")
        if number is None
        else say("draft.in-row", "in row {number}", number=str(number))
    )
    about = {"column": repr(column), "text": repr(text), "place": place}
    if is_number(text) if role in NUMERIC else role == "at" and time_formats([text]):
        return say(
            "draft.odd-writing", "{column} has {text} {place}, which is written otherwise", **about
        )
    if role == "at":
        return say(
            "draft.odd-date", "{column} has {text} {place}, which is no date that is known", **about
        )
    if role == "currency":
        return say(
            "draft.odd-currency",
            "{column} has {text} {place}, which is no code of a currency",
            **about,
        )
    return say("draft.odd-number", "{column} has {text} {place}, which is no number", **about)


def currency_of(layout: Layout, roles: Roles) -> tuple[str | None, str]:
    """The currency that the file states, and where."""
    column = roles.columns.get("currency")
    if column is not None:
        codes = layout.column(column)
        if _MOSTLY * len(codes) <= sum(map(is_currency, codes)):
            return None, f"the column {column!r}"
    money = [roles.columns[role] for role in ("gross", "price") if role in roles.columns]
    for name in money:
        sign = roles.signs.get(name)
        if sign is not None and SIGNS[sign]:
            return SIGNS[sign], f"the sign {sign} in {name!r}"
        inside = re.search(r"\(([A-Z]{3})\)|\b(EUR|USD|GBP|CHF)\b", name)
        if inside:
            return inside[1] or inside[2], f"the column's name {name!r}"
    return None, ""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How a line's amount follows from the columns, and why."""

    gross: str
    discount: str | None
    reason: str
    open_discount: bool = False
    """There is a discount, and whether the amount is before or after it is unknown."""


def amounts(layout: Layout, roles: Roles, style: tuple[str, str | None]) -> Amounts | None:
    """Compare the columns with one another; fields are roles' names joined by `*`."""
    read = number_reader(*style)
    columns = roles.columns
    chosen = [
        columns[role] for role in ("quantity", "price", "gross", "discount") if role in columns
    ]
    positions = {name: layout.header.index(name) for name in chosen}
    values = [
        {name: read(bare(row[position].strip())) for name, position in positions.items()}
        for row in layout.rows
    ]
    complete = [row for row in values if all(isinstance(one, Decimal) for one in row.values())]

    def holds(formula: str) -> bool:
        if not complete:
            return False
        good = 0
        for row in complete:
            quantity, price, gross = (row[columns[role]] for role in ("quantity", "price", "gross"))
            discount = row[columns["discount"]] if "discount" in columns else Decimal(0)
            expected = {
                "before": quantity * price,
                "amount": quantity * price - discount,
                "share": quantity * price * (1 - discount),
            }[formula]
            good += abs(expected - gross) < _CENT
        return good >= _MANY * len(complete)

    if "gross" in columns and {"quantity", "price"} <= columns.keys():
        if holds("before"):
            return Amounts("gross", "discount" if "discount" in columns else None,
                           "it is quantity times price in the rows")  # fmt: skip
        if "discount" in columns and holds("amount"):
            return Amounts("quantity*price", "discount",
                           "the amount is quantity times price less the discount")  # fmt: skip
        if "discount" in columns and holds("share"):
            return Amounts("quantity*price", "quantity*price*discount",
                           "the discount is a share of quantity times price")  # fmt: skip
    if "gross" in columns:
        return Amounts("gross", None, "by its name", open_discount="discount" in columns)
    if "price" in columns and "quantity" in columns:
        return Amounts("quantity*price", None, "price is taken as of one unit",
                       open_discount="discount" in columns)  # fmt: skip
    return None


def _totals(layout: Layout) -> tuple[str, str] | None:
    """A last row that says it has the totals."""
    if not layout.rows:
        return None
    for name, text in zip(layout.header, layout.rows[-1], strict=True):
        if _TOTALS.fullmatch(text.strip()):
            return name, text.strip()
    return None
