"""What the columns of a file mean, by their names in several languages and by their values."""

import re
from collections.abc import Mapping
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
    sign_of,
    time_formats,
)
from shopx_store.importing.values import KIND_NUMBER, number_reader

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
_NUMERIC: Final = frozenset(
    {"quantity", "gross", "price", "discount", "cost", "unit_cost", "profit"}
)
_TOTALS: Final = re.compile(r"(grand )?totals?:?|summe:?|gesamt\w*:?|total général", re.IGNORECASE)
_UMLAUTS: Final = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "é": "e", "è": "e", "ñ": "n"})
_CENT: Final = Decimal("0.011")
_MANY: Final = Decimal("0.95")


def plain_name(name: str) -> str:
    """A column's name, for comparing."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", name).lower().translate(_UMLAUTS))


@dataclass(slots=True)
class Roles:
    """Which column has which role, and what was seen about them.

    Attributes:
        columns: By role; see `NAMES`.
        numbers: Columns whose values are all numbers.
        times: Columns whose values are all times, with the formats that read them.
        signs: The signs of currencies at the values of a column.
        totals: The column and the text that mark a row of totals.
    """

    columns: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    times: dict[str, list[str]] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    totals: tuple[str, str] | None = None


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
        column = next((one for one in fitting if _fits(found, role, one)), None)
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
    if _fits(found, role, column):
        return
    what = say("file.known-date", "date that is known") if role == "at" else KIND_NUMBER
    odd = next(
        (text for text in layout.column(column) if role == "at" or not is_number(text)), None
    )
    if odd is None:
        raise InvalidInput(
            say("file.column-empty", "The column {column} is empty.", column=repr(column)),
            hint=say("file.choose-another", "Choose another one."),
        )
    raise InvalidInput(
        say(
            "file.column-which",
            "The column {column} has {odd}, which is no {what}.",
            column=repr(column),
            odd=repr(odd),
            what=what,
        ),
        hint=say("file.choose-another", "Choose another one."),
    )


def _look(found: Roles, name: str, values: list[str]) -> None:
    if values and all(is_number(text) for text in values):
        found.numbers.append(name)
        signs = {sign for text in values if (sign := sign_of(text.lstrip("+-")))}
        if len(signs) == 1:
            found.signs[name] = signs.pop()
    if formats := time_formats(values):
        found.times[name] = formats


def _fits(found: Roles, role: str, column: str) -> bool:
    if role in _NUMERIC:
        return column in found.numbers
    return role != "at" or column in found.times


def currency_of(layout: Layout, roles: Roles) -> tuple[str | None, str]:
    """The currency that the file states, and where."""
    column = roles.columns.get("currency")
    if column is not None:
        codes = set(layout.column(column))
        if all(is_currency(code) for code in codes):
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
