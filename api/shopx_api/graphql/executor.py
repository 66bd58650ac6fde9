"""Execution, with a shortcut for data that needs no resolver.

The result of a panel is an object tree that is complete when its resolver returns: attributes,
lists, numbers. The general executor builds a path, a resolve info and an argument map for each
field of each object, which is most of a request's cost. For a selection without resolvers and
directives this executor compiles one function instead, keeps it with the document, and calls it.
When a value does not fit the schema (a null where there must be none), it leaves the object to the
general executor, which reports errors with paths.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
)
from graphql.execution import Executor
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from shopx_api.data.context import Context
from shopx_api.graphql.documents import Document

Complete = Callable[[Any], Any]

_MISSING: Final = object()


class _DoesNotFit(Exception):  # noqa: N818 -- control flow within this module
    """A value does not fit its type."""


class _NotPlain(Exception):  # noqa: N818 -- control flow within this module
    """A selection needs the general executor."""


@dataclass(slots=True)
class DocumentContext(Context):
    """The context of resolvers, with the executed document."""

    document: Document


class CompiledSelectionExecutor(Executor[Any]):
    """Completes objects and lists by compiled selections; its context is a `DocumentContext`."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object, by its compiled selection if there is one."""
        plan = self._plan(return_type, field_details_list)
        if plan is not None:
            try:
                return plan(result)
            except _DoesNotFit:
                pass
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a list, by the compiled selection of its items if there is one."""
        if isinstance(result, list):
            try:
                complete = self._item(return_type.of_type, field_details_list)
                return [complete(item) for item in result]
            except (_DoesNotFit, _NotPlain):
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _item(self, kind: GraphQLOutputType, field_details_list: Any) -> Complete:
        named = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(named, GraphQLObjectType):
            plan = self._plan(named, field_details_list)
            if plan is None:
                raise _NotPlain
            return _required(plan) if named is not kind else _optional(plan)
        return _completer(kind, (), self._document)

    def _plan(self, kind: GraphQLObjectType, field_details_list: Any) -> Complete | None:
        plans = self._document.plans
        # The document keeps its nodes, so that their ids stay unique.
        key = (kind.name, *(id(details.node) for details in field_details_list))
        plan = plans.get(key, _MISSING)
        if plan is _MISSING:
            nodes = [details.node for details in field_details_list]
            try:
                plan = _object(kind, nodes, self._document)
            except _NotPlain:
                plan = None
            plans[key] = plan
        return plan  # type: ignore[no-any-return]

    @property
    def _document(self) -> Document:
        return self.context_value.document  # type: ignore[no-any-return]


def _object(kind: GraphQLObjectType, nodes: Sequence[FieldNode], document: Document) -> Complete:
    """Compile the selections that several nodes of one field make from an object."""
    selected: dict[str, list[FieldNode]] = {}
    for node in nodes:
        if node.selection_set is not None:
            for field in _fields(kind, node.selection_set, document, set()):
                key = field.alias.value if field.alias else field.name.value
                selected.setdefault(key, []).append(field)
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
            raise _NotPlain
        parts.append((key, origin.python_name, _completer(definition.type, fields, document)))
    if constants:
        order = list(selected)

        def with_constants(value: Any) -> dict[str, Any]:
            found = {key: complete(getattr(value, name)) for key, name, complete in parts}
            found.update(constants)
            return {key: found[key] for key in order}

        return with_constants
    return lambda value: {key: complete(getattr(value, name)) for key, name, complete in parts}


def _fields(
    kind: GraphQLObjectType,
    selection_set: SelectionSetNode,
    document: Document,
    seen: set[str],
) -> Iterator[FieldNode]:
    for node in selection_set.selections:
        if node.directives:
            raise _NotPlain
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
                raise _NotPlain
            if name in seen:
                continue
            seen.add(name)
            if _applies(fragment.type_condition.name.value, kind):
                yield from _fields(kind, fragment.selection_set, document, seen)


def _applies(condition: str, kind: GraphQLObjectType) -> bool:
    return condition == kind.name or any(one.name == condition for one in kind.interfaces)


def _completer(
    kind: GraphQLOutputType, fields: Sequence[FieldNode], document: Document
) -> Complete:
    if isinstance(kind, GraphQLNonNull):
        return _required(_named(kind.of_type, fields, document))
    return _optional(_named(kind, fields, document))


def _named(kind: GraphQLOutputType, fields: Sequence[FieldNode], document: Document) -> Complete:
    """Complete a value that is not None."""
    if isinstance(kind, GraphQLList):
        item = _completer(kind.of_type, fields, document)

        def complete_list(values: Any) -> list[Any]:
            if not isinstance(values, list | tuple):
                raise _DoesNotFit
            return [item(value) for value in values]

        return complete_list
    if isinstance(kind, GraphQLObjectType):
        return _object(kind, fields, document)
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    if isinstance(kind, GraphQLScalarType):
        return _SAME.get(kind.name) or _scalar(kind)
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        raise _NotPlain
    raise AssertionError(kind)  # the five above are all output types


def _required(complete: Complete) -> Complete:
    def checked(value: Any) -> Any:
        if value is None:
            raise _DoesNotFit
        return complete(value)

    return checked


def _optional(complete: Complete) -> Complete:
    return lambda value: None if value is None else complete(value)


def _scalar(kind: GraphQLScalarType) -> Complete:
    coerce = kind.coerce_output_value

    def checked(value: Any) -> Any:
        try:
            return coerce(value)
        except Exception as error:
            raise _DoesNotFit from error

    return checked


def _enum(kind: GraphQLEnumType) -> Complete:
    names: dict[Any, str] = {value.value: name for name, value in kind.values.items()}

    def name_of(value: Any) -> str:
        plain = value.value if isinstance(value, Enum) else value
        try:
            return names[plain]
        except (KeyError, TypeError) as error:
            raise _DoesNotFit from error

    return name_of


def _exactly(python: type) -> Complete:
    def same(value: Any) -> Any:
        if value.__class__ is not python:
            raise _DoesNotFit
        return value

    return same


# Types with values that need no conversion; unusual values are left to the general executor.
_SAME: Final[dict[str, Complete]] = {
    "String": _exactly(str),
    "ID": _exactly(str),
    "Boolean": _exactly(bool),
}
