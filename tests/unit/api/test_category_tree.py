"""Rolling categories up keeps every amount once, whatever shape the tree has."""

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shopx_api.features.products.compute import CategorySales, TreeNode, roll_up
from shopx_api.features.products.queries import CategoryRow
from shopx_core.domain.metrics import METRICS, Measure

GROSS = frozenset({Measure.GROSS})


def own(current: Mapping[int, int], previous: Mapping[int, int] | None = None) -> CategorySales:
    def rows(amounts: Mapping[int, int]) -> dict[int, dict[Measure, Decimal]]:
        return {key: {Measure.GROSS: Decimal(amount)} for key, amount in amounts.items()}

    return CategorySales(
        current=rows(current),
        previous=None if previous is None else rows(previous),
        products=dict.fromkeys(current, 1),
    )


def rolled(parents: Mapping[int, int | None], sold: CategorySales) -> list[TreeNode]:
    rows = [CategoryRow(key, parent, f"name {key}") for key, parent in parents.items()]
    return roll_up(rows, sold, GROSS, METRICS["gross"].value, "none")


def shown(nodes: list[TreeNode]) -> list[tuple[int, int | None, int, Decimal | int, int]]:
    return [
        (node.id, node.parent_id, node.depth, node.current[Measure.GROSS], node.products)
        for node in nodes
    ]


def test_everything_below_is_added_up_and_the_best_come_first() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 1, 5: None}
    nodes = rolled(parents, own({3: 10, 4: 20, 1: 1, 5: 100}))
    assert shown(nodes) == [
        (5, None, 0, 100, 1),
        (1, None, 0, 31, 3),
        (4, 1, 1, 20, 1),
        (2, 1, 1, 10, 1),
        (3, 2, 2, 10, 1),
    ]


def test_what_sold_in_neither_period_is_left_out() -> None:
    nodes = rolled({1: None, 2: 1, 3: 1, 4: None}, own({2: 5}, {3: 7}))
    assert [(node.id, node.current[Measure.GROSS], node.previous) for node in nodes] == [
        (1, 5, {Measure.GROSS: 7}),
        (2, 5, {Measure.GROSS: 0}),
        (3, 0, {Measure.GROSS: 7}),
    ]


def test_products_without_a_category_are_a_root_of_their_own() -> None:
    nodes = rolled({1: None}, own({0: 3, 1: 2}))
    assert [(node.id, node.name, node.parent_id) for node in nodes] == [
        (0, "none", None),
        (1, "name 1", None),
    ]


def test_a_category_whose_parent_is_not_there_is_a_root() -> None:
    assert shown(rolled({7: 99}, own({7: 1}))) == [(7, None, 0, 1, 1)]


def test_a_ring_is_cut_at_its_lowest_id() -> None:
    nodes = rolled({2: 4, 3: 2, 4: 3, 1: None}, own({1: 1, 2: 10, 3: 20, 4: 30}))
    assert shown(nodes) == [
        (2, None, 0, 60, 3),
        (3, 2, 1, 50, 2),
        (4, 3, 2, 30, 1),
        (1, None, 0, 1, 1),
    ]


@given(
    st.dictionaries(st.integers(1, 12), st.none() | st.integers(1, 14)),
    st.dictionaries(st.integers(1, 12), st.integers(-50, 50)),
)
def test_the_roots_add_up_to_the_whole(
    parents: dict[int, int | None], sold: dict[int, int]
) -> None:
    """In any tree, ring or forest: nothing is lost and nothing counts twice."""
    parents = {key: parent for key, parent in parents.items() if parent != key}
    sold = {key: amount for key, amount in sold.items() if key in parents}
    nodes = rolled(parents, own(sold))
    roots = [node for node in nodes if node.parent_id is None]
    assert sum(node.current[Measure.GROSS] for node in roots) == sum(sold.values())
    assert sum(node.products for node in roots) == len(sold)
    ids = [node.id for node in nodes]
    assert len(ids) == len(set(ids))
    for node in nodes:
        assert node.parent_id is None or ids.index(node.parent_id) < ids.index(node.id)
