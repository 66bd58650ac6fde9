"""Compiled selections: data that is complete when its resolver returns, as JSON values.

The result of a panel is an object tree: attributes, lists, numbers. For a selection of it without
resolvers and directives one function is compiled.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    get_nullable_type,
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
    """Compile the selections that several nodes of one field make from an object."""
    selected = merged(kind, nodes, document)
    constants: dict[str, Any] = {}
    parts: list[tuple[str, str, Complete]] = []
    for key, fields in selected.items():
        name = fields[0].name.value
        if name == "__typename":
            constants[key] = kind.name
            continue
        definition = kind.fields[name]
        origin = definition.extensions.get("strawberry-definition")
        if origin is None or not origin.is_basic_field or fields[0].arguments:
            raise NotPlain
        parts.append((key, origin.python_name, completer(definition.type, fields, document)))
    if constants:
        order = list(selected)

        def with_constants(value: Any) -> dict[str, Any]:
            found = {key: complete(getattr(value, name)) for key, name, complete in parts}
            found.update(constants)
            return {key: found[key] for key in order}

        return with_constants
    return lambda value: {key: complete(getattr(value, name)) for key, name, complete in parts}


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


def completer(kind: GraphQLOutputType, fields: Sequence[FieldNode], document: Document) -> Complete:
    """Compile an output type, with what several nodes of one field select from it.

    Raises:
        NotPlain: Something below has a resolver, a directive or an interface.
    """
    if isinstance(kind, GraphQLNonNull):
        complete = _named(kind.of_type, fields, document)
        # Scalars and enumerations refuse None themselves.
        return complete if is_leaf_type(kind.of_type) else required(complete)
    return optional(_named(kind, fields, document))


def _named(kind: GraphQLOutputType, fields: Sequence[FieldNode], document: Document) -> Complete:
    """Complete a value that is not None."""
    if isinstance(kind, GraphQLList):
        if isinstance(get_nullable_type(kind.of_type), GraphQLScalarType):
            return _scalars(kind.of_type)
        item = completer(kind.of_type, fields, document)

        def complete_list(values: Any) -> list[Any]:
            if not isinstance(values, list | tuple):
                raise DoesNotFit
            return [item(value) for value in values]

        return complete_list
    if isinstance(kind, GraphQLObjectType):
        return plain_object(kind, fields, document)
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    if isinstance(kind, GraphQLScalarType):
        return _SAME.get(kind.name) or _scalar(kind)
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        raise NotPlain
    raise AssertionError(kind)  # the five above are all output types


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


def _scalar(kind: GraphQLScalarType) -> Complete:
    coerce = kind.coerce_output_value

    def checked(value: Any) -> Any:
        try:
            return coerce(value)
        except Exception as error:
            raise DoesNotFit from error

    return checked


def _scalars(kind: GraphQLOutputType) -> Complete:
    """Complete a list of scalars, which may be long."""
    scalar = cast("GraphQLScalarType", get_nullable_type(kind))
    one = _SAME.get(scalar.name) or scalar.coerce_output_value
    nullable = scalar is kind

    def complete_list(values: Any) -> list[Any]:
        if not isinstance(values, list | tuple):
            raise DoesNotFit
        try:
            if nullable:
                return [None if value is None else one(value) for value in values]
            return [one(value) for value in values]
        except Exception as error:
            raise DoesNotFit from error

    return complete_list


def _enum(kind: GraphQLEnumType) -> Complete:
    names: dict[Any, str] = {value.value: name for name, value in kind.values.items()}

    def name_of(value: Any) -> str:
        plain = value.value if isinstance(value, Enum) else value
        try:
            return names[plain]
        except (KeyError, TypeError) as error:
            raise DoesNotFit from error

    return name_of


def _exactly(python: type) -> Complete:
    def same(value: Any) -> Any:
        if value.__class__ is not python:
            raise DoesNotFit
        return value

    return same


def _int(value: Any) -> Any:
    if value.__class__ is not int or not -(2**31) <= value < 2**31:
        raise DoesNotFit
    return value


# Types with values that need no conversion; unusual values are left to the general executor.
_SAME: Final[dict[str, Complete]] = {
    "String": _exactly(str),
    "ID": _exactly(str),
    "Boolean": _exactly(bool),
    "Int": _int,
}
