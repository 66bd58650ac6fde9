"""From a changed row to the orders that it concerns, by the mapping. Pure.

Nothing that a change says is booked: it only names rows. Orders are read again from the tables, by
the keys found here. A table may have several roles: its rows are orders or lines; others look
values up in it; or they are customers, products, reps, categories.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.changes.pgoutput import (
    UNCHANGED,
    Begin,
    Change,
    Commit,
    Message,
    Relation,
    Truncate,
)
from shopx_store.importing.expressions import Expression
from shopx_store.importing.inputs import PostgresInput
from shopx_store.importing.mapping import Mapping as ImportMapping
from shopx_store.importing.readers.base import resolve

FAMILIES: Final = {
    "int2": "bigint",
    "int4": "bigint",
    "int8": "bigint",
    "text": "text",
    "varchar": "text",
    "bpchar": "bpchar",
    "uuid": "uuid",
    "numeric": "numeric",
}
"""Types of keys, with the type that theirs are compared as, so that an index is used."""

Tables = Mapping[str, Mapping[str, str]]
"""Of each input, the type of each column of its table."""


class Effect(Enum):
    """What a changed row of a table means."""

    ORDER = "order"
    """The order that it names is read again."""
    ROW = "row"
    """The row is read again: it is no order."""
    SOUGHT = "sought"
    """The orders whose rows look its key up are read again."""


@dataclass(frozen=True, slots=True)
class Via:
    """Where a key is looked up: a column of an input of orders or lines."""

    input: str
    column: str


@dataclass(frozen=True, slots=True)
class Role:
    """What the rows of an input's table are.

    Attributes:
        column: The table's, which has the key; `None` = rows are not told apart.
        vias: Where the key is looked up.
        rereads: Other inputs that are read whole, because they look the key up.
        everything: Why all orders are read again; `None` = the key says which.
        may_lack_key: Whether rows without a key may be meant, because a condition leaves them out.
    """

    input: str
    effect: Effect
    column: str | None
    vias: tuple[Via, ...] = ()
    rereads: frozenset[str] = frozenset()
    everything: str | None = None
    may_lack_key: bool = False


def expect_followable(mapping: ImportMapping) -> None:
    """Require that a mapping says which order a row of its tables belongs to.

    Raises:
        InvalidInput: It reads no tables of PostgreSQL, or computes the keys of orders.
    """
    for name, spec in mapping.inputs.items():
        if not isinstance(spec, PostgresInput):
            raise InvalidInput(
                say(
                    "follow.format",
                    "inputs.{name} is {format}, and changes of a PostgreSQL database are followed.",
                    name=name,
                    format=spec.format,
                ),
                hint=say(
                    "follow.all-postgresql",
                    "Use a mapping whose inputs are all `format: postgresql`.",
                ),
            )
        if spec.cursor is not None:
            raise InvalidInput(
                say(
                    "follow.cursor",
                    "inputs.{name}.cursor: a feed that follows changes needs none.",
                    name=name,
                ),
                hint=say("follow.no-cursor", "Leave the cursor out; or do not follow changes."),
            )
    for name, expression in _order_keys(mapping):
        if expression is None:
            raise InvalidInput(
                say(
                    "follow.no-key",
                    "A changed row must say which order it is of, and the mapping has neither"
                    " order.key nor line.key.",
                ),
                hint=say("follow.map-key", "Map the column that identifies an order."),
            )
        if expression.column is None:
            raise InvalidInput(
                say(
                    "follow.computed-key",
                    "{name} is computed ({expression}), so a changed row does not say which rows"
                    " its order has.",
                    name=name,
                    expression=expression.text,
                ),
                hint=say(
                    "follow.plain-key",
                    "Map a column as it is; or read the tables by a schedule without following"
                    " changes.",
                ),
            )
    _expect_own_rows_looked_up(mapping)


def _expect_own_rows_looked_up(mapping: ImportMapping) -> None:
    """Require that lookups in orders and lines find rows of the same order.

    Raises:
        InvalidInput: One finds a row of another order, which is not read when this one is.
    """
    inputs = dict.fromkeys((mapping.order_input, mapping.line_input))
    keys = {
        name: expression and expression.column
        for name, (_, expression) in zip(inputs, _order_keys(mapping), strict=True)
    }
    for reader, expression in _readers(mapping):
        for name, column in expression.sought:
            is_own = mapping.inputs[name].key == keys.get(name) and column == keys.get(reader, "")
            if name in keys and not is_own:
                raise InvalidInput(
                    say(
                        "follow.other-orders",
                        "{expression} looks rows of other orders up, which are not read when an"
                        " order changes.",
                        expression=expression.text,
                    ),
                    hint=say(
                        "follow.other-tables",
                        "Look up in tables other than those of orders and lines; or do not follow"
                        " changes.",
                    ),
                )


def _order_keys(mapping: ImportMapping) -> Iterator[tuple[str, Expression | None]]:
    """The field that names an order in each input of orders and lines."""
    if mapping.order_input == mapping.line_input:
        name = "order.key" if mapping.order.key is not None else "line.key"
        yield name, mapping.order.key or mapping.line.key
        return
    yield "order.key", mapping.order.key
    yield "line.order", mapping.line.order


def order_columns(mapping: ImportMapping, tables: Tables) -> dict[str, str]:
    """Of the inputs of orders and lines, the table's column that names the order."""
    inputs = dict.fromkeys((mapping.order_input, mapping.line_input))
    return {
        name: _column(mapping, name, expression.column or "", tables)
        for name, (_, expression) in zip(inputs, _order_keys(mapping), strict=True)
        if expression is not None
    }


