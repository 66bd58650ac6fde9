"""Operation plans: a document compiled to calls of resolvers, kept with the document.

graphql-core interprets a document anew for each request, and Strawberry wraps each resolver. A plan
does what they do, decided beforehand: which resolvers to call with which arguments, which of them
run concurrently, and how their results become JSON values. Errors, their paths and what they make
null follow the specification as graphql-core does. What a plan does not understand (directives,
introspection, a variable inside a literal) is left to the general executor, as is every input and
every result that does not fit its type.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import CoroutineType
from typing import Any, Final, TypeAlias, cast

from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    is_required_argument,
    located_error,
)
from graphql.language import FieldNode, VariableNode
from graphql.pyutils import gather_with_cancel
from strawberry.execution import optimized_is_awaitable
from strawberry.types.base import StrawberryMaybe

from shopx_api.data.context import Context
from shopx_api.graphql.documents import Document
from shopx_api.graphql.inputs import Refused, constant, input_coercer
from shopx_api.graphql.selections import DoesNotFit, NotPlain, completer, merged

Path: TypeAlias = tuple[Any, str | int] | None
"""The path above and the last key; `None` at the root."""
Finish: TypeAlias = Callable[[Any, "Execution", Path], Any]
"""A result as JSON value, or a coroutine that returns it. Raises `DoesNotFit`, `GraphQLError`."""


class Execution:
    """One execution of a plan."""

    __slots__ = ("_nulled", "arguments", "context", "errors")

    def __init__(self, context: Context, arguments: list[dict[str, Any]]) -> None:
        self.context = context
        self.arguments = arguments
        """Of each field of the plan, by its number."""
        self.errors: list[GraphQLError] = []
        self._nulled: set[Path] = set()

    def add(self, error: GraphQLError, path: Path) -> None:
        """Note an error that made a position null; one below a null position is not told."""
        above = path
        while above is not None:
            if above in self._nulled:
                return
            above = above[0]
        if None not in self._nulled:
            self._nulled.add(path)
            self.errors.append(error)


class FieldInfo:
    """What resolvers use of `strawberry.Info`."""

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context


class Plan:
    """A compiled operation.

    Args:
        schema: The schema.
        document: A valid document.
        operation: One of its operations; its cost was checked, which bounds the work.

    Raises:
        NotPlain: The operation needs the general executor.
    """

    def __init__(
        self, schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode
    ) -> None:
        root = cast("GraphQLObjectType", schema.get_root_type(operation.operation))
        if operation.directives:
            raise NotPlain
        compiler = _Compiler(schema, document)
        compile_root = (
            compiler.object
            if operation.operation is OperationType.QUERY
            else compiler.one_after_another
        )
        try:
            self._root = compile_root(root, [operation])
        except RecursionError:
            raise NotPlain from None
        self._fields = compiler.fields

    async def run(self, context: Context, variables: Mapping[str, Any]) -> ExecutionResult:
        """Execute the operation.

        Args:
            context: For the resolvers.
            variables: As `inputs.variables_coercer` returns them.

        Raises:
            Refused: An argument needs the general executor; no resolver was called.
            DoesNotFit: A result needs it; resolvers were called.
        """
        execution = Execution(context, [field.arguments(variables) for field in self._fields])
        try:
            data = self._root(None, execution, None)
            if data.__class__ is CoroutineType:
                data = await data
        except GraphQLError as error:
            execution.add(error, None)
            data = None
        return ExecutionResult(data, execution.errors or None)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: Document) -> None:
        self._schema = schema
        self._document = document
        self.fields: list[_Field] = []

    def object(self, kind: GraphQLObjectType, nodes: Sequence[Any]) -> Finish:
        """Complete an object, some of whose fields have resolvers."""
        selected = merged(kind, nodes, self._document)
        parts = [(key, self._part(kind, key, fields)) for key, fields in selected.items()]

        def complete_object(value: Any, execution: Execution, path: Path) -> Any:
            found: dict[str, Any] = {}
            pending: list[str] = []
            try:
                for key, part in parts:
                    found[key] = made = part(value, execution, path)
                    if made.__class__ is CoroutineType:
                        pending.append(key)
            except Exception:
                _settle([found[key] for key in pending])
                raise
            return _all(found, pending) if pending else found

        return complete_object

    def one_after_another(self, kind: GraphQLObjectType, nodes: Sequence[Any]) -> Finish:
        """Complete the root of mutations: each begins when the one before it has ended."""
        selected = merged(kind, nodes, self._document)
        parts: list[tuple[str, Finish]] = []
        for key, fields in selected.items():
            number = len(self.fields)
            parts.append((key, self._part(kind, key, fields)))
            for field in self.fields[number : number + 1]:
                # The result of a batch may be long.
                field.is_completed_apart = True

        async def complete_root(value: Any, execution: Execution, path: Path) -> Any:
            found: dict[str, Any] = {}
            for key, part in parts:
                made = part(value, execution, path)
                found[key] = await made if made.__class__ is CoroutineType else made
            return found

        return complete_root

    def _part(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Finish:
        name = nodes[0].name.value
        if name == "__typename":
            return lambda _value, _execution, _path: kind.name
        definition = kind.fields.get(name)
        origin = definition.extensions.get("strawberry-definition") if definition else None
        if definition is None or origin is None or origin.extensions:
            raise NotPlain
        if origin.base_resolver is None:
            return self._attribute(origin.python_name, key, definition, nodes)
        number = len(self.fields)
        # Takes its number before the fields below it.
        field = _Field(number, key, definition, nodes)
        self.fields.append(field)
        field.finish = self._output(definition.type, nodes)
        return field.start

    def _attribute(
        self, name: str, key: str, definition: GraphQLField, nodes: list[FieldNode]
    ) -> Finish:
        try:
            plain = completer(definition.type, nodes, self._document)
        except NotPlain:
            field = _Field(-1, key, definition, nodes)
            field.finish = self._output(definition.type, nodes)
            return lambda value, execution, path: field.complete(
                getattr(value, name), execution, (path, key)
            )
        return lambda value, _execution, _path: plain(getattr(value, name))

    def _output(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> Finish:
        try:
            plain = completer(kind, nodes, self._document)
        except NotPlain:
            pass
        else:
            return lambda value, _execution, _path: plain(value)
        is_required = isinstance(kind, GraphQLNonNull)
        finish = self._named(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, nodes)

        def complete(value: Any, execution: Execution, path: Path) -> Any:
            if value is None:
                if is_required:
                    raise DoesNotFit
                return None
            return finish(value, execution, path)

        return complete

    def _named(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> Finish:
        if isinstance(kind, GraphQLObjectType):
            return self.object(kind, nodes)
        if isinstance(kind, GraphQLList):
            return _list(self._output(kind.of_type, nodes), kind.of_type)
        if isinstance(kind, GraphQLInterfaceType):
            return self._interface(kind, nodes)
        raise NotPlain

    def _interface(self, kind: GraphQLInterfaceType, nodes: list[FieldNode]) -> Finish:
        by_class: dict[type, Finish] = {
            possible.extensions["strawberry-definition"].origin: self.object(possible, nodes)
            for possible in self._schema.get_possible_types(kind)
        }

        def complete_interface(value: Any, execution: Execution, path: Path) -> Any:
            finish = by_class.get(value.__class__)
            if finish is None:
                raise DoesNotFit
            return finish(value, execution, path)

        return complete_interface


def _list(item: Finish, kind: GraphQLOutputType) -> Finish:
    is_nullable = not isinstance(kind, GraphQLNonNull)

    def complete_item(value: Any, execution: Execution, path: Path) -> Any:
        try:
            made = item(value, execution, path)
        except GraphQLError as error:
            execution.add(error, path)
            return None
        return _nullable(made, execution, path) if made.__class__ is CoroutineType else made

    # An error below an item that may not be null is that of the list.
    complete_one = complete_item if is_nullable else item

    def complete_list(values: Any, execution: Execution, path: Path) -> Any:
        if not isinstance(values, list | tuple):
            raise DoesNotFit
        found: list[Any] = []
        pending: list[int] = []
        try:
            for index, value in enumerate(values):
                made = complete_one(value, execution, (path, index))
                found.append(made)
                if made.__class__ is CoroutineType:
                    pending.append(index)
        except Exception:
            _settle([found[index] for index in pending])
            raise
        return _all(found, pending) if pending else found

    return complete_list


class _Field:
    """A field that has a resolver, or whose value has fields that have."""

    def __init__(
        self,
        number: int,
        key: str,
        definition: GraphQLField,
        nodes: list[FieldNode],
    ) -> None:
        origin = definition.extensions["strawberry-definition"]
        self._number = number
        self._key = key
        self._nodes = nodes
        self._is_required = isinstance(definition.type, GraphQLNonNull)
        self.is_completed_apart = False
        """Whether the result is completed in a thread, not on the event loop."""
        self._constants, self._variables = _arguments(definition, nodes[0])
        resolver = origin.base_resolver
        if resolver is not None:
            if resolver.parent_parameter or resolver.root_parameter:
                raise NotPlain
            self._resolve = resolver.wrapped_func
            self._is_async = resolver.is_async
            self._takes_self = resolver.self_parameter is not None
            self._info = resolver.info_parameter.name if resolver.info_parameter else None
        self.finish: Finish
        """Set once the fields below are compiled."""

    def arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that the request gives, by Python's names.

        Raises:
            Refused: A variable is null or missing where it must not be.
        """
        if not self._variables:
            return self._constants
        found = self._constants.copy()
        for name, variable, argument in self._variables:
            if variable in variables:
                value = variables[variable]
                if value is None and isinstance(argument.type, GraphQLNonNull):
                    raise Refused
                found[name] = value
            elif is_required_argument(argument):
                raise Refused
        return found

    def start(self, source: Any, execution: Execution, path: Path) -> Any:
        """Call the resolver; returns its completed result, or a coroutine that does."""
        path = (path, self._key)
        arguments = execution.arguments[self._number]
        if self._info is not None:
            arguments = {**arguments, self._info: FieldInfo(execution.context)}
        sources = (source,) if self._takes_self else ()
        if self._is_async:
            return self._call(sources, arguments, execution, path)
        try:
            result = self._resolve(*sources, **arguments)
        except Exception as error:  # noqa: BLE001 -- any failure of a resolver is a field's error
            return self._fail(error, execution, path)
        if optimized_is_awaitable(result):
            return self._await(result, execution, path)
        return self.complete(result, execution, path)

    def complete(self, value: Any, execution: Execution, path: Path) -> Any:
        """Complete a result; returns it, or a coroutine that does."""
        try:
            made = self.finish(value, execution, path)
        except DoesNotFit:
            raise
        except Exception as error:  # noqa: BLE001 -- as in `start`
            return self._fail(error, execution, path)
        return self._finished(made, execution, path) if made.__class__ is CoroutineType else made

    async def _call(
        self, sources: tuple[Any, ...], arguments: dict[str, Any], execution: Execution, path: Path
    ) -> Any:
        return await self._await(self._resolve(*sources, **arguments), execution, path)

    async def _await(self, result: Awaitable[Any], execution: Execution, path: Path) -> Any:
        try:
            value = await result
            if self.is_completed_apart:
                made = await asyncio.to_thread(self.finish, value, execution, path)
            else:
                made = self.finish(value, execution, path)
            return await made if made.__class__ is CoroutineType else made
        except DoesNotFit:
            raise
        except Exception as error:  # noqa: BLE001 -- as in `start`
            return self._fail(error, execution, path)

    async def _finished(
        self, made: Coroutine[Any, Any, Any], execution: Execution, path: Path
    ) -> Any:
        try:
            return await made
        except DoesNotFit:
            raise
        except Exception as error:  # noqa: BLE001 -- as in `start`
            return self._fail(error, execution, path)

    def _fail(self, error: Exception, execution: Execution, path: Path) -> None:
        located = located_error(error, self._nodes, _keys(path))
        if self._is_required:
            raise located
        execution.add(located, path)


