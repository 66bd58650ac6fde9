"""Compiled expressions: what a mapping's fields hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopx_store.importing import values
from shopx_store.importing.functions import ValueType
from shopx_store.importing.vectors import Fault, Vector


class ExpressionError(ValueError):
    """An expression that cannot be used; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What an expression reads: the columns of one batch."""

    vectors: Mapping[str, Vector]
    size: int
    number: Callable[[Any], Any] = values.to_number
    """How this input writes numbers."""
    tables: Mapping[str, "LookupTable"] = field(default_factory=dict)
    """Other inputs by their names, for lookups."""


LookupTable = Mapping[str, Mapping[str, Any]]
"""Of an input's columns, by name, the value of each key."""

Run = Callable[[Columns], Vector]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    text: str
    kind: ValueType
    columns: frozenset[str]
    """The columns it reads."""
    run: Run
    column: str | None = None
    """The column it is, where it is nothing else; faults are attributed to it."""
    literal: Any = None
    """The value of a literal."""
    lookups: frozenset[tuple[str, str]] = frozenset()
    """The inputs and columns that it looks up."""
    sought: frozenset[tuple[str, str | None]] = frozenset()
    """The inputs that it looks up, with the column that has the key; `None` = it is computed."""

    def as_kind(self, kind: ValueType) -> Run:
        """Evaluate and convert to a kind, attributing faults to the column."""
        if kind in (self.kind, ValueType.ANY):
            return self.run
        run, column = self.run, self.column
        if kind is ValueType.NUMBER:
            return lambda columns: run(columns).map(attributed(columns.number, column))
        convert = attributed(_CONVERSIONS[kind], column)
        return lambda columns: run(columns).map(convert)


_CONVERSIONS: dict[ValueType, Callable[[Any], Any]] = {
    ValueType.TEXT: values.to_text,
    ValueType.TIME: values.to_time,
    ValueType.TRUTH: values.to_boolean,
}


def attributed(convert: Callable[..., Any], column: str | None) -> Callable[..., Any]:
    """The function, with its faults attributed to a column."""
    if column is None:
        return convert

    def call(*arguments: Any) -> Any:
        result = convert(*arguments)
        return result.of(column) if type(result) is Fault else result

    return call
