"""One operation of a document: its variables, its price, its execution, each compiled once."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    value_from_ast_untyped,
)
from graphql.execution import get_variable_values
from graphql.language import FieldNode, VariableNode
from strawberry.execution import optimized_is_awaitable

from shopx_api.graphql import cost, panel_price
from shopx_api.graphql.cost import INTROSPECTION, Pricing
from shopx_api.graphql.documents import Document, is_mutation
from shopx_api.graphql.executor import CompiledSelectionExecutor, DocumentContext
from shopx_api.graphql.inputs import Refused, variables_coercer
from shopx_api.graphql.plan import Plan
from shopx_api.graphql.selections import DoesNotFit, NotPlain
from shopx_api.types.access import FOR_READERS
from shopx_core.errors import InvalidInput

LONG: Final = 1500
"""Characters of a document above which it takes the event loop too long to price and to compile."""
KEPT_PRICES: Final = 256
"""Prices kept of one operation; they differ by the lengths of its lists and by what it reads."""
_PRICED: Final = frozenset(
    {"period", "comparison", "zone", "filters", "by", "dimension", "metrics", "metric", "orderBy"}
)
"""The arguments on which a price depends, besides `first`."""

MAX_VARIABLE_ERRORS: Final = 50
"""As many as the general executor reports."""

_NOT_COMPILED: Final = object()


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one request."""

    given: Mapping[str, Any]
    """As sent."""
    planned: dict[str, Any] | None
    """As the plan takes them; `None` = the general executor has to coerce them."""
    coerced: Mapping[str, Any]
    """By their types, with defaults; empty where they are invalid."""
    errors: tuple[GraphQLError, ...] = ()
    """Why they are invalid."""


