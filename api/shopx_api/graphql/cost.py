"""What an operation would cost, known before it runs.

A cost of 1 is a fifth of a millisecond, uncached, over the 1.04 million lines of the UCI data sets
on the reference machine, as `bench/pages.py` measures it (docs/performance.md); so the default
limit of 1000 is a fifth of a second, the product's goal for p95. A field costs what `COSTS` says
for its type, or next to nothing; what is below a list costs as often as the list may have items.
Aliases and fragments count each time they are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.language import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
)

from shopx_api.graphql.documents import Document
from shopx_core.errors import TooComplex

LEAF: Final = 0.01
OBJECT: Final = 0.05
LIST: Final = 10
"""Items of a list that has no `first`."""
DEFAULT_FIRST: Final = 25

COSTS: Final[Mapping[str, float]] = {
    "Query.sales": 8,
    "Query.products": 8,
    "Query.customers": 8,
    "Query.reps": 8,
    "Query.profitability": 8,
    "Query.freshness": 15,
    "Query.filterOptions": 15,
    "Query.reporting": 8,
    "Query.node": 10,
    "Query.product": 10,
    "Query.customer": 10,
    "Query.rep": 10,
    "Query.order": 10,
    "Sales.kpis": 12,
    "Sales.series": 20,
    "Sales.breakdown": 100,
    "Sales.heatmap": 25,
    "Sales.live": 15,
    "Products.ranking": 300,
    "Products.abc": 190,
    "Products.categoryTree": 150,
    "Products.trend": 100,
    "Products.discountBands": 510,
    "Products.pairs": 450,
    "Customers.kpis": 12,
    "Customers.segments": 12,
    "Customers.rfm": 12,
    "Customers.cohorts": 12,
    "Customers.lifetimeValue": 25,
    "Customers.newVersusReturning": 190,
    "Customers.top": 110,
    "Reps.leaderboard": 12,
    "Profitability.waterfall": 10,
    "Profitability.by": 100,
    "Profitability.series": 22,
    "Profitability.lossMakers": 430,
    "Customer.sales": 8,
    "Customer.orders": 15,
    "Product.sales": 8,
    "SalesRep.sales": 8,
    "SalesRep.attainment": 8,
    "Query.__schema": 150,
    "Query.__type": 20,
}
"""By `Type.field`; `tests/contract` checks that each exists."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation would cost."""

    total: float
    depth: int
    """Levels of fields; introspection does not count, for its standard query is deep."""


def measure(
    schema: GraphQLSchema,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Cost:
    """Price an operation of a valid document."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return Cost(0, 0)
    return _Meter(schema, document, variables).selection(root, operation.selection_set)


def check(cost: Cost, *, max_cost: float, max_depth: int) -> None:
    """Refuse what costs too much.

    Raises:
        TooComplex: The cost or the depth is above its limit.
    """
    if cost.depth > max_depth:
        raise TooComplex(
            f"The operation nests {cost.depth} levels deep, above the limit of {max_depth}.",
            hint="Ask in several operations.",
            depth=cost.depth,
            limit=max_depth,
        )
    if cost.total > max_cost:
        raise TooComplex(
            f"The operation costs {cost.total:.0f}, above the limit of {max_cost:.0f}.",
            hint="Ask for fewer panels at once, or for shorter pages (`first`).",
            cost=round(cost.total),
            limit=round(max_cost),
        )


class _Meter:
    def __init__(
        self, schema: GraphQLSchema, document: Document, variables: Mapping[str, Any]
    ) -> None:
        self._types = schema.type_map
        self._document = document
        self._variables = variables
        self._known: dict[tuple[str, int], Cost] = {}

    def selection(self, kind: Any, selection_set: SelectionSetNode) -> Cost:
        # Each selection is priced once: fragments that use one another several times are a short
        # text for an exponential number of fields.
        key = (kind.name, id(selection_set))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._sum(kind, selection_set)
        return known

    def _sum(self, kind: Any, selection_set: SelectionSetNode) -> Cost:
        total, depth = 0.0, 0
        # What is asked of one type or of another: an object is of one of them alone.
        either: dict[str, float] = {}
        for node in selection_set.selections:
            named = kind
            if isinstance(node, FieldNode):
                cost = self._field(kind, node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                named = self._type(condition, kind)
                cost = self.selection(named, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._document.fragments[node.name.value]
                named = self._type(fragment.type_condition.name.value, kind)
                cost = self.selection(named, fragment.selection_set)
            else:
                continue
            depth = max(depth, cost.depth)
            if named is not kind and isinstance(named, GraphQLObjectType):
                either[named.name] = either.get(named.name, 0.0) + cost.total
            else:
                total += cost.total
        return Cost(total + max(either.values(), default=0.0), depth)

    def _type(self, name: str | None, kind: Any) -> Any:
        if name is None or name == kind.name:
            return kind
        return self._types[name]

    def _field(self, parent: Any, node: FieldNode) -> Cost:
        name = node.name.value
        own = COSTS.get(f"{parent.name}.{name}", LEAF)
        if name.startswith("__"):
            return Cost(own, 1)
        if node.selection_set is None:
            return Cost(own, 1)
        kind, is_list = _unwrapped(parent.fields[name].type)
        below = self.selection(kind, node.selection_set)
        times = self._times(parent.fields[name], node, is_list=is_list)
        return Cost(own + times * (OBJECT + below.total), below.depth + 1)

    def _times(self, definition: Any, node: FieldNode, *, is_list: bool) -> float:
        if "first" in definition.args:
            return float(self._first(node))
        if not is_list or node.name.value in {"edges", "nodes"}:
            # The items of a connection are counted at the field that has `first`.
            return 1.0
        return float(LIST)

    def _first(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value: Any = None
                if isinstance(argument.value, IntValueNode):
                    value = int(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    value = self._variables.get(argument.value.name.value)
                if isinstance(value, int) and value > 0:
                    return value
        return DEFAULT_FIRST


def _unwrapped(kind: GraphQLOutputType) -> tuple[Any, bool]:
    is_list = False
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        is_list = is_list or isinstance(kind, GraphQLList)
        kind = kind.of_type
    return kind, is_list
