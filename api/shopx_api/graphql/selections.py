"""Compiled selections: data that is complete when its resolver returns, as JSON values.

The result of a panel is an object tree: attributes, lists, numbers. A selection of it without
resolvers and directives is written as Python functions, one for each object, and compiled: a page
has hundreds of figures, and calling a function for each value takes longer than the values.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, NoReturn

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    is_leaf_type,
)
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from shopx_api.graphql.documents import Document

Complete = Callable[[Any], Any]


class DoesNotFit(Exception):  # noqa: N818 -- control flow
    """A value does not fit its type."""


class NotPlain(Exception):  # noqa: N818 -- control flow
    """Something needs the general executor."""


def plain_object(
    kind: GraphQLObjectType, nodes: Sequence[FieldNode], document: Document
) -> Complete:
    """Compile the selections that several nodes of one field make from an object.

    Raises:
        NotPlain: Something below has a resolver, a directive or an interface.
    """
    text = _Text(document)
    return text.function(text.object(kind, nodes))


def completer(kind: GraphQLOutputType, fields: Sequence[FieldNode], document: Document) -> Complete:
    """Compile an output type, with what several nodes of one field select from it.

    Raises:
        NotPlain: As for `plain_object`.
    """
    text = _Text(document)
    return text.function(text.define([f"return {text.output(kind, fields, 'value')}"]))


def merged(
    kind: GraphQLObjectType, nodes: Sequence[FieldNode], document: Document
) -> dict[str, list[FieldNode]]:
    """The fields that several nodes of one field select from an object, by response name.

    Raises:
        NotPlain: A directive decides about some of them.
    """
    selected: dict[str, list[FieldNode]] = {}
    for node in nodes:
        if node.selection_set is not None:
            for field in _fields(kind, node.selection_set, document, set()):
                key = field.alias.value if field.alias else field.name.value
                selected.setdefault(key, []).append(field)
    return selected


def _fields(
    kind: GraphQLObjectType,
    selection_set: SelectionSetNode,
    document: Document,
    seen: set[str],
) -> Iterator[FieldNode]:
    for node in selection_set.selections:
        if node.directives:
            raise NotPlain
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else kind.name
            if _applies(condition, kind):
                yield from _fields(kind, node.selection_set, document, seen)
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            fragment = document.fragments[name]
            if fragment.directives:
                raise NotPlain
            if name in seen:
                continue
            seen.add(name)
            if _applies(fragment.type_condition.name.value, kind):
                yield from _fields(kind, fragment.selection_set, document, seen)


def _applies(condition: str, kind: GraphQLObjectType) -> bool:
    return condition == kind.name or any(one.name == condition for one in kind.interfaces)


def required(complete: Complete) -> Complete:
    """Complete what must not be None."""

    def checked(value: Any) -> Any:
        if value is None:
            raise DoesNotFit
        return complete(value)

    return checked


def optional(complete: Complete) -> Complete:
    """Complete what may be None."""
    return lambda value: None if value is None else complete(value)


class _Text:
    """The text of functions that call one another.

    All that it takes from a document are response names, which are identifiers; what else they use
    has a name of this class's own.

    Args:
        document: The document.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._functions: list[str] = []
        self._names: dict[str, Any] = {"DoesNotFit": DoesNotFit, "unfit": _unfit}

    def function(self, name: str) -> Complete:
        """Compile the text; returns one of its functions."""
        exec("\n".join(self._functions), self._names)  # noqa: S102 -- see the class
        complete: Complete = self._names[name]
        return complete

    def define(self, lines: Sequence[str]) -> str:
        """Add a function of `value`; returns its name."""
        name = f"f{len(self._functions)}"
        body = "\n        ".join(lines)
        self._functions.append(
            f"def {name}(value):\n    try:\n        {body}\n"
            "    except Exception as error:\n        raise DoesNotFit from error\n"
        )
        return name

    def object(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        """Add the function of a selection; returns its name."""
        lines: list[str] = []
        members: list[str] = []
        for key, fields in merged(kind, nodes, self._document).items():
            name = fields[0].name.value
            if name == "__typename":
                members.append(f"{key!r}: {kind.name!r}")
                continue
            definition = kind.fields[name]
            origin = definition.extensions.get("strawberry-definition")
            if origin is None or not origin.is_basic_field or fields[0].arguments:
                raise NotPlain
            local = f"v{len(lines)}"
            lines.append(f"{local} = value.{origin.python_name}")
            members.append(f"{key!r}: {self.output(definition.type, fields, local)}")
        return self.define([*lines, f"return {{{', '.join(members)}}}"])

    def output(self, kind: GraphQLOutputType, fields: Sequence[FieldNode], value: str) -> str:
        """The expression that completes a value.

        Args:
            kind: Its type.
            fields: What selects from it.
            value: Its name.
        """
        if not isinstance(kind, GraphQLNonNull):
            return f"(None if {value} is None else {self._named(kind, fields, value)})"
        inner = self._named(kind.of_type, fields, value)
        # Scalars and enumerations refuse None themselves.
        return (
            inner
            if is_leaf_type(kind.of_type)
            else f"({inner} if {value} is not None else unfit())"
        )

    def _named(self, kind: GraphQLOutputType, fields: Sequence[FieldNode], value: str) -> str:
        """The same for a value that is not None."""
        if isinstance(kind, GraphQLList):
            item = self.output(kind.of_type, fields, f"{value}i")
            items = f"[{item} for {value}i in {value}]"
            return f"({items} if isinstance({value}, (list, tuple)) else unfit())"
        if isinstance(kind, GraphQLObjectType):
            return f"{self.object(kind, fields)}({value})"
        if isinstance(kind, GraphQLEnumType):
            return f"{self._use(_names_of(kind))}[{value}]"
        if isinstance(kind, GraphQLScalarType):
            same = _SAME.get(kind.name)
            if same is not None:
                return f"({value} if {same.format(value)} else unfit())"
            return f"{self._use(kind.coerce_output_value)}({value})"
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            raise NotPlain
        raise AssertionError(kind)  # the five above are all output types

    def _use(self, used: Any) -> str:
        """The name by which the functions use something."""
        name = f"n{len(self._names)}"
        self._names[name] = used
        return name


def _unfit() -> NoReturn:
    raise DoesNotFit


def _names_of(kind: GraphQLEnumType) -> dict[Any, str]:
    """The names of an enumeration, by its members and by their values."""
    found: dict[Any, str] = {}
    for name, value in kind.values.items():
        given = value.value
        found[given.value if isinstance(given, Enum) else given] = name
    definition = kind.extensions.get("strawberry-definition")
    for member in definition.wrapped_cls if definition is not None else ():
        found[member] = found[member.value]
    return found


# Types with values that need no conversion; unusual values are left to the general executor.
_SAME: Final[dict[str, str]] = {
    "String": "{0}.__class__ is str",
    "ID": "{0}.__class__ is str",
    "Boolean": "{0}.__class__ is bool",
    "Int": "{0}.__class__ is int and -0x80000000 <= {0} < 0x80000000",
}
