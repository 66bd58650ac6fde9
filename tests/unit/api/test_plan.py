"""A plan answers exactly what graphql-core's executor answers, for any document and variables."""

import asyncio
import datetime as dt
import inspect
from decimal import Decimal
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, Any

import orjson
import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, execute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries
from strawberry.schema.config import StrawberryConfig

from shopx_api.graphql.documents import Documents
from shopx_api.graphql.operation import Operation, operation_of
from shopx_api.types.scalars import SCALARS
from shopx_core.errors import InvalidInput


@strawberry.enum
class Colour(StrEnum):
    """An enumeration whose values are not its names."""

    RED = "r"
    GREEN = "g"


@strawberry.input
class Corner:
    """An input inside of another."""

    x: int
    colour: Colour = Colour.RED
    labels: list[str] | None = None


@strawberry.input
class Shape:
    """Every kind of input field."""

    corners: list[Corner]
    weight: Decimal | None = None
    day: dt.date | None = None
    note: str | None = "none"
    flag: bool = True


@strawberry.input(one_of=True)
class Which:
    """Exactly one."""

    number: strawberry.Maybe[int]
    corner: strawberry.Maybe[Corner]


@strawberry.interface
class Named:
    """An interface."""

    name: str


@strawberry.type
class Leaf:
    """No resolver below."""

    value: Decimal | None
    colour: Colour


@strawberry.type
class Item(Named):
    """An item with resolvers of every kind; number 3 fails, number 4 breaks a promise."""

    number: int
    leaf: Leaf
    leaves: list[Leaf]

    @strawberry.field
    async def slow(self, info: strawberry.Info, steps: int = 1) -> str:
        for _ in range(min(steps, 3) if steps > 0 else 0):
            await asyncio.sleep(0)
        if self.number == 3:
            raise ValueError("slow fails")
        return f"{info.context.tag}{self.number}"

    @strawberry.field
    async def maybe_slow(self) -> str | None:
        if self.number == 3:
            raise ValueError("maybe fails")
        return None if self.number % 2 else "even"

    @strawberry.field
    def quick(self) -> str:
        if self.number == 3:
            raise ValueError("quick fails")
        return None if self.number == 4 else "quick"  # type: ignore[return-value]

    @strawberry.field
    async def child(self, number: int = 0) -> "Item | None":
        return item(number % 6) if number >= 0 else None


def item(number: int) -> Item:
    leaf = Leaf(value=Decimal(number) / 4 if number else None, colour=Colour.GREEN)
    return Item(name=f"item {number}", number=number, leaf=leaf, leaves=[leaf] * (number % 3))


@strawberry.type
class Page:
    """Attributes whose items have resolvers."""

    items: list[Item]
    maybe: list[Item | None] | None
    first: Item | None
    total: int


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def page(self, size: int = 5, skip: int = 0) -> Page:
        chosen = [item(n % 6) for n in range(max(0, skip) % 6, max(0, size) % 8)]
        return Page(items=chosen, maybe=[*chosen, None], first=None, total=len(chosen))

    @strawberry.field
    def item(self, number: int) -> Item:
        return item(abs(number) % 6)

    @strawberry.field
    async def items(self, number: int = 4) -> list[Item | None] | None:
        if number < 0:
            raise ValueError("no negative numbers")
        return [item(n) if n != 2 else None for n in range(number % 6)]

    @strawberry.field
    async def echo(
        self,
        shape: Shape | None = None,
        which: Which | None = None,
        ids: list[strawberry.ID] | None = None,
        colours: Annotated[list[list[Colour]] | None, strawberry.argument()] = None,
        at: dt.datetime | None = None,
        ratio: float = 0.5,
    ) -> str:
        return repr((shape, which, ids, colours, at, ratio))

    @strawberry.field
    def named(self) -> Named:
        return item(1)


@strawberry.type
class Mutation:
    """Changes that see one another: each notes how many were done before it."""

    @strawberry.mutation
    async def add(self, info: strawberry.Info, shapes: list[Shape], number: int = 1) -> Item | None:
        done = info.context.done
        await asyncio.sleep(0)
        done.append(len(shapes))
        if number < 0:
            raise ValueError(f"no negative numbers, after {done}")
        return item((number + len(done)) % 6)

    @strawberry.mutation
    def must(self, info: strawberry.Info, number: int = 1) -> str:
        info.context.done.append(number)
        if number < 0:
            raise ValueError("no negative numbers")
        return f"done {info.context.done}"


SCHEMA = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))
CORE: GraphQLSchema = SCHEMA._schema
DOCUMENTS = Documents(CORE)

# After an error both executors cancel the siblings; one that had not begun never awaits what it
# holds.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <coroutine object:pytest.PytestUnraisableExceptionWarning"
)


def answer(result: ExecutionResult) -> bytes:
    errors = [error.formatted for error in result.errors or ()]
    return orjson.dumps({"data": result.data, "errors": errors})


