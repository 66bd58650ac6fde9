"""What an operation may be is decided before it runs, and quickly."""

import asyncio
import re
from typing import Any

import pytest
from graphql import GraphQLSchema, get_introspection_query

from shopx_api.graphql import cost
from shopx_api.graphql.documents import (
    KEPT_DOCUMENTS,
    KEPT_TOKENS,
    MAX_REPEATS,
    Document,
    Documents,
)
from shopx_api.graphql.operation import operation_of
from shopx_api.graphql.schema import schema
from shopx_core.errors import InvalidInput, TooComplex

CORE: GraphQLSchema = schema._schema


def document(text: str) -> Document:
    found = Documents(CORE).get(text)
    assert not found.errors, found.errors
    return found


def price(text: str, **variables: Any) -> cost.Cost:
    found = document(text)
    return cost.measure(CORE, found, found.operation(None), variables)


def test_a_document_is_read_once() -> None:
    """The second request with the same text costs a look-up."""
    documents = Documents(CORE)
    assert documents.get("{viewer{name}}") is documents.get("{viewer{name}}")


def test_the_store_is_bounded() -> None:
    """A client that sends ever new texts does not fill the memory."""
    documents = Documents(CORE)
    first = documents.get("query A0 { viewer { name } }")
    for n in range(1, KEPT_DOCUMENTS + 1):
        documents.get(f"query A{n} {{ viewer {{ name }} }}")
    assert documents.get("query A0 { viewer { name } }") is not first


def test_long_documents_are_bounded_too() -> None:
    """Five hundred of three thousand tokens would take more than a gigabyte."""
    documents = Documents(CORE)
    fields = " ".join(f"a{n}: sales {{ kpis {{ value }} }}" for n in range(300))
    texts = [f"query A{n} {{ {fields} }}" for n in range(30)]
    found = [documents.get(text) for text in texts]
    assert {one.tokens for one in found} == {300 * 9 + 6}
    kept = KEPT_TOKENS // found[0].tokens
    assert 5 < kept < 29
    assert all(
        documents.get(text) is one for text, one in zip(texts[-kept:], found[-kept:], strict=True)
    )
    assert documents.get(texts[0]) is not found[0]


async def test_reading_a_long_document_does_not_hold_the_loop() -> None:
    """Others run in between, again and again."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    fields = " ".join(f"a{n}: viewer {{ b{n}: name }}" for n in range(240))
    found = await Documents(CORE).find(f"{{ {fields} }}")
    ticking.cancel()
    assert not found.errors
    assert ticks > 10


def test_lengths_by_default_are_priced_too() -> None:
    """A default of a variable or of the schema, and a number that JSON writes otherwise."""

    def total(head: str, argument: str, **given: Any) -> float:
        found = document(
            f"query{head} {{ products {{ ranking{argument} {{ nodes {{ rank }} }} }} }}"
        )
        asked = operation_of(CORE, found, None)
        return asked.price(asked.variables(given)).total

    hundred = total("", "(first: 100)")
    assert total("($n: Int! = 100)", "(first: $n)") == hundred
    assert total("($n: Int!)", "(first: $n)", n=100.0) == hundred
    assert total("($n: Int!)", "(first: $n)", n=10) < hundred
    assert total("", "") == total("", "(first: 10)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Syntax Error"),
        ("", "Syntax Error"),
        ("{viewer{nothing}}", "Cannot query field 'nothing'"),
        ("fragment F on Viewer { name }", "never used"),
        ("{" + "viewer{name}" * (MAX_REPEATS + 1) + "}", "use aliases"),
        ("{ a" + "(x:[" * 1000 + "1" + "])" * 1000 + "}", "deeply|tokens|Syntax"),
        ("{viewer{" + " name" * 4000 + "}}", "tokens"),
        ("{...F} fragment F on Query {...F}", "Cannot spread fragment"),
        (
            '{sales(period:{preset:TODAY,days:{from:"2026-01-01",to:"2026-01-02"}}){period{zone}}}',
            "PeriodInput|exactly one",
        ),
    ],
    ids=[
        "unclosed", "empty", "unknown-field", "fragment-alone", "crowded", "deep-literal",
        "many-tokens", "fragment-cycle", "one-of",
    ],
)  # fmt: skip
def test_what_cannot_run_says_why(text: str, message: str) -> None:
    """Each refusal names its reason."""
    errors = Documents(CORE).get(text).errors
    assert errors
    assert re.search(message, errors[0].message)


def test_the_operation_is_chosen_by_name() -> None:
    """Alone it needs no name; among several it does."""
    both = document("query A { viewer { name } } query B { viewer { name } }")
    assert both.operation("B").name is not None
    with pytest.raises(InvalidInput, match="several operations"):
        both.operation(None)
    with pytest.raises(InvalidInput, match="no operation 'C'"):
        both.operation("C")


def test_fields_are_found_through_fragments() -> None:
    """`live` is noticed wherever it hides."""
    found = document(
        "{sales{...F}} fragment F on Sales {...{live{asOf}}}".replace("...{", "... on Sales{")
    )
    assert "live" in set(found.fields(found.operation(None)))


def test_panels_cost_what_their_work_costs() -> None:
    """A page's panel is far below the limit, the same panel a hundred times is not."""
    panel = "sales { kpis { value previous delta { ratio } } }"
    assert 15 < price(f"{{ {panel} }}").total < 30
    many = "".join(f"a{n}: {panel} " for n in range(100))
    assert price(f"{{ {many} }}").total > 1500


