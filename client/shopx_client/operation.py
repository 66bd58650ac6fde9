"""What is asked of the API: pure descriptions, which either client carries out."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from shopx_client.selection import selection
from shopx_client.values import to_json

T = TypeVar("T")

PAGE_ROWS: Final = 100
"""The most rows that the API gives in one page."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that is given.

    Attributes:
        name: As the schema has it.
        type: In the schema's language, such as `[MetricId!]`.
        value: A Python value.
    """

    name: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Step:
    """A field on the way to the one that is asked for.

    Attributes:
        name: As the schema has it.
        arguments: Those that are given.
        about: The type of what else is read there: the panel's period.
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    about: Any = None


def arguments(*given: tuple[str, str, Any]) -> tuple[Argument, ...]:
    """Those of some (name, type, value) that have a value."""
    return tuple(Argument(*one) for one in given if one[2] is not None)


def new_key() -> str:
    """An idempotency key of its own for an operation that is made once and may be sent twice."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """A read: one field of one panel.

    Attributes:
        steps: The fields from the root to the one that is read.
        kind: The Python type of its value.
        pages: Names of the fields from its value to the list that comes in pages; None without.
        limit: How many rows of that list at most; None for all.
        has_currency: Whether its amounts are in the reporting currency.
    """

    steps: tuple[Step, ...]
    kind: Any
    pages: tuple[str, ...] | None = None
    limit: int | None = None
    has_currency: bool = False

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit is {self.limit}; it is at least 1, or None for all rows.")


@dataclass(frozen=True, slots=True)
class Mutation(Generic[T]):
    """A write.

    Attributes:
        step: The field, with its arguments.
        kind: The Python type of its value.
        is_repeatable: Whether carrying it out twice is the same as once.
    """

    step: Step
    kind: Any
    is_repeatable: bool


@dataclass(frozen=True, slots=True)
class Document:
    """An operation as it is sent.

    Attributes:
        text: In GraphQL.
        variables: As JSON.
    """

    text: str
    variables: dict[str, Any]


def query_document(query: Query[Any], *, rows: int | None, after: str | None) -> Document:
    """A query's operation.

    Args:
        query: What is read.
        rows: How many of a paged list, 1 to `PAGE_ROWS`; None where there is none.
        after: The cursor of the row before.
    """
    *before, last = query.steps
    if rows is not None:
        page = arguments(("first", "Int!", rows), ("after", "String", after))
        last = replace(last, arguments=last.arguments + page)
    inner = selection(query.kind)
    variables: dict[str, tuple[str, Any]] = {}
    for step in (last, *reversed(before)):
        about = "" if step.about is None else f"period {_of(step)} comparison {_of(step)} "
        if step is last:
            text = f"{_call(step, variables)}{inner}"
        else:
            text = f"{_call(step, variables)} {{ {about}{inner} }}"
        inner = text
    if query.has_currency:
        inner += " reporting { currency timezone }"
    return _document("query", inner, variables)


def _of(step: Step) -> str:
    return selection(step.about).strip()


def mutation_document(mutation: Mutation[Any]) -> Document:
    """A mutation's operation."""
    variables: dict[str, tuple[str, Any]] = {}
    text = f"{_call(mutation.step, variables)}{selection(mutation.kind)}"
    return _document("mutation", text, variables)


def _call(step: Step, variables: dict[str, tuple[str, Any]]) -> str:
    """A field with its arguments as variables, which are added."""
    if not step.arguments:
        return step.name
    texts = []
    for argument in step.arguments:
        variable = f"v{len(variables)}"
        variables[variable] = (argument.type, argument.value)
        texts.append(f"{argument.name}: ${variable}")
    return f"{step.name}({', '.join(texts)})"


def _document(verb: str, text: str, variables: dict[str, tuple[str, Any]]) -> Document:
    declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in variables.items())
    return Document(
        f"{verb}{f'({declared})' if declared else ''} {{ {text} }}",
        {name: to_json(value) for name, (_, value) in variables.items()},
    )


def walk(data: Any, names: Iterable[str]) -> Any:
    """The value at the end of some fields; None if there is none on the way."""
    for name in names:
        if data is None:
            return None
        data = data[name]
    return data
