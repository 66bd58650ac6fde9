"""Compiled input: JSON values of a GraphQL type straight to what resolvers take.

graphql-core interprets a type anew for each value, and Strawberry converts the result once more.
Here each type becomes one function. It accepts what both accept and gives the same Python value;
anything else it refuses, and the general executor says what is wrong with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    is_required_input_field,
    type_from_ast,
    value_from_ast_untyped,
)
from graphql.language import ListValueNode, ObjectValueNode, ValueNode, VariableNode
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.maybe import Some

from shopx_api.graphql.selections import NotPlain

Coerce: TypeAlias = Callable[[Any], Any]


class Refused(Exception):  # noqa: N818 -- control flow
    """An input does not fit its type."""


def input_coercer(kind: GraphQLInputType, above: frozenset[str] = frozenset()) -> Coerce:
    """Compile a type of arguments and variables.

    Args:
        kind: The type.
        above: Names of the input types around it.

    Returns:
        A function of a JSON value; it raises `Refused`.

    Raises:
        NotPlain: The type contains itself, or builds its values in a way of its own.
    """
    if isinstance(kind, GraphQLNonNull):
        return _required(_named(kind.of_type, above))
    return _optional(_named(kind, above))


def variables_coercer(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Compile an operation's variables.

    Returns:
        A function of the variables as sent, which returns those that have a value; it raises
        `Refused`.

    Raises:
        NotPlain: As for `input_coercer`.
    """
    plans: list[tuple[str, Coerce, bool, bool, Any]] = []
    for definition in operation.variable_definitions or ():
        kind = type_from_ast(schema, definition.type)
        if kind is None or definition.directives:
            raise NotPlain
        coerce = input_coercer(kind)  # type: ignore[arg-type]
        default = None
        if definition.default_value is not None:
            default = constant(definition.default_value, coerce)
        plans.append(
            (
                definition.variable.name.value,
                coerce,
                isinstance(kind, GraphQLNonNull),
                definition.default_value is not None,
                default,
            )
        )

    def coerce_all(given: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, coerce, is_required, has_default, default in plans:
            if name in given:
                values[name] = coerce(given[name])
            elif has_default:
                values[name] = default
            elif is_required:
                raise Refused
        return values

    return coerce_all


def constant(node: ValueNode, coerce: Coerce) -> Any:
    """The value of a literal.

    Raises:
        NotPlain: It contains a variable, or does not fit.
    """
    if _has_variable(node):
        raise NotPlain
    try:
        return coerce(value_from_ast_untyped(node))
    except Refused:
        raise NotPlain from None


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_has_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)


def _required(coerce: Coerce) -> Coerce:
    def checked(value: Any) -> Any:
        if value is None:
            raise Refused
        return coerce(value)

    return checked


def _optional(coerce: Coerce) -> Coerce:
    return lambda value: None if value is None else coerce(value)


def _named(kind: GraphQLInputType, above: frozenset[str]) -> Coerce:
    """Coerce a value that is not None."""
    if isinstance(kind, GraphQLList):
        item = input_coercer(kind.of_type, above)

        def coerce_list(value: Any) -> list[Any]:
            if value.__class__ is list:
                return [item(one) for one in value]
            # A list accepts a single value as a list of one.
            return [item(value)]

        return coerce_list
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind, above)
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    if isinstance(kind, GraphQLScalarType):
        return _exact.get(kind.name) or _scalar(kind)
    raise AssertionError(kind)  # the four above are all input types


def _object(kind: GraphQLInputObjectType, above: frozenset[str]) -> Coerce:
    definition = kind.extensions["strawberry-definition"]
    if kind.name in above or definition.from_input is not None:
        raise NotPlain
    inside = above | {kind.name}
    fields: dict[str, tuple[str, Coerce]] = {}
    for name, field in kind.fields.items():
        origin = field.extensions["strawberry-definition"]
        coerce = input_coercer(field.type, inside)
        declared = origin.resolve_type(type_definition=definition)
        if isinstance(declared, StrawberryMaybe):
            coerce = _some(coerce, nullable=isinstance(declared.of_type, StrawberryOptional))
        fields[name] = (origin.python_name, coerce)
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    # As Strawberry does: what is left out and has no default is None.
    empty = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    make, one_of = definition.origin, definition.is_one_of

    def coerce_object(value: Any) -> Any:
        if not isinstance(value, dict) or (one_of and len(value) != 1):
            raise Refused
        found: dict[str, Any] = empty.copy()
        for name, given in value.items():
            known = fields.get(name)
            if known is None or (one_of and given is None):
                raise Refused
            found[known[0]] = known[1](given)
        for name in required:
            if name not in value:
                raise Refused
        return make(**found)

    return coerce_object


def _some(coerce: Coerce, *, nullable: bool) -> Coerce:
    def wrapped(value: Any) -> Any:
        if value is None and not nullable:
            raise Refused
        return Some(coerce(value))

    return wrapped


def _enum(kind: GraphQLEnumType) -> Coerce:
    members = {name: kind.coerce_input_value(name) for name in kind.values}

    def member(value: Any) -> Any:
        if value.__class__ is not str or value not in members:
            raise Refused
        return members[value]

    return member


def _scalar(kind: GraphQLScalarType) -> Coerce:
    coerce = kind.coerce_input_value

    def checked(value: Any) -> Any:
        try:
            return coerce(value)
        except Exception as error:
            raise Refused from error

    return checked


def _exactly(python: type, coerce: Coerce) -> Coerce:
    """Take values of one type as they are; others are left to GraphQL's own rules."""
    return lambda value: value if value.__class__ is python else coerce(value)


_exact: Final[dict[str, Coerce]] = {
    "String": _exactly(str, _scalar(GraphQLString)),
    "ID": _exactly(str, _scalar(GraphQLID)),
    "Boolean": _exactly(bool, _scalar(GraphQLBoolean)),
}