async def assert_agreement(
    text: str, variables: dict[str, Any], name: str | None = None
) -> Operation:
    """Execute by both, which must agree to the byte."""
    document = DOCUMENTS.get(text)
    assert not document.errors, document.errors
    assert document.ast is not None
    operation = operation_of(CORE, document, name)
    context: Any = SimpleNamespace(document=document, tag="#", done=[])
    ours = await operation.execute(context, operation.variables(variables))
    done, context.done = context.done, []
    theirs = execute(
        CORE, document.ast, context_value=context, variable_values=variables, operation_name=name
    )
    expected = await theirs if inspect.isawaitable(theirs) else theirs
    assert answer(ours) == answer(expected)
    assert done == context.done
    return operation


FRAGMENTS = """{ a: item(number: 1) { ...F } b: item(number: 2) { ...F ... { number } } }
fragment F on Item { name slow child(number: 1) { ...G } }
fragment G on Item { leaf { value } leaf { colour } }"""


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        ("{ page { total items { number name leaf { value colour } leaves { value } } } }", True),
        ("{ page { items { slow quick maybeSlow } } }", True),
        ("{ page(size: 3) { items { slow(steps: 3) a: slow __typename } first { slow } } }", True),
        ("{ page(size: 3) { maybe { slow maybeSlow child(number: 2) { slow } } } }", True),
        ("{ page { maybe { slow } } items { quick } other: items(number: -1) { number } }", True),
        ("{ items { maybeSlow child(number: 3) { quick slow } } }", True),
        ("{ items(number: 5) { child(number: 4) { quick } } }", True),
        (FRAGMENTS, True),
        ("{ item(number: 3) { slow quick maybeSlow } items { number } }", True),
        ("{ item(number: 1) { ... on Named { name } number } __typename }", True),
        ('{ echo(shape: {corners: {x: 1}, weight: "1.5"}, which: {number: 3}, ids: 4) }', True),
        ('{ echo(colours: RED, at: "2026-01-31T09:30:00+01:00", ratio: 2) }', True),
        ('{ echo(shape: null, ids: [1, "b"]) }', True),
        ("{ named { name ... on Item { slow } __typename } }", True),
        ("{ item(number: 1) { name @skip(if: true) slow } }", False),
        ("{ item(number: 1) @include(if: false) { slow } }", False),
        ("{ __schema { queryType { name } } item(number: 2) { name } }", False),
    ],
)  # fmt: skip
async def test_documents_are_answered_alike(text: str, planned: bool) -> None:
    operation = await assert_agreement(text, {})
    assert (operation._compiled() is not None) is planned


DECLARED = {"$shapes": "[Shape!]! = []", "$n": "Int", "$m": "Int! = 2"}


def mutation(fields: str) -> str:
    used = ", ".join(f"{name}: {kind}" for name, kind in DECLARED.items() if name in fields)
    return f"mutation{f'({used})' if used else ''} {{ {fields} }}"


@pytest.mark.parametrize(
    ("fields", "planned"),
    [
        ("add(shapes: $shapes) { number }", True),
        (
            "a: add(shapes: $shapes) { slow } must b: add(shapes: [], number: 2) { quick }",
            True,
        ),
        ("must __typename b: must(number: $m) c: add(shapes: $shapes, number: $m) { slow }", True),
        ("a: add(shapes: [], number: -1) { number } b: add(shapes: $shapes) { number }", True),
        ("a: must b: must(number: -1) c: must", True),
        ("a: add(shapes: []) { slow } a: add(shapes: []) { quick } must", True),
        ("a: add(shapes: [], number: $n) { number } b: must(number: $n)", True),
        ("a: add(shapes: [{corners: [{x: $m}]}]) { number } b: must", False),
        ("a: must @skip(if: true) b: must", False),
    ],
)
async def test_mutations_run_one_after_another(fields: str, planned: bool) -> None:
    """In the order in which they are written, until one that must have a result fails."""
    shapes = [{"corners": []}, {"corners": [{"x": 1}]}]
    for variables in ({}, {"shapes": shapes}, {"n": None}):
        operation = await assert_agreement(mutation(fields), variables)
        assert (operation._compiled() is not None) is planned


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ("must @include(if: true)", {}),
        ("a: add(shapes: [{corners: [{x: $m}]}]) { number }", {}),
        ("must(number: $n)", {"n": None}),
    ],
    ids=["directive", "inside-a-literal", "null"],
)
async def test_a_long_mutation_is_never_converted_by_the_general_executor(
    fields: str, given: dict[str, Any]
) -> None:
    """It would convert the variables on the event loop."""
    document = DOCUMENTS.get(mutation(fields))
    operation = operation_of(CORE, document, None)
    context: Any = SimpleNamespace(document=document, tag="#", done=[])
    variables = operation.variables(given)
    with pytest.raises(InvalidInput, match="A long mutation"):
        await operation.execute(context, variables, long_variables=True)
    assert context.done == []


