"""Prices follow what a question reads: range, comparison, filters, grouping, metrics, engine."""

from itertools import combinations, product
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from shopx_api.graphql import cost
from shopx_api.graphql.cost import Pricing
from shopx_api.graphql.documents import Documents
from shopx_api.graphql.operation import operation_of
from shopx_api.graphql.panel_price import (
    _FILTERS,
    HISTORY,
    PRICES,
    Engine,
    PanelArguments,
    days_of,
    readings,
)
from shopx_api.graphql.schema import schema
from shopx_core.errors import TooComplex

CORE = schema._schema
BOTH = [Engine.COLUMNS, Engine.POSTGRES]
MONTH = {"days": {"from": "2026-01-01", "to": "2026-01-31"}}
YEARS = {"days": {"from": "2024-01-01", "to": "2026-12-31"}}


def total(text: str, engine: Engine = Engine.POSTGRES, **given: Any) -> float:
    found = Documents(CORE).get(text)
    assert not found.errors, found.errors
    asked = operation_of(CORE, found, None)
    return asked.price(asked.variables(given), Pricing(engine, "Europe/Berlin")).total


def panel(field: str, *arguments: str, name: str = "sales") -> str:
    head = f"({', '.join(arguments)})" if arguments else ""
    return f"{{ {name}{head} {{ {field} }} }}"


def days(first: str, last: str) -> str:
    return f'period: {{days: {{from: "{first}", to: "{last}"}}}}'


KPIS = "kpis { value }"
LONG = days("2024-01-01", "2026-12-31")
TWO = 'filters: {products: ["a"], regions: ["b"]}'


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(
    ("cheaper", "dearer"),
    [
        (panel(KPIS), panel(KPIS, LONG)),
        (panel(KPIS, LONG), panel(KPIS, LONG, "comparison: {}")),
        (panel(KPIS, LONG), panel(KPIS, LONG, 'filters: {products: ["a"]}')),
        (panel(KPIS, LONG, 'filters: {regions: ["b"]}'), panel(KPIS, LONG, TWO)),
        (panel(KPIS, LONG), panel("kpis(metrics: [CUSTOMERS]) { value }", LONG, TWO)),
        (
            panel("breakdown(by: REGION) { nodes { id } }", LONG),
            panel("breakdown(by: PRODUCT) { nodes { id } }", LONG),
        ),
        (panel("heatmap { values }"), panel("heatmap { values }", LONG)),
    ],
    ids=["range", "comparison", "filter", "two filters", "counts", "grouping", "hours"],
)
def test_what_reads_more_costs_more(cheaper: str, dearer: str, engine: Engine) -> None:
    assert total(cheaper, engine) < total(dearer, engine)


def test_the_zone_of_the_rollups_is_cheaper() -> None:
    ours, theirs = 'zone: "Europe/Berlin"', 'zone: "Asia/Tokyo"'
    assert (
        total(panel(KPIS, LONG, ours))
        == total(panel(KPIS, LONG))
        < total(panel(KPIS, LONG, theirs))
    )


def test_the_replica_is_cheaper() -> None:
    text = panel("discountBands { low }", LONG, name="products")
    assert total(text, Engine.COLUMNS) < total(text, Engine.POSTGRES)


def test_literals_variables_and_their_parts_have_one_price() -> None:
    literal = total(panel(KPIS, LONG, TWO))
    head = "query($p: PeriodInput, $f: FilterInput) { sales(period: $p, filters: $f)"
    whole = f"{head} {{ {KPIS} }} }}"
    filters = {"products": ["a"], "regions": ["b"], "reps": []}
    assert total(whole, p=YEARS, f=filters) == literal
    parts = (
        'query($first: Date!, $to: Date! = "2026-12-31", $r: [ID!]) { sales(period: {days: {from:'
        ' $first, to: $to}}, filters: {products: ["a"], regions: $r}) { kpis { value } } }'
    )
    assert total(parts, first="2024-01-01", r="b") == literal
    assert total(parts, first="2026-12-01", r="b") < literal
    assert total(whole, p=MONTH, f=filters) < literal


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (None, 28),
        ({"preset": "TODAY"}, 1),
        ({"preset": "ALL_TIME"}, HISTORY),
        (MONTH, 31),
        (YEARS, 1096),
        ({"days": {"from": "2026-01-01", "to": "2026-02-20"}}, 62),
        ({"instants": {"from": "2026-01-01T00:00Z", "to": "2026-01-02T00:00Z"}}, 2),
        ({"days": {"from": "2026-01-02", "to": "2026-01-01"}}, 1),
        ({"days": {"from": "soon", "to": "2026-01-01"}}, HISTORY),
        ({"days": {}}, HISTORY),
        ({"days": 5}, HISTORY),
        ("always", 28),
    ],
)
def test_days_of_a_period(period: Any, found: int) -> None:
    """Whatever was sent: an invalid one is refused later."""
    assert days_of(period) == found


def test_entities_filter_their_own_panels() -> None:
    text = f'{{ product(id: "x") {{ sales({LONG}) {{ kpis {{ value }} }} }} }}'
    assert total(text) > total(panel(KPIS, LONG))


METRICS = (None, ["REVENUE"], ["ORDERS"], ["CUSTOMERS"], ["REVENUE", "ORDERS"])


def test_whatever_is_asked_has_a_price() -> None:
    """Each field, with all filters, groups and metrics that a question may have."""
    assert CORE.query_type is not None
    kinds = [get_named_type(field.type) for field in CORE.query_type.fields.values()]
    declared = {
        reads
        for kind in kinds
        if isinstance(kind, GraphQLObjectType)
        for field in kind.fields.values()
        for reads in cost.declared_reads(field)
    }
    assert len(declared) > 10
    names = sorted(_FILTERS.values())
    filters = [frozenset(chosen) for n in range(4) for chosen in combinations(names, n)]
    found = set()
    for reads, local, by, metrics in product(declared, (True, False), (None, *names), METRICS):
        given = {"by": by} | ({"metrics": metrics} if metrics else {})
        for chosen in filters:
            asked = PanelArguments(filters=chosen, local=local)
            found |= {(one.source, one.rows) for one in readings(reads, asked, given)}
    for engine in Engine:
        assert PRICES[engine].keys() == found


def test_one_panel_is_answered_however_long_its_range_and_many_are_not() -> None:
    def check(text: str) -> None:
        found = Documents(CORE).get(text)
        asked = operation_of(CORE, found, None)
        price = asked.price(asked.variables({}), Pricing(Engine.POSTGRES))
        cost.check(price, max_cost=1000, max_depth=12)

    dear = f"products({LONG}) {{ ranking(metrics: [CUSTOMERS]) {{ nodes {{ rank }} }} }}"
    assert total(f"{{ {dear} }}") > 1000
    check(f"{{ {dear} }}")
    with pytest.raises(TooComplex):
        check(f"{{ a: {dear} b: {dear} }}")
