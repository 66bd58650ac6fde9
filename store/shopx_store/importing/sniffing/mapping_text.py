"""The text of a drafted mapping: what was found in a file, with a comment at each guess."""

import json
import re
from pathlib import Path
from typing import Final

from shopx_store.importing.sniffing.layout import Layout
from shopx_store.importing.sniffing.roles import Amounts, Roles
from shopx_store.importing.sniffing.writing import ISO

_WORDS: Final = frozenset({"None", "True", "False", "in", "is", "and", "or", "not", "if", "else"})


class MappingWriter:
    """Writes the text of a mapping.

    Args:
        layout: How the file is written.
        roles: What its columns are.
        amount: How the amount of a line is computed.
    """

    def __init__(self, layout: Layout, roles: Roles, amount: Amounts) -> None:
        self._layout = layout
        self._roles = roles
        self._amount = amount
        self._aliases: dict[str, str] = {}

    def text(
        self,
        path: Path,
        name: str,
        time: str,
        style: tuple[str, str | None],
        currency: str | None,
        place: str,
        zone: str,
    ) -> str:
        """The mapping.

        Args:
            path: The file.
            name: The source's.
            time: The format of the orders' times.
            style: The signs of decimals and thousands.
            currency: Of all orders; `None` = a column has it, or it is the reporting currency.
            place: Where the currency was seen.
            zone: Of times without an offset.
        """
        roles, layout = self._roles, self._layout
        of = roles.columns
        at = self._name(of["at"])
        order = [
            self._key(),
            f"  at: {at if time == ISO else quoted(f'time({at}, {time!r})')}",
            *self._fields(("customer", "rep", "region", "channel"), "by its name"),
        ]
        if currency is None and "currency" in of:
            order.append(f"  currency: {self._name(of['currency'])}")
        line = self._line()
        sections = self._sections()
        body = ["order:", *filter(None, order), "line:", *line, *sections]
        stated = [f"  currency: {currency}  # {place or 'as given'}"] if currency else []
        written = [
            *layout.options,
            *([f"    sheet: {quoted(layout.sheet)}"] if layout.sheet is not None else []),
            *([f"    encoding: {layout.encoding}"] if layout.encoding not in {"", "utf-8"} else []),
            *(
                [f"    delimiter: {json.dumps(layout.delimiter)}"]
                if layout.delimiter not in {"", ","}
                else []
            ),
            *([f"    skip: {layout.skip}"] if layout.skip else []),
            *([f"    decimal: {quoted(style[0])}"] if style[0] != "." else []),
            *([f"    thousands: {quoted(style[1])}"] if style[1] else []),
        ]
        aliases = [f"      {alias}: {quoted(column)}" for column, alias in self._aliases.items()]
        return "\n".join(
            [
                f"# Drafted from {path.name}; each comment is a guess to look at.",
                "apiVersion: import.shopx.io/v1alpha1",
                "kind: SalesImport",
                "source:",
                f"  name: {name}  # the same for each export of this shop",
                f"  zone: {zone}  # of times without an offset",
                *stated,
                "inputs:",
                "  sales:",
                f"    format: {layout.format}",
                f"    files: {quoted(path.name)}",
                *written,
                *(["    columns:", *aliases] if aliases else []),
                *body,
                "",
            ]
        )

    def _key(self) -> str:
        column = self._roles.columns.get("key")
        return f"  key: {self._name(column)}" if column else ""

    def _line(self) -> list[str]:
        of, amount = self._roles.columns, self._amount
        product = of.get("sku") or of["name"]
        quantity = self._number("quantity") if "quantity" in of else "1"
        lines = [
            f"  product: {self._name(product)}",
            f"  quantity: {quantity}" + ("" if "quantity" in of else "  # no column has it"),
            f"  gross: {quoted(self._product(amount.gross))}  # {amount.reason}",
        ]
        if amount.discount is not None:
            lines.append(f"  discount: {quoted(self._product(amount.discount))}")
        elif amount.open_discount:
            lines.append(
                f"  # {of['discount']!r} is not used: whether {of.get('gross', 'the price')!r} is"
                " before or after it, the file does not show"
            )
        if "cost" in of:
            lines.append(f"  cost: {self._number('cost')}  # of the whole line, by its name")
        elif "profit" in of:
            net = self._product(amount.gross)
            if amount.discount:
                net += f" - {self._product(amount.discount)}"
            cost = quoted(f"{net} - {self._number('profit')}")
            lines.append(f"  cost: {cost}  # what is left of the amount without the profit")
        if self._roles.totals:
            column, text = self._roles.totals
            label = self._name(column)
            lines.append(
                "  where: " + quoted(f"coalesce({label}, '') != {text!r}") + "  # no row of totals"
            )
        return lines

    def _sections(self) -> list[str]:
        of = self._roles.columns
        lines: list[str] = []
        products = []
        if "sku" in of and "name" in of:
            products.append(f"  name: {self._name(of['name'])}")
        if "category" in of:
            products.append(f"  category: {self._name(of['category'])}")
        if "unit_cost" in of:
            products.append(f"  unit_cost: {self._number('unit_cost')}")
        if products:
            lines += ["products:", *products]
        customer = of.get("customer")
        people = [
            f"  {key}: {self._name(of[role])}"
            for key, role in (("name", "customer_name"), ("email", "email"), ("country", "country"))
            if role in of and of[role] != customer
        ]
        if customer and people:
            lines += ["customers:", *people]
        return lines

    def _fields(self, roles: tuple[str, ...], why: str) -> list[str]:
        of = self._roles.columns
        return [f"  {role}: {self._name(of[role])}  # {why}" for role in roles if role in of]

    def _product(self, roles: str) -> str:
        return " * ".join(self._number(role) for role in roles.split("*"))

    def _number(self, role: str) -> str:
        column = self._roles.columns[role]
        name = self._name(column)
        sign = self._roles.signs.get(column)
        return f"number(replace({name}, {sign!r}, ''))" if sign else name

    def _name(self, column: str) -> str:
        """The column's name in expressions."""
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) and column not in _WORDS:
            return column
        if column not in self._aliases:
            alias = re.sub(r"\W+", "_", column.lower(), flags=re.ASCII).strip("_")
            if not alias or alias[0].isdigit() or alias in _WORDS:
                alias = f"column_{self._layout.header.index(column) + 1}"
            if alias in self._aliases.values() or alias in self._layout.header:
                alias = f"{alias}_{self._layout.header.index(column) + 1}"
            self._aliases[column] = alias
        return self._aliases[column]


def quoted(text: str) -> str:
    """The text as a scalar of YAML."""
    return json.dumps(text, ensure_ascii=False)