def roles(mapping: ImportMapping, tables: Tables) -> list[Role]:
    """What the rows of each input's table are.

    Raises:
        InvalidInput: A column is missing, or has a type that keys of orders cannot have.
    """
    orders = order_columns(mapping, tables)
    families = {name: FAMILIES.get(tables[name][column], "") for name, column in orders.items()}
    if len({*families.values()}) > 1 or "" in families.values():
        shown = [f"{name}.{column} ({tables[name][column]})" for name, column in orders.items()]
        raise InvalidInput(
            say("follow.keys", "The keys of orders cannot be followed: {columns}.", columns=shown),
            hint=say(
                "follow.kinds-of-keys",
                "They are whole numbers, texts, uuid or numeric, of the same kind in both tables.",
            ),
        )
    chosen = {mapping.order_input: mapping.order.where}
    chosen[mapping.line_input] = chosen.get(mapping.line_input) or mapping.line.where
    found = [
        Role(name, Effect.ORDER, column, may_lack_key=chosen[name] is not None)
        for name, column in orders.items()
    ]
    found += [_sought(mapping, name, orders, tables) for name in mapping.looked_up]
    for _, _, name, key in mapping.entities():
        if name not in orders:
            column = _known(mapping, name, key.column, tables)
            found.append(Role(name, Effect.ROW, column))
    return found


def _sought(mapping: ImportMapping, name: str, orders: Mapping[str, str], tables: Tables) -> Role:
    """The role of an input that others look values up in."""
    key = _known(mapping, name, mapping.inputs[name].key, tables)
    why = None if key else _any_order(name)
    vias: set[Via] = set()
    rereads: set[str] = set()
    for reader, expression in _readers(mapping):
        for sought, column in expression.sought:
            if sought != name:
                continue
            if reader not in orders:
                rereads.add(reader)
                continue
            found = _known(mapping, reader, column, tables)
            if key is None or found is None or not _same(tables, (name, key), (reader, found)):
                why = _any_order(name)
            else:
                vias.add(Via(reader, found))
    ordered = tuple(sorted(vias, key=lambda via: (via.input, via.column)))
    return Role(name, Effect.SOUGHT, key, ordered, frozenset(rereads), why)


def _any_order(name: str) -> str:
    return say("follow.any-order", "a changed row of {name} may concern any order", name=name)


def _readers(mapping: ImportMapping) -> Iterator[tuple[str, Expression]]:
    """Each expression, with the input whose rows it reads."""
    for _, expression in mapping.order.expressions():
        yield mapping.order_input, expression
    for _, expression in mapping.line.expressions():
        yield mapping.line_input, expression
    for charge in mapping.charges.values():
        name = mapping.order_input if charge.per == "order" else mapping.line_input
        for _, expression in charge.expressions():
            yield name, expression
    for _, section, name, key in mapping.entities():
        yield name, key
        for _, expression in section.expressions():
            yield name, expression


def _same(tables: Tables, one: tuple[str, str], other: tuple[str, str]) -> bool:
    families = {FAMILIES.get(tables[name][column]) for name, column in (one, other)}
    return len(families) == 1 and None not in families


def _column(mapping: ImportMapping, name: str, column: str, tables: Tables) -> str:
    """The table's column that a name of the mapping stands for."""
    found = resolve(mapping.inputs[name], tables[name], {column}, name)
    if column not in found:
        raise InvalidInput(
            say(
                "follow.no-column",
                "The table of {name} has no column {column}, by which its changes are followed.",
                name=name,
                column=repr(column),
            ),
            hint=say("follow.correct-columns", "Correct `columns` or the keys in the mapping."),
        )
    return found[column]


