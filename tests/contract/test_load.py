"""The load by users with habits: what it sends is valid, and how it judges."""

import random

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from shopx_api.graphql.schema import schema
from tests.performance.__main__ import unreachable
from tests.performance.pages import PAGES, PRESETS, View, explored, requests, usual
from tests.performance.verdict import Answers, shortfalls, table
from tests.support.page_queries import documents


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_page_sends_variables_that_its_queries_take(page: str, preset: str) -> None:
    sent = requests(page, View({"preset": preset}, {"regions": ["cmVnaW9uOjE"]}))
    assert sent
    for request in sent:
        (operation,) = [
            node
            for node in parse(documents()[request.operation]).definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        found = get_variable_values(
            schema._schema, operation.variable_definitions or (), request.variables
        )
        assert not isinstance(found, list), found
        assert "period" in request.variables or request.operation == "OverviewLive"


def test_habits_repeat_and_explore() -> None:
    draw = random.Random(1)
    views = [usual(draw).period["preset"] for _ in range(1000)]
    assert views.count(PRESETS[0]) > 2 * views.count(PRESETS[-1]) > 0
    filters = [explored(draw, ["a", "b", "c"]).filters for _ in range(100)]
    assert None in filters
    assert {"regions": ["a", "c"]} in filters


def _answers(seconds: float, outcome: str, count: int, *, failed: int = 0) -> Answers:
    made = Answers()
    for number in range(count):
        made.add(seconds, outcome, failed=number < failed)
    return made


def test_a_load_that_keeps_the_promise() -> None:
    pages = {"Overview": _answers(0.01, "hit-l0", 80), "Reps": _answers(0.19, "miss", 20)}
    assert shortfalls(pages) == []
    assert "| Overview | 80 | 10.0 | 10.0 | 10.0 | 100.0% | 0 |" in table(pages)
    assert "| **all reads** | 100 | 10.0 | 190.0 | 190.0 | 80.0% | 0 |" in table(pages)


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({"Reps": _answers(0.2, "hit-l1", 10)}, "p95 is 200.0 ms"),
        ({"Reps": _answers(0.01, "miss", 3) }, "the hit ratio is 0.0%"),
        ({"Wall screen": _answers(0.01, "bypass", 3)}, "the hit ratio is unknown"),
        ({"Reps": _answers(0.01, "stale", 5, failed=1)}, "1 requests failed"),
        ({"Reps": _answers(0.01, "stale", 5), "Shop: orders": _answers(1, "bypass", 2, failed=2)},
         "2 requests failed"),
        ({}, "p95 is - ms"),
    ],
)  # fmt: skip
def test_a_load_that_does_not(pages: dict[str, Answers], said: str) -> None:
    assert any(said in one for one in shortfalls(pages))


def test_slow_writes_break_no_promise_about_reads() -> None:
    pages = {"Reps": _answers(0.01, "stale", 5), "Shop: orders": _answers(3, "bypass", 50)}
    assert shortfalls(pages) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "file:///etc/passwd", "127.0.0.1:8000"])
def test_it_says_that_nothing_answers(url: str) -> None:
    assert unreachable(url)