class Operation:
    """An operation of a valid document.

    Args:
        schema: The schema.
        document: The document, which keeps this object.
        node: The operation in it.
    """

    def __init__(
        self, schema: GraphQLSchema, document: Document, node: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._document = document
        self._node = node
        self.name = node.name.value if node.name else ""
        self.is_mutation = is_mutation(node)
        self.is_live = "live" in document.fields(node)
        """Whether it reads the present, whatever the cache's epoch is."""
        roots = document.root_fields(node)
        self.reads_schema = not roots.isdisjoint(INTROSPECTION)
        """Whether it reads the schema, which takes the general executor tens of milliseconds."""
        self.reads_data = any(not name.startswith("__") for name in roots)
        self.is_for_readers = self.is_mutation and all(
            _is_for_readers(schema, name) for name in roots
        )
        """Whether its fields themselves decide who may send it."""
        self._coerce: Callable[[Mapping[str, Any]], dict[str, Any]] | None
        try:
            self._coerce = variables_coercer(schema, node)
        except NotPlain:
            self._coerce = None
        self._lengths = tuple(sorted(_variables_of(document, {"first"})))
        self._priced = tuple(sorted(_variables_of(document, _PRICED)))
        self._defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in node.variable_definitions or ()
            if definition.default_value is not None
        }
        self._is_long = document.length > LONG
        self._prices: dict[tuple[Any, ...], cost.Cost] = {}
        self._plan: Any = _NOT_COMPILED

    def variables(self, given: Mapping[str, Any]) -> "Variables":
        """The variables by their types; they may take a while if they are long.

        Args:
            given: As sent.
        """
        try:
            if self._coerce is not None:
                planned = self._coerce(given)
                return Variables(given, planned, planned)
        except Refused:
            pass  # GraphQL's own rules say why
        coerced = get_variable_values(
            self._schema,
            self._node.variable_definitions or (),
            dict(given),
            max_errors=MAX_VARIABLE_ERRORS,
        )
        if isinstance(coerced, list):
            return Variables(given, None, {}, tuple(coerced))
        return Variables(given, None, coerced.coerced)

    async def priced(self, variables: "Variables", pricing: Pricing) -> cost.Cost:
        """As `price`, and in a thread where the document is too long for the event loop."""
        if self._is_long and self._price_key(variables, pricing) not in self._prices:
            return await asyncio.to_thread(self.price, variables, pricing)
        return self.price(variables, pricing)

    def price(self, variables: "Variables", pricing: Pricing = cost.REFERENCE) -> cost.Cost:
        """What the operation costs with these variables.

        Args:
            variables: From `variables`.
            pricing: What answers.
        """
        key = self._price_key(variables, pricing)
        known = self._prices.get(key)
        if known is None:
            if len(self._prices) >= KEPT_PRICES:
                self._prices.clear()
            known = self._prices[key] = cost.measure(
                self._schema,
                self._document,
                self._node,
                variables.coerced,
                self._given(variables),
                pricing,
            )
        return known

    def _given(self, variables: "Variables") -> dict[str, Any]:
        return {} if variables.errors else self._defaults | dict(variables.given)

    def _price_key(self, variables: "Variables", pricing: Pricing) -> tuple[Any, ...]:
        lengths, given = variables.coerced, self._given(variables)
        return (
            pricing.engine,
            *(lengths.get(name) for name in self._lengths),
            *(panel_price.shape(given.get(name)) for name in self._priced),
        )

    async def execute(
        self, context: DocumentContext, variables: "Variables", *, long_variables: bool = False
    ) -> ExecutionResult:
        """Execute the operation, by its plan where there is one and everything fits.

        Args:
            context: For the resolvers.
            variables: From `variables`.
            long_variables: Whether converting them takes too long for the event loop.

        Raises:
            InvalidInput: Long variables of a mutation need the general executor.
        """
        if variables.errors:
            return ExecutionResult(data=None, errors=list(variables.errors))
        if self.reads_schema and not self.reads_data:
            result: ExecutionResult = await asyncio.to_thread(
                self._execute, context, variables.given
            )
            return result
        if variables.planned is not None:
            if self._is_long and self._plan is _NOT_COMPILED:
                await asyncio.to_thread(self._compiled)
            plan = self._compiled()
            if plan is not None:
                try:
                    return await plan.run(context, variables.planned)
                except Refused:
                    pass  # the general executor reports why
                except DoesNotFit:
                    if self.is_mutation:
                        raise  # it was done, and would be done again
        if long_variables and self.is_mutation:
            # The general executor would convert a batch on the event loop.
            raise InvalidInput(
                "A long mutation has a directive, a variable inside a literal, or null where "
                "there must be a value.",
                hint="Pass each argument whole, as a constant or as a variable.",
            )
        return await self.execute_in_general(context, variables.given)

    async def execute_in_general(
        self, context: DocumentContext, given: Mapping[str, Any]
    ) -> ExecutionResult:
        """Execute the operation by graphql-core's executor, which understands everything.

        Args:
            context: For the resolvers.
            given: The variables as sent.
        """
        found = self._execute(context, given)
        result: ExecutionResult = await found if inspect.isawaitable(found) else found
        return result

    def _execute(self, context: DocumentContext, given: Mapping[str, Any]) -> Any:
        """An `ExecutionResult`, or something to await for it where a field is awaited."""
        if self._document.ast is None:
            raise InvalidInput("The document cannot be executed.")
        return execute(
            self._schema,
            self._document.ast,
            context_value=context,
            variable_values=dict(given),
            operation_name=self.name or None,
            executor_class=CompiledSelectionExecutor,
            is_awaitable=cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable),
        )

    def _compiled(self) -> Plan | None:
        # Only now: the cost, which was checked, bounds the work of compiling.
        if self._plan is _NOT_COMPILED:
            try:
                self._plan = Plan(self._schema, self._document, self._node)
            except NotPlain:
                self._plan = None
        return cast("Plan | None", self._plan)


def operation_of(schema: GraphQLSchema, document: Document, name: str | None) -> Operation:
    """An operation of a valid document, kept with it.

    Raises:
        InvalidInput: The document has no such operation.
    """
    node = document.operation(name)
    key = node.name.value if node.name else None
    known = document.compiled.get(key)
    if known is None:
        known = document.compiled[key] = Operation(schema, document, node)
    return cast("Operation", known)


def _variables_of(document: Document, arguments: Collection[str]) -> set[str]:
    """The variables that a document passes as some arguments, or within them."""
    found: set[str] = set()
    pending: list[Any] = [*document.operations.values(), *document.fragments.values()]
    while pending:
        node = pending.pop()
        if isinstance(node, FieldNode):
            for argument in node.arguments or ():
                if argument.name.value in arguments:
                    found |= set(_variables_in(argument.value))
        if getattr(node, "selection_set", None) is not None:
            pending.extend(node.selection_set.selections)
    return found


def _variables_in(value: Any) -> Iterator[str]:
    if isinstance(value, VariableNode):
        yield value.name.value
    for part in (*getattr(value, "values", ()), *getattr(value, "fields", ())):
        yield from _variables_in(getattr(part, "value", part))


def _is_for_readers(schema: GraphQLSchema, mutation: str) -> bool:
    kind = schema.mutation_type
    field = kind.fields.get(mutation) if kind is not None else None
    definition = field.extensions.get("strawberry-definition") if field is not None else None
    return definition is not None and FOR_READERS in definition.metadata
