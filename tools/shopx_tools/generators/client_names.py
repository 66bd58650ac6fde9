"""How the schema is called in the Python client, and its texts there."""

import keyword
import re
import textwrap
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

_SCALARS: Final = {
    "ID": "str", "String": "str", "Int": "int", "Float": "float", "Boolean": "bool",
    "Decimal": "Amount", "DateTime": "Instant", "Date": "Day", "SaidText": "SaidText",
}  # fmt: skip
ABOUT: Final = frozenset({"period", "comparison", "leftOut"})
"""Fields of every panel, which are read with each of its others."""
_WIDTH: Final = 96


def snake(name: str) -> str:
    """A name of the schema as Python writes it."""
    made = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    made = re.sub(r"(?<=[a-z])(?=\d+[A-Z])", "_", made).lower()
    return f"{made}_" if keyword.iskeyword(made) else made


def docstring(description: str | None, indent: str) -> str:
    """A docstring."""
    words = re.sub(r"\s+", " ", description or "").replace("\\", "\\\\").strip()
    whole = f'{indent}"""{words}"""'
    if len(whole) <= _WIDTH:
        return whole
    wrap = textwrap.TextWrapper(_WIDTH, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(wrap.wrap(f'"""{words}')) + f'\n{indent}"""'


def header(what: str, *imports: str) -> list[str]:
    """How a module begins."""
    return [f'"""{what}; written by `make generate` from the schema."""', "", *imports, ""]


class Names:
    """How the types of a schema are called in Python.

    Args:
        schema: The API's.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.node = schema.type_map["Node"]

    def is_query_class(self, kind: GraphQLNamedType) -> bool:
        """Whether its fields are asked for one by one."""
        return isinstance(kind, GraphQLObjectType) and any(
            field.args for field in kind.fields.values()
        )

    def is_panel(self, kind: GraphQLNamedType) -> bool:
        """Whether it is a panel: figures of a period."""
        return isinstance(kind, GraphQLObjectType) and kind.fields.keys() >= ABOUT

    def is_connection(self, kind: GraphQLNamedType) -> bool:
        """Whether it is a list in pages."""
        return isinstance(kind, GraphQLObjectType) and kind.fields.keys() >= {"nodes", "pageInfo"}

    def is_node(self, kind: GraphQLNamedType) -> bool:
        """Whether it has an id of its own."""
        return isinstance(kind, GraphQLObjectType) and self.node in kind.interfaces

    def attributes(self, kind: GraphQLObjectType) -> dict[str, GraphQLField]:
        """The fields of a type's model."""
        left_out = {"edges", "pageInfo", "totalCount"} if self.is_connection(kind) else set()
        return {
            name: field
            for name, field in kind.fields.items()
            if not field.args and name not in left_out
        }

    def plain(self, kind: GraphQLObjectType) -> dict[str, GraphQLField]:
        """Its fields without objects."""
        return {
            name: field
            for name, field in self.attributes(kind).items()
            if not isinstance(get_named_type(field.type), GraphQLObjectType)
        }

    def has_reference(self, kind: GraphQLNamedType) -> bool:
        """Whether it is another model where it is a part of something."""
        return (
            isinstance(kind, GraphQLObjectType)
            and self.is_node(kind)
            and self.plain(kind) != self.attributes(kind)
        )

    def model(self, kind: GraphQLNamedType, *, whole: bool) -> str:
        """The name of its model."""
        return kind.name if whole or not self.has_reference(kind) else f"{kind.name}Reference"

    def annotation(self, kind: object, prefix: str = "", *, whole: bool = False) -> str:
        """A Python annotation.

        Args:
            kind: The type in the schema.
            prefix: Of the names of models, inputs and enumerations, such as `models.`.
            whole: Whether an object with an id is the whole of it.
        """
        if isinstance(kind, GraphQLNonNull):
            return self._within(kind.of_type, prefix, whole=whole)
        return f"{self._within(kind, prefix, whole=whole)} | None"

    def _within(self, kind: object, prefix: str, *, whole: bool) -> str:
        if isinstance(kind, GraphQLList):
            return f"list[{self.annotation(kind.of_type, prefix, whole=whole)}]"
        named = get_named_type(kind)  # type: ignore[call-overload]
        if named.name in _SCALARS:
            return _SCALARS[named.name]
        if isinstance(named, GraphQLEnumType):
            return f"{'enums.' if prefix else ''}{named.name}"
        if isinstance(named, GraphQLInputObjectType):
            return f"{'inputs.' if prefix else ''}{named.name}"
        return f"{prefix}{self.model(named, whole=whole)}"


def documented(
    description: str | None, arguments: list[tuple[str, str | None]], indent: str
) -> str:
    """A docstring with the meaning of each argument."""
    summary = docstring(description, indent)
    if not arguments:
        return summary
    lines = [summary.removesuffix('"""').rstrip(), "", f"{indent}Args:"]
    inner = indent + "    "
    for name, meaning in arguments:
        words = re.sub(r"\s+", " ", meaning or "").strip()
        wrap = textwrap.TextWrapper(_WIDTH, initial_indent=inner, subsequent_indent=inner + "    ")
        lines += wrap.wrap(f"{name}: {words}")
    return "\n".join([*lines, f'{indent}"""'])
