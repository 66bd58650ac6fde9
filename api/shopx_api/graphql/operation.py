"""One operation of a document: its variables, its price, its execution, each compiled once."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)
from graphql.execution import get_variable_values
from graphql.language import FieldNode, VariableNode
from strawberry.execution import optimized_is_awaitable

from shopx_api.graphql import cost
from shopx_api.graphql.cost import INTROSPECTION
from shopx_api.graphql.documents import Document, is_mutation
from shopx_api.graphql.executor import CompiledSelectionExecutor, DocumentContext
from shopx_api.graphql.inputs import Refused, variables_coercer
from shopx_api.graphql.plan import Plan
from shopx_api.graphql.selections import DoesNotFit, NotPlain
from shopx_core.errors import InvalidInput

KEPT_PRICES: Final = 64
"""Prices kept of one operation; they differ by the lengths of its lists."""

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
        self._coerce: Callable[[Mapping[str, Any]], dict[str, Any]] | None
        try:
            self._coerce = variables_coercer(schema, node)
        except NotPlain:
            self._coerce = None
        self._lengths = tuple(sorted(set(_lengths(document))))
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

    def price(self, variables: "Variables") -> cost.Cost:
        """What the operation costs with these variables."""
        return self._price(variables.coerced)

    def _price(self, variables: Mapping[str, Any]) -> cost.Cost:
        key = tuple(variables.get(name) for name in self._lengths)
        known = self._prices.get(key)
        if known is None:
            if len(self._prices) >= KEPT_PRICES:
                self._prices.clear()
            known = cost.measure(self._schema, self._document, self._node, variables)
            self._prices[key] = known
        return known

    async def execute(self, context: DocumentContext, variables: "Variables") -> ExecutionResult:
        """Execute the operation, by its plan where there is one and everything fits.

        Args:
            context: For the resolvers.
            variables: From `variables`.
        """
        if variables.errors:
            return ExecutionResult(data=None, errors=list(variables.errors))
        if self.reads_schema and not self.reads_data:
            result: ExecutionResult = await asyncio.to_thread(
                self._execute, context, variables.given
            )
            return result
        if variables.planned is not None:
            plan = self._compiled()
            if plan is not None:
                try:
                    return await plan.run(context, variables.planned)
                except (Refused, DoesNotFit):
                    pass  # the general executor reports why
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


def _lengths(document: Document) -> Iterator[str]:
    """The variables that a document passes as `first`, the only ones that its price depends on."""
    pending: list[Any] = [*document.operations.values(), *document.fragments.values()]
    while pending:
        node = pending.pop()
        if isinstance(node, FieldNode):
            for argument in node.arguments or ():
                if argument.name.value == "first" and isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
        if getattr(node, "selection_set", None) is not None:
            pending.extend(node.selection_set.selections)