def _arguments(
    definition: GraphQLField, node: FieldNode
) -> tuple[dict[str, Any], list[tuple[str, str, GraphQLArgument]]]:
    """The constant arguments by Python's names; and of the others name, variable, definition.

    What is left out is left to the resolver's own default, from which the schema's was made.
    """
    constants: dict[str, Any] = {}
    variables: list[tuple[str, str, GraphQLArgument]] = []
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, argument in definition.args.items():
        origin = argument.extensions["strawberry-definition"]
        if isinstance(origin.type, StrawberryMaybe):
            raise NotPlain
        value = given.get(name)
        if isinstance(value, VariableNode):
            variables.append((origin.python_name, value.name.value, argument))
        elif value is not None:
            constants[origin.python_name] = constant(value, input_coercer(argument.type))
    return constants, variables


async def _all(found: Any, pending: list[Any]) -> Any:
    """Await several places of a dictionary or a list, concurrently."""
    if len(pending) == 1:
        found[pending[0]] = await found[pending[0]]
    else:
        values = await gather_with_cancel(*(found[place] for place in pending))
        for place, value in zip(pending, values, strict=True):
            found[place] = value
    return found


async def _nullable(made: Coroutine[Any, Any, Any], execution: Execution, path: Path) -> Any:
    try:
        return await made
    except GraphQLError as error:
        execution.add(error, path)
        return None


def _settle(coroutines: list[Coroutine[Any, Any, Any]]) -> None:
    """Let coroutines end whose object is null already, as graphql-core does."""
    if coroutines:
        task = asyncio.ensure_future(asyncio.gather(*coroutines, return_exceptions=True))
        _settling.add(task)
        task.add_done_callback(_settling.discard)


_settling: Final[set[asyncio.Future[Any]]] = set()
"""Kept from being collected while they run."""


def _keys(path: Path) -> list[str | int]:
    keys: list[str | int] = []
    while path is not None:
        path, key = path
        keys.append(key)
    return keys[::-1]