def _known(mapping: ImportMapping, name: str, column: str | None, tables: Tables) -> str | None:
    """The same, where it has a type that is compared; otherwise `None`."""
    if column is None:
        return None
    found = _column(mapping, name, column, tables)
    return found if tables[name][found] in FAMILIES else None


@dataclass(slots=True)
class Concerned:
    """What changes concern, as they are taken.

    Attributes:
        orders: The keys of orders, as texts.
        rows: Of inputs that are no orders, the keys of rows that changed.
        sought: Of inputs that are looked up, the keys that changed.
        every: Inputs to be read whole.
        everything: Why all is read again; `None` = what is named here is.
        transactions: The numbers of the transactions, modulo 2^32.
        end: The position after the last one.
        changes: How many rows changed in tables of the mapping.
        seen: How many messages there were, of whatever kind.
    """

    orders: set[str] = field(default_factory=set)
    rows: dict[str, set[str]] = field(default_factory=dict)
    sought: dict[str, set[str]] = field(default_factory=dict)
    every: set[str] = field(default_factory=set)
    everything: str | None = None
    transactions: set[int] = field(default_factory=set)
    end: int = 0
    changes: int = 0
    seen: int = 0

    @property
    def nothing(self) -> bool:
        """Whether nothing changed."""
        return not self.changes and self.everything is None

    def names(self) -> int:
        """How many keys it has."""
        others = (*self.rows.values(), *self.sought.values())
        return len(self.orders) + sum(map(len, others))


class Tracer:
    """Takes messages, and notes what they concern.

    Args:
        mapping: A followable one.
        roles: Those of its tables.
    """

    def __init__(self, mapping: ImportMapping, roles: list[Role]) -> None:
        self.found = Concerned()
        self._relations: dict[int, Relation] = {}
        self._roles: dict[tuple[str, str], list[Role]] = {}
        for role in roles:
            spec = mapping.inputs[role.input]
            if isinstance(spec, PostgresInput):
                self._roles.setdefault((spec.schema_, spec.table), []).append(role)

    def take(self, message: Message | None) -> None:
        """Take the next message."""
        self.found.seen += 1
        if isinstance(message, Begin):
            self.found.transactions.add(message.xid)
        elif isinstance(message, Commit):
            self.found.end = max(self.found.end, message.end)
        elif isinstance(message, Relation):
            self._relations[message.id] = message
        elif isinstance(message, Truncate):
            for number in message.relations:
                if self._of(number):
                    table = self._relations[number].table
                    self.found.everything = say(
                        "follow.emptied", "the table {table} was emptied", table=table
                    )
        elif isinstance(message, Change):
            for role in self._of(message.relation):
                self._take(message, self._relations[message.relation], role)

    def _of(self, number: int) -> list[Role]:
        relation = self._relations[number]
        return self._roles.get((relation.schema, relation.table), [])

    def _take(self, change: Change, relation: Relation, role: Role) -> None:
        self.found.changes += 1
        self.found.every |= role.rereads
        if role.everything is not None:
            self.found.everything = role.everything
        elif role.column is None:
            self.found.every.add(role.input)
        else:
            keys = self._keys(change, relation, role)
            if role.effect is Effect.ORDER:
                self.found.orders |= keys
            elif role.effect is Effect.ROW:
                self.found.rows.setdefault(role.input, set()).update(keys)
            else:
                self.found.sought.setdefault(role.input, set()).update(keys)

    def _keys(self, change: Change, relation: Relation, role: Role) -> set[str]:
        """The keys of a row before and after a change."""
        column = role.column or ""
        if column not in relation.columns:
            # It was added or renamed since.
            self.found.everything = say(
                "follow.column-then",
                "the table {table} had no column {column} then",
                table=relation.table,
                column=column,
            )
            return set()
        at = relation.columns.index(column)
        old = None if change.old is None else change.old[at]
        new = None if change.new is None else change.new[at]
        if role.effect is Effect.ROW:
            return {new} if isinstance(new, str) else set()
        if change.was_there and column not in relation.key:
            self.found.everything = say(
                "follow.identity-lacked",
                "the replica identity of the table {table} lacked {column}",
                table=relation.table,
                column=column,
            )
        elif new is UNCHANGED and old is None:
            self.found.everything = say(
                "follow.large-key",
                "a key of the table {table} is too large to be sent",
                table=relation.table,
            )
        elif change.new is not None and new is None and not role.may_lack_key:
            self.found.everything = say(
                "follow.row-lacks",
                "a row of the table {table} has no {column}",
                table=relation.table,
                column=column,
            )
        return {key for key in (old, new) if isinstance(key, str)}