ECHO = """query($shape: Shape, $which: Which, $ids: [ID!], $colours: [[Colour!]!] = [[GREEN]],
  $at: DateTime, $ratio: Float! = 1.5, $x: Int! = 7, $n: Int!, $big: Int) {
  echo(shape: $shape, which: $which, ids: $ids, colours: $colours, at: $at, ratio: $ratio)
  item(number: $n) { number slow(steps: $x) child(number: $n) { name } } %s }"""


LITERAL = "other: echo(shape: {corners: [{x: $x}]}) big: items(number: $big) { name }"


@pytest.mark.parametrize("more", ["", LITERAL], ids=["planned", "inside-a-literal"])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"n": 1},
        {"n": None},
        {"n": "1"},
        {"n": 1.0},
        {"n": 2**40},
        {"n": True},
        {"n": 1, "unknown": 2},
        {"n": 1, "ids": "a"},
        {"n": 1, "ids": [1, "b"]},
        {"n": 1, "ids": [1.5]},
        {"n": 1, "ids": [None]},
        {"n": 1, "ids": {"a": 1}},
        {"n": 1, "colours": ["RED", ["GREEN", "RED"]]},
        {"n": 1, "colours": [["r"]]},
        {"n": 1, "colours": [[1]]},
        {"n": 1, "at": "2026-01-31T09:30:00Z", "ratio": 2},
        {"n": 1, "at": "yesterday"},
        {"n": 1, "ratio": None},
        {"n": 1, "x": None},
        {"n": 1, "which": {"number": 1}},
        {"n": 1, "which": {"number": None}},
        {"n": 1, "which": {}},
        {"n": 1, "which": {"number": 1, "corner": {"x": 1}}},
        {"n": 1, "which": {"corner": {"x": 1, "colour": "GREEN", "labels": "one"}}},
        {"n": 1, "shape": {"corners": []}},
        {"n": 1, "shape": {"corners": [{"x": 1}], "note": None, "day": "2026-02-30"}},
        {"n": 1, "shape": {"corners": [{"x": 1, "colour": None}]}},
        {"n": 1, "shape": {"corners": {"x": 1}, "flag": False, "weight": 3, "day": "2026-02-03"}},
        {"n": 1, "shape": {"corners": [{}]}},
        {"n": 1, "shape": {"corners": [], "nothing": 1}},
        {"n": 1, "shape": []},
        {"n": 1, "shape": "text"},
    ],
    ids=lambda given: orjson.dumps(given).decode(),
)
async def test_variables_are_answered_alike(more: str, given: dict[str, Any]) -> None:
    """Also wrong ones: the general executor says what is wrong."""
    text = ECHO % more
    if not more:
        text = text.replace(", $big: Int", "")
    await assert_agreement(text, given)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**33) | st.floats(-3, 3) | st.sampled_from(
        ["RED", "GREEN", "r", "", "1", "2026-01-31T09:30:00Z", "2026-01-31", "12.50"]
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["x", "colour", "labels", "corners", "weight", "day", "note", "number", "corner"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.fixed_dictionaries(
        {"n": st.integers(-3, 9)},
        optional=dict.fromkeys(("shape", "which", "ids", "colours", "at", "ratio", "x"), JSON),
    )
)  # fmt: skip
def test_any_variables_are_answered_alike(given: dict[str, Any]) -> None:
    text = (ECHO % "").replace(", $big: Int", "")
    asyncio.run(assert_agreement(text, given))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    queries(
        SCHEMA.as_str(),
        custom_scalars={
            "Decimal": st.sampled_from(["1", "x", "2.50"]).map(nodes.String),
            "Date": st.sampled_from(["2026-01-31", "x"]).map(nodes.String),
            "DateTime": st.sampled_from(["2026-01-31T09:30:00Z", "x"]).map(nodes.String),
        },
    )
)  # fmt: skip
def test_any_document_is_answered_alike(text: str) -> None:
    document = DOCUMENTS.get(text)
    if not document.errors:
        asyncio.run(assert_agreement(text, {}))


def test_a_plan_is_compiled_once() -> None:
    """A repeated document costs no compilation."""
    document = DOCUMENTS.get("{ item(number: 5) { slow } }")
    operation = operation_of(CORE, document, None)
    assert operation is operation_of(CORE, document, None)
    assert operation._compiled() is operation._compiled() is not None


async def test_siblings_run_concurrently() -> None:
    """Two resolvers that wait for one another both end."""
    met = asyncio.Barrier(2)

    @strawberry.type
    class Meeting:
        @strawberry.field
        async def one(self) -> int:
            await met.wait()
            return 1

    schema = strawberry.Schema(Meeting)._schema
    document = Documents(schema).get("{ a: one b: one }")
    operation = operation_of(schema, document, None)
    assert operation._compiled() is not None
    async with asyncio.timeout(60):
        result = await operation.execute(
            SimpleNamespace(document=document),  # type: ignore[arg-type]
            operation.variables({}),
        )
    assert result.data == {"a": 1, "b": 1}
