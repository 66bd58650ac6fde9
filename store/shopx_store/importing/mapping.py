"""The mapping file, which defines how a source becomes sales: `import.shopx.io/v1alpha1`.

The models are the reference of the file format; `docs/import.md` explains it with examples.
"""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    model_validator,
)

from shopx_core.domain.booking_window import EARLIEST
from shopx_core.domain.money import CURRENCY
from shopx_store.importing.charges import REVENUE, ChargeKind
from shopx_store.importing.expression_compiler import parse
from shopx_store.importing.expressions import Expression
from shopx_store.importing.extent import Extent
from shopx_store.importing.inputs import CursoredInput, Input, TextInput
from shopx_store.importing.row_numbers import MOST_CHARGES

API_VERSION = "import.shopx.io/v1alpha1"
KIND = "SalesImport"


def _parsed(value: Any) -> Any:
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str | int | float):
        raise ValueError("must be an expression: a column, a literal, or a computation")  # noqa: TRY004 -- Pydantic's contract
    return parse(value)


Expr = Annotated[InstanceOf[Expression], BeforeValidator(_parsed)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("is no IANA time zone (such as Europe/Berlin or UTC)") from None
    return name


def _extent(value: Any) -> Any:
    return Extent.parse(value) if isinstance(value, str) else value


class Mode(StrEnum):
    """What it means that a source lacks a line."""

    APPEND = "append"
    """Nothing: the files are additions."""
    REPLACE = "replace"
    """The line is taken back where the files have its order: each order is complete."""
    SNAPSHOT = "snapshot"
    """The line is taken back: the files are complete."""


class KnownOrders(StrEnum):
    """What an addition does with a line without key that is new to an order known already."""

    REFUSE = "refuse"
    """It is refused where the order has lines that the files lack: it may be one of them, read
    otherwise."""
    EXTEND = "extend"
    """It is booked beside what the order has."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class SourceSpec(_Section):
    """The source's name, and how to read its times and amounts."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")
    """Identities include it: the same line from two sources counts twice."""
    zone: Annotated[str, AfterValidator(_known_zone)]
    """The zone of times without an offset."""
    clock_change: Literal["earlier", "later", "reject"] = "earlier"
    """Which instant a local time is that the clocks showed twice; what they skipped is taken with
    the offset before (`earlier`) or after (`later`) the change."""
    currency: str | None = Field(default=None, pattern=CURRENCY)
    """ISO 4217; the default of `order.currency`."""
    include: tuple[Literal[ChargeKind.SHIPPING, ChargeKind.TAX, ChargeKind.FEE], ...] = REVENUE
    """The kinds of charges that are booked, and so are revenue; by default shipping and fees."""
    mode: Mode = Mode.APPEND
    known_orders: KnownOrders = KnownOrders.REFUSE
    extent: Annotated[InstanceOf[Extent], BeforeValidator(_extent)] = Extent()
    """The orders that a snapshot stands for: all, those of the files' days, or of given days."""
    earliest: dt.date = Field(default=EARLIEST.date(), ge=EARLIEST.date())
    """A sale before this day is rejected."""
    latest: dt.date | None = None
    """A sale after this day is rejected; by default a year from now."""


class Fields(_Section):
    """A section whose expressions read one input."""

    from_: str | None = Field(default=None, alias="from")

    def expressions(self) -> Iterator[tuple[str, Expression]]:
        """The fields that are given, by name."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Expression):
                yield name, value


class OrderFields(Fields):
    """The header of an order: one row each in its own input, or repeated on its lines."""

    key: Expr | None = None
    """Unique within the source. Without it, each line is an order of its own."""
    at: Expr
    """When it was placed: the time of its sales."""
    where: Expr | None = None
    """Which rows count; the others are skipped, with their lines."""
    document: Expr | None = None
    """'sale', 'return' or 'adjustment'; by default 'sale'."""
    customer: Expr | None = None
    rep: Expr | None = None
    region: Expr | None = None
    channel: Expr | None = None
    currency: Expr | None = None
    discount: Expr | None = None
    """An amount that is taken off the order's items as a whole: it is spread over them."""
    subtotal: Expr | None = None
    """What the order's items come to after all discounts: the rest of their amounts is spread over
    them as a discount."""


class LineFields(Fields):
    """A line: a product, how many, for how much. Amounts are signed: a return's are negative."""

    order: Expr | None = None
    """The key of its order, where `order` reads another input."""
    key: Expr | None = None
    """Unique within its order. Without it, a line is known by its content."""
    where: Expr | None = None
    """Which rows count; the others are skipped."""
    kind: Expr | None = None
    """'sale', 'return' or 'correction'; by default what the document is."""
    product: Expr
    quantity: Expr
    gross: Expr
    """The line's amount before discounts, not a unit price."""
    discount: Expr | None = None
    """The line's discount as an amount; by default 0."""
    cost: Expr | None = None
    """What the line's goods cost; by default 0."""
    at: Expr | None = None
    """When a return happened; by default the order's time. Sales always have the order's."""
    charge: Expr | None = None
    """'shipping', 'tax' or 'fee', where the row is no item but a charge."""


class Charge(_Section):
    """What a row or an order has beside its items: a further line, where it has an amount."""

    kind: ChargeKind | None = None
    """By default what its name says."""
    per: Literal["order", "row"] = "order"
    """Of an order, which its rows may repeat; or of each row of the lines' input."""
    amount: Expr
    """Without a value, or 0: there is no such line. A refund's is what was given back."""
    discount: Expr | None = None
    cost: Expr | None = None
    at: Expr | None = None
    """When money was given back; by default the order's time."""
    where: Expr | None = None

    def expressions(self) -> Iterator[tuple[str, Expression]]:
        """The fields that are given, by name."""
        for name in ("amount", "discount", "cost", "at", "where"):
            value = getattr(self, name)
            if isinstance(value, Expression):
                yield name, value


class ProductFields(Fields):
    """Attributes of products."""

    key: Expr | None = None
    sku: Expr | None = None
    name: Expr | None = None
    category: Expr | None = None
    unit_cost: Expr | None = None
    list_price: Expr | None = None


class CategoryFields(Fields):
    """Attributes of categories."""

    key: Expr | None = None
    name: Expr | None = None
    parent: Expr | None = None


class CustomerFields(Fields):
    """Attributes of customers."""

    key: Expr | None = None
    name: Expr | None = None
    email: Expr | None = None
    country: Expr | None = None


class RepFields(Fields):
    """Attributes of sales representatives."""

    key: Expr | None = None
    name: Expr | None = None
    team: Expr | None = None
    region: Expr | None = None
    hired_on: Expr | None = None
    manager: Expr | None = None


def _number_style(spec: Input) -> tuple[str, str | None]:
    return (spec.decimal, spec.thousands) if isinstance(spec, TextInput) else (".", None)


class Mapping(_Section):
    """The whole file."""

    api_version: Literal["import.shopx.io/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["SalesImport"]
    source: SourceSpec
    inputs: dict[str, Input] = Field(min_length=1, max_length=20)
    order: OrderFields
    line: LineFields
    charges: dict[str, Charge] = Field(default_factory=dict, max_length=MOST_CHARGES)
    products: ProductFields | None = None
    categories: CategoryFields | None = None
    customers: CustomerFields | None = None
    reps: RepFields | None = None
    _text: str = PrivateAttr("")

    @property
    def text(self) -> str:
        """The file's text, which is kept with each import."""
        return self._text

    def with_text(self, text: str) -> Self:
        """This mapping, read from a text."""
        self._text = text
        return self

    @property
    def line_input(self) -> str:
        """The input of the lines."""
        return self._input_of(self.line, "line")

    @property
    def order_input(self) -> str:
        """The input of the headers."""
        return self.order.from_ or self.line_input

    def entities(self) -> Iterator[tuple[str, Fields, str, Expression]]:
        """Each section of reference rows: its name, itself, its input, and its key.

        Without `from`, products are read from the lines, customers and reps from the headers.
        """
        defaults = {
            "products": (self.line_input, self.line.product),
            "customers": (self.order_input, self.order.customer),
            "reps": (self.order_input, self.order.rep),
            "categories": (
                (self.products.from_ if self.products else None) or self.line_input,
                self.products.category if self.products else None,
            ),
        }
        for name, (default_input, default_key) in defaults.items():
            section: Fields | None = getattr(self, name)
            if section is None:
                continue
            chosen = section.from_ or default_input
            key: Expression | None = getattr(section, "key", None) or (
                default_key if chosen == default_input else None
            )
            if key is None:
                raise ValueError(f"{name}.key: name the column of {chosen!r} that identifies a row")
            yield name, section, chosen, key

    def charge_kind(self, name: str) -> ChargeKind:
        """What a charge is for."""
        return self.charges[name].kind or ChargeKind(name)

    def is_booked(self, name: str) -> bool:
        """Whether a charge counts; money given back always does."""
        kind = self.charge_kind(name)
        return kind is ChargeKind.REFUND or kind in self.source.include

    @property
    def looked_up(self) -> dict[str, frozenset[str]]:
        """The inputs that lookups read, with the columns."""
        found: dict[str, frozenset[str]] = {}
        for _, expression in self.all_expressions():
            for name, column in expression.lookups:
                found[name] = found.get(name, frozenset()) | {column}
        return found

    def all_expressions(self) -> Iterator[tuple[str, Expression]]:
        """Each expression, with the name of its field."""
        for name in ("order", "line", "products", "categories", "customers", "reps"):
            section: Fields | None = getattr(self, name)
            for item, expression in section.expressions() if section else ():
                yield f"{name}.{item}", expression
        for name, charge in self.charges.items():
            for item, expression in charge.expressions():
                yield f"charges.{name}.{item}", expression

    @property
    def order_charges(self) -> tuple[int, ...]:
        """The numbers of the charges that are an order's, not a row's."""
        charges = enumerate(self.charges.values(), 1)
        return tuple(number for number, charge in charges if charge.per == "order")

    @property
    def derived(self) -> frozenset[str]:
        """The sections of reference rows that are read from the facts' own rows."""
        facts = {self.line_input, self.order_input}
        return frozenset(name for name, _, chosen, _ in self.entities() if chosen in facts)

    def _input_of(self, section: Fields, name: str) -> str:
        if section.from_ is not None:
            return section.from_
        if len(self.inputs) > 1:
            raise ValueError(f"{name}.from: name one of the inputs ({', '.join(self.inputs)})")
        return next(iter(self.inputs))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        sections: list[tuple[str, Fields | None]] = [
            (name, getattr(self, name))
            for name in ("order", "line", "products", "categories", "customers", "reps")
        ]
        for name, section in sections:
            if (
                section is not None
                and section.from_ is not None
                and section.from_ not in self.inputs
            ):
                known = ", ".join(self.inputs)
                raise ValueError(f"{name}.from: {section.from_!r} is no input; there are {known}")
        if self.order_input == self.line_input:
            if self.line.order is not None:
                raise ValueError("line.order: not used, because order reads the same input")
        elif self.line.order is None or self.order.key is None:
            raise ValueError("line.order, order.key: both are needed to join two inputs")
        self._check_charges()
        self._check_lookups()
        self._check_cursors()
        if self.order.currency is None and self.source.currency is None:
            raise ValueError("source.currency: needed, because order.currency is not given")
        for _ in self.entities():
            pass  # its checks
        return self

    def _check_lookups(self) -> None:
        spec = self.inputs[self.line_input]
        style = _number_style(spec)
        for field, expression in self.all_expressions():
            for name, _ in expression.lookups:
                if name not in self.inputs:
                    known = ", ".join(self.inputs)
                    raise ValueError(f"{field}: lookup() names {name!r}; the inputs are {known}")
                if self.inputs[name].key is None:
                    raise ValueError(f"inputs.{name}.key: needed, because {field} looks it up")
                if _number_style(self.inputs[name]) != style:
                    raise ValueError(
                        f"{field}: {name!r} writes numbers otherwise (decimal, thousands) than the"
                        " lines' input does"
                    )

    def _check_cursors(self) -> None:
        for name, spec in self.inputs.items():
            if not isinstance(spec, CursoredInput) or spec.cursor is None:
                continue
            if {name} != {self.line_input, self.order_input} or name in self.looked_up:
                raise ValueError(
                    f"inputs.{name}.cursor: only for the input of both order and line, because the"
                    " rows that belong to a changed one would be left out; join them in a view"
                )
            if self.line.key is None or self.order.key is None:
                raise ValueError(
                    f"inputs.{name}.cursor: needs order.key and line.key, by which a changed row is"
                    " known"
                )
            if self.source.mode is not Mode.APPEND:
                raise ValueError(
                    f"inputs.{name}.cursor: only with source.mode append, because what did not"
                    " change would count as missing"
                )

    def _check_charges(self) -> None:
        kinds = ", ".join(ChargeKind)
        for name, charge in self.charges.items():
            if not name.isidentifier():
                raise ValueError(f"charges.{name}: a name has letters, digits and _ alone")
            if charge.kind is None and name not in set(ChargeKind):
                raise ValueError(f"charges.{name}.kind: needed, one of {kinds}")
            if charge.at is not None and self.charge_kind(name) is not ChargeKind.REFUND:
                raise ValueError(f"charges.{name}.at: only refunds have a time of their own")
        if self.order.discount is not None and self.order.subtotal is not None:
            raise ValueError("order.subtotal: either it or order.discount")
        spread = self.order.discount or self.order.subtotal
        if self.order.key is None and (self.charges or spread is not None):
            raise ValueError("order.key: needed, to know what an order's charges and discount are")