def test_a_longer_page_costs_more() -> None:
    """`first` multiplies what is below it, as a literal and as a variable."""
    text = (
        "query($n: Int!){ customers { top(first: $n) { nodes { customer {"
        " sales { kpis { value } } } } } } }"
    )
    ten, hundred = price(text, n=10).total, price(text, n=100).total
    assert ten < 400
    assert hundred > 1200
    assert price(text.replace("$n)", "100)").replace("query($n: Int!)", "")).total == hundred


def test_an_object_is_of_one_type_alone() -> None:
    """Of alternative types the dearer one counts; fields of both types add up."""
    product = "... on Product { sales { kpis { value } series { buckets } } }"
    rep = "... on SalesRep { sales { kpis { value } } }"

    def node(*parts: str) -> float:
        return price(f'{{ node(id: "x") {{ {" ".join(parts)} }} }}').total

    assert node(rep) < node(product) == node(product, rep)
    assert node(product, "... on Product { key }") > node(product)
    assert node(rep, "... on Node { id }") > node(rep)


def test_fragments_are_priced_in_linear_time() -> None:
    """A text of some lines for 2^60 fields is priced at once, and refused."""
    chain = " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...G{n + 1} }}"
        f" fragment G{n} on Query {{ ...F{n + 1} ...G{n + 1} }}"
        for n in range(60)
    )
    text = (
        "{ ...F0 }" + chain + " fragment F60 on Query { sales { kpis { value } } }"
        " fragment G60 on Query { sales { kpis { value } } }"
    ).replace("{ ...F0 }", "{ ...F0 ...G0 }")
    assert price(text).total > 10**12


@pytest.mark.parametrize(
    ("text", "max_cost", "max_depth", "message"),
    [
        ("{viewer{name}}", 1000, 1, "nests 2 levels deep, above the limit of 1"),
        ("{sales{kpis{value}}}", 10, 12, "costs .*, above the limit of 10"),
    ],
    ids=["depth", "cost"],
)
def test_refusals_name_the_limit(text: str, max_cost: int, max_depth: int, message: str) -> None:
    """The client learns what was too much, and what it may do."""
    with pytest.raises(TooComplex, match=message) as caught:
        cost.check(price(text), max_cost=max_cost, max_depth=max_depth)
    assert caught.value.hint


def test_introspection_is_allowed_once() -> None:
    """Tools read the schema; ten times in one operation they do not."""
    once = price(get_introspection_query())
    cost.check(once, max_cost=1000, max_depth=12)
    ten = "{" + "".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(10)) + "}"
    with pytest.raises(TooComplex):
        cost.check(price(ten), max_cost=1000, max_depth=12)
