"""The compiled selections answer exactly what GraphQL's general executor answers."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, execute
from graphql.execution import Executor
from strawberry.schema.config import StrawberryConfig

from shopx_api.graphql.documents import Documents
from shopx_api.graphql.executor import CompiledSelectionExecutor
from shopx_api.types.enums import REVENUE, MetricId
from shopx_api.types.scalars import SCALARS


@strawberry.interface
class Named:
    """An interface."""

    id: strawberry.ID
    name: str


@strawberry.type
class Leaf:
    """No object below."""

    value: Decimal | None
    metric: MetricId
    flag: bool


@strawberry.type
class Item(Named):
    """Everything a selection can have."""

    leaf: Leaf
    leaves: list[Leaf]
    grid: list[list[int | None]] | None
    rows: list[list[Leaf]]

    @strawberry.field
    def computed(self, times: int = 2) -> str:
        return self.name * times


@strawberry.type
class Root:
    """What the query returns."""

    items: list[Item]
    maybe: Item | None
    broken: Item | None
    lies: list[str] | None
    node: Named


def leaf(n: int) -> Leaf:
    return Leaf(value=Decimal(n) / 4 if n else None, metric=REVENUE, flag=bool(n % 2))


def item(n: int) -> Item:
    return Item(
        id=strawberry.ID(str(n)),
        name=f"item {n}",
        leaf=leaf(n),
        leaves=[leaf(n), leaf(n + 1)],
        grid=[[1, None], [n]] if n else None,
        rows=[[leaf(n)], []],
    )


BROKEN = item(1)
BROKEN.name = None  # type: ignore[assignment]
LIES: Any = ["fine", {"no": "text"}]


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def root(self) -> Root:
        return Root(
            items=[item(n) for n in range(3)], maybe=None, broken=BROKEN, lies=LIES, node=item(7)
        )


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


def run(text: str, executor: type[Executor[Any]], **variables: Any) -> ExecutionResult:
    document = Documents(SCHEMA._schema).get(text)
    assert document.ast is not None, document.errors
    assert not document.errors, document.errors
    result = execute(
        SCHEMA._schema,
        document.ast,
        context_value=SimpleNamespace(document=document),
        variable_values=variables,
        executor_class=executor,
    )
    assert isinstance(result, ExecutionResult)
    return result


@pytest.mark.parametrize(
    "selection",
    [
        "items { id name }",
        "items { name id leaf { value metric flag } leaves { value } grid }",
        "items { rows { value flag } computed }",
        "items { rows { value metric } leaf { value } }",
        "items { __typename alias: name t: __typename leaf { __typename value } }",
        "items { ...F leaf { value } } ",
        "items { ... on Named { id } ... on Item { name leaf { flag } } ... { name } }",
        "items { leaf { value } leaf { metric } again: leaf { flag } }",
        "items { name computed short: computed(times: 1) leaf { value } }",
        "maybe { name } items { id }",
        "node { id name ... on Item { leaf { value } } }",
        "items { name @include(if: $yes) leaf @skip(if: $yes) { value } }",
        "items { leaves @include(if: $yes) { value flag } }",
        "broken { id }",
        "broken { id name }",
        "broken { leaf { value } name }",
        "lies",
    ],
)
def test_both_executors_agree(selection: str) -> None:
    """Data, order of keys, errors with their paths: all the same."""
    head = "query($yes: Boolean = true)" if "$yes" in selection else "query"
    tail = " fragment F on Item { name leaf { flag metric } }" if "...F" in selection else ""
    text = f"{head} {{ root {{ {selection} }} }}{tail}"
    ours, theirs = run(text, CompiledSelectionExecutor), run(text, Executor)
    assert ours.data == theirs.data
    assert repr(ours.data) == repr(theirs.data)
    assert [e.formatted for e in ours.errors or ()] == [e.formatted for e in theirs.errors or ()]


def test_a_plan_is_made_once() -> None:
    """A second run of the same document finds its compiled selections."""
    document = Documents(SCHEMA._schema).get("{ root { items { id leaf { value } } } }")
    for _ in range(2):
        before = dict(document.plans)
        assert document.ast is not None
        execute(
            SCHEMA._schema,
            document.ast,
            context_value=SimpleNamespace(document=document),
            executor_class=CompiledSelectionExecutor,
        )
    assert before == document.plans
    assert any(plan is not None for plan in document.plans.values())


def test_variables_do_not_leak_into_plans() -> None:
    """The same text with another variable selects something else."""
    text = "query($yes: Boolean!) { root { items { id name @include(if: $yes) } } }"
    document = Documents(SCHEMA._schema).get(text)
    assert document.ast is not None
    shapes = []
    for yes in (True, False, True):
        result = execute(
            SCHEMA._schema,
            document.ast,
            context_value=SimpleNamespace(document=document),
            variable_values={"yes": yes},
            executor_class=CompiledSelectionExecutor,
        )
        assert isinstance(result, ExecutionResult)
        assert result.data is not None
        shapes.append(set(result.data["root"]["items"][0]))
    assert shapes == [{"id", "name"}, {"id"}, {"id", "name"}]
