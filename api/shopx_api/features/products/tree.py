"""The category tree with everything below each node added up: pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from shopx_api.features.products.repository import CategoryRow
from shopx_api.panels.metric_values import Measures
from shopx_core.domain.metrics import Measure
from shopx_core.domain.money import EXACT, ZERO
from shopx_store.query import NONE


@dataclass(slots=True)
class Node:
    """A category with all that is below it."""

    id: int
    """0 for what is in no category."""
    parent_id: int | None
    name: str
    depth: int
    current: dict[Measure, Decimal | int]
    previous: dict[Measure, Decimal | int] | None
    """`None` without comparison."""
    products: int
    children: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Own:
    """What products directly in a category sold, by category; a category may be absent."""

    current: Mapping[int, Measures]
    previous: Mapping[int, Measures] | None
    """`None` without comparison."""
    products: Mapping[int, int]
    """How many products that was."""

    @property
    def categories(self) -> set[int]:
        """Every category with anything to show."""
        return {*self.current, *(self.previous or ()), *self.products}


def roll_up(
    rows: Iterable[CategoryRow],
    own: Own,
    measures: frozenset[Measure],
    value: Callable[[Mapping[Measure, Decimal | int]], Decimal | None],
    none_name: str,
) -> list[Node]:
    """Return the categories that sold anything in either period, parents before children.

    Args:
        rows: The whole tree. Parents that form a ring, which no import should make, are cut at the
            lowest id.
        own: What each category itself sold.
        measures: What is added up; distinct counts do not add up and must not be among them.
        value: Of the measures: siblings come by it, the highest first, those without one last.
        none_name: What the products without a category are listed under.
    """
    listed = {row.id: row for row in rows}
    if NONE in own.categories:
        listed[NONE] = CategoryRow(NONE, None, none_name)
    below: dict[int | None, list[int]] = {}
    for row in listed.values():
        below.setdefault(row.parent_id if row.parent_id in listed else None, []).append(row.id)
    seen: set[int] = set()
    # The roots first; then whatever was not reached from one is in a ring.
    roots = [
        _subtree(start, listed, below, seen, own, measures)
        for start in [*below.get(None, ()), *sorted(listed)]
        if start not in seen
    ]
    return _in_order(roots, value)


def _subtree(
    start: int,
    listed: Mapping[int, CategoryRow],
    below: Mapping[int | None, Sequence[int]],
    seen: set[int],
    own: Own,
    measures: frozenset[Measure],
) -> Node:
    seen.add(start)
    root = _node(listed[start], None, own, measures)
    found = [root]
    for node in found:
        for key in below.get(node.id, ()):
            if key not in seen:
                seen.add(key)
                node.children.append(_node(listed[key], node, own, measures))
        found.extend(node.children)
    for node in reversed(found):
        for child in node.children:
            node.products += child.products
            _add(node.current, child.current)
            if node.previous is not None and child.previous is not None:
                _add(node.previous, child.previous)
        node.children = [child for child in node.children if _sold(child)]
    return root


def _node(row: CategoryRow, parent: Node | None, own: Own, measures: frozenset[Measure]) -> Node:
    def sums(of: Mapping[int, Measures]) -> dict[Measure, Decimal | int]:
        found = of.get(row.id)
        return {measure: found[measure] if found else ZERO for measure in measures}

    return Node(
        id=row.id,
        parent_id=parent.id if parent else None,
        name=row.name,
        depth=parent.depth + 1 if parent else 0,
        current=sums(own.current),
        previous=sums(own.previous) if own.previous is not None else None,
        products=own.products.get(row.id, 0),
    )


def _add(into: dict[Measure, Decimal | int], what: Mapping[Measure, Decimal | int]) -> None:
    for measure, amount in what.items():
        into[measure] = EXACT.add(into[measure], amount)


def _sold(node: Node) -> bool:
    return bool(node.products or any(node.current.values()) or any((node.previous or {}).values()))


def _in_order(
    roots: Sequence[Node], value: Callable[[Mapping[Measure, Decimal | int]], Decimal | None]
) -> list[Node]:
    def best_first(nodes: Iterable[Node]) -> list[Node]:
        valued = [(value(node.current), node) for node in nodes]
        valued.sort(
            key=lambda pair: (
                pair[0] is None,
                -pair[0] if pair[0] is not None else ZERO,
                pair[1].name,
            )
        )
        return [node for _, node in valued]

    result: list[Node] = []
    waiting = best_first(root for root in roots if _sold(root))[::-1]
    while waiting:
        node = waiting.pop()
        result.append(node)
        waiting.extend(best_first(node.children)[::-1])
    return result
