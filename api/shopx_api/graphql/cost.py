"""The cost of an operation, known before it runs.

A cost of 1 is a fifth of a millisecond, uncached, over the 1.04 million lines of the UCI data sets
on the reference machine, as `bench/pages.py` measures it (docs/performance.md); so the default
limit of 1000 is a fifth of a second, the product's goal for p95. A field costs what it declares
(`shopx_api.types.cost`), or next to nothing, and what it reads of the sales, by the arguments of
its panel (`panel_price`); the fields below a list cost as often as the list may have items. Aliases
and fragments count each time they are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    value_from_ast_untyped,
)
from graphql.language import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
)

from shopx_api.graphql import panel_price
from shopx_api.graphql.documents import Document
from shopx_api.graphql.panel_price import Engine, PanelArguments
from shopx_api.types.cost import COST, READS, Reads
from shopx_core.errors import TooComplex

LEAF: Final = 0.001
OBJECT: Final = 0.005
LIST: Final = 10
"""Items of a list that has no `first`."""
DEFAULT_FIRST: Final = 25
"""Items of a list with a `first` that is no length, which its resolver refuses."""

_NO_PANEL: Final = PanelArguments()
INTROSPECTION: Final[Mapping[str, float]] = {"__schema": 150, "__type": 20}
"""The costs of the fields that every schema has."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost and the depth of an operation."""

    total: float
    depth: int
    """Levels of fields; introspection does not count, because its standard query is deep."""
    dearest: float = 0.0
    """What the dearest panel's field reads: alone it may be answered, however long its range."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """What prices depend on besides the question."""

    engine: Engine = Engine.POSTGRES
    reporting_zone: str = "UTC"


REFERENCE: Final = Pricing()


def measure(
    schema: GraphQLSchema,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    pricing: Pricing = REFERENCE,
) -> Cost:
    """Add up the cost of an operation of a valid document.

    Args:
        schema: The schema.
        document: The document.
        operation: One of its operations.
        variables: Coerced, with their defaults.
        given: As sent, with their defaults; `None` = those of the schema.
        pricing: What answers.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        return Cost(0, 0)
    meter = _Meter(schema, document, variables, given or {}, pricing)
    return meter.selection(root, operation.selection_set, _NO_PANEL)


def check(cost: Cost, *, max_cost: float, max_depth: int) -> None:
    """Refuse an operation that costs too much.

    Raises:
        TooComplex: The cost or the depth is above its limit.
    """
    if cost.depth > max_depth:
        raise TooComplex(
            f"The operation nests {cost.depth} levels deep, above the limit of {max_depth}.",
            hint="Send several operations.",
            depth=cost.depth,
            limit=max_depth,
        )
    if cost.total - cost.dearest > max_cost:
        raise TooComplex(
            f"The operation costs {cost.total:.0f}, above the limit of {max_cost:.0f}.",
            hint="Request fewer panels at once, or shorter pages (`first`).",
            cost=round(cost.total),
            limit=round(max_cost),
        )


class _Meter:
    def __init__(
        self,
        schema: GraphQLSchema,
        document: Document,
        variables: Mapping[str, Any],
        given: Mapping[str, Any],
        pricing: Pricing,
    ) -> None:
        self._types = schema.type_map
        self._document = document
        self._variables = variables
        self._given = given
        self._pricing = pricing
        self._known: dict[tuple[str, int, PanelArguments], Cost] = {}

    def selection(self, kind: Any, selection_set: SelectionSetNode, panel: PanelArguments) -> Cost:
        # Each selection is priced once: a short text of fragments that use one another several
        # times can stand for an exponential number of fields.
        key = (kind.name, id(selection_set), panel)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._sum(kind, selection_set, panel)
        return known

    def _sum(self, kind: Any, selection_set: SelectionSetNode, panel: PanelArguments) -> Cost:
        total, depth, dearest = 0.0, 0, 0.0
        # Fragments on different object types exclude one another: an object has one type.
        either: dict[str, float] = {}
        for node in selection_set.selections:
            named = kind
            if isinstance(node, FieldNode):
                cost = self._field(kind, node, panel)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                named = self._type(condition, kind)
                cost = self.selection(named, node.selection_set, panel)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._document.fragments[node.name.value]
                named = self._type(fragment.type_condition.name.value, kind)
                cost = self.selection(named, fragment.selection_set, panel)
            else:
                continue
            depth, dearest = max(depth, cost.depth), max(dearest, cost.dearest)
            if named is not kind and isinstance(named, GraphQLObjectType):
                either[named.name] = either.get(named.name, 0.0) + cost.total
            else:
                total += cost.total
        return Cost(total + max(either.values(), default=0.0), depth, dearest)

    def _type(self, name: str | None, kind: Any) -> Any:
        if name is None or name == kind.name:
            return kind
        return self._types[name]

    def _field(self, parent: Any, node: FieldNode, panel: PanelArguments) -> Cost:
        name = node.name.value
        if name.startswith("__"):
            return Cost(INTROSPECTION.get(name, LEAF), 1)
        definition = parent.fields[name]
        own, reads = declared_cost(definition), declared_reads(definition)
        read = 0.0
        if reads:
            given, engine = self._arguments(node), self._pricing.engine
            read = sum(panel_price.price(one, panel, given, engine) for one in reads)
        if node.selection_set is None:
            return Cost(own + read, 1, read)
        if "period" in definition.args:
            zone = self._pricing.reporting_zone
            panel = panel_price.panel_arguments(self._arguments(node), parent.name, zone)
        kind, is_list = _unwrapped(definition.type)
        below = self.selection(kind, node.selection_set, panel)
        times = self._times(definition, node, is_list=is_list)
        total = own + read + times * (OBJECT + below.total)
        return Cost(total, below.depth + 1, max(read, below.dearest))

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field as they were sent; what is left out is absent."""
        found = {
            argument.name.value: value_from_ast_untyped(argument.value, dict(self._given))
            for argument in node.arguments or ()
        }
        return {name: value for name, value in found.items() if value is not Undefined}

    def _times(self, definition: Any, node: FieldNode, *, is_list: bool) -> float:
        if "first" in definition.args:
            return float(self._first(definition.args["first"], node))
        if not is_list or node.name.value in {"edges", "nodes"}:
            # The items of a connection are counted at the field that has `first`.
            return 1.0
        return float(LIST)

    def _first(self, definition: GraphQLArgument, node: FieldNode) -> int:
        value: Any = definition.default_value
        for argument in node.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    value = int(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    value = self._variables.get(argument.value.name.value, value)
        return value if isinstance(value, int) and value > 0 else DEFAULT_FIRST


def declared_cost(field: GraphQLField) -> float:
    """What a field itself costs, without the fields below it."""
    definition = field.extensions.get("strawberry-definition")
    cost: float = definition.metadata.get(COST, LEAF) if definition else LEAF
    return cost


def declared_reads(field: GraphQLField) -> tuple[Reads, ...]:
    """The queries of sales that a field makes."""
    definition = field.extensions.get("strawberry-definition")
    reads: tuple[Reads, ...] = definition.metadata.get(READS, ()) if definition else ()
    return reads


def _unwrapped(kind: GraphQLOutputType) -> tuple[Any, bool]:
    is_list = False
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        is_list = is_list or isinstance(kind, GraphQLList)
        kind = kind.of_type
    return kind, is_list
