"""Every query of the dashboard's own pages is valid, and cheap enough to be answered."""

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, parse
from graphql.execution.values import get_variable_values

from shopx_api.graphql import cost
from shopx_api.graphql.documents import KEPT_TOKENS, Documents
from shopx_api.graphql.schema import schema
from shopx_core.settings import ApiSettings
from tests.support.page_queries import LISTS, documents

PAGES = Path(__file__).parents[2] / "frontend" / "src"
FILES = sorted(PAGES.rglob("*.graphql"))
TEXTS = {path: path.read_text() for path in FILES}
OPERATIONS = [
    (path, node.name.value)
    for path, text in TEXTS.items()
    for node in parse(text).definitions
    if isinstance(node, OperationDefinitionNode)
    and node.name
    and node.operation is OperationType.QUERY
]


def test_there_are_pages() -> None:
    """The search above finds something."""
    assert len(OPERATIONS) > 10


@pytest.mark.parametrize(("path", "name"), OPERATIONS, ids=[name for _, name in OPERATIONS])
def test_a_pages_query_is_answered(path: Path, name: str) -> None:
    """At the default limits, with the longest page a list may have."""
    document = Documents(schema._schema)._read(documents()[name])
    assert not document.errors, [error.message for error in document.errors]
    operation = document.operation(name)
    lengths = {
        definition.variable.name.value: 100
        for definition in operation.variable_definitions or ()
        if definition.variable.name.value == "first"
    }
    price = cost.measure(schema._schema, document, operation, lengths)
    limits = ApiSettings()
    cost.check(price, max_cost=limits.max_cost, max_depth=limits.max_depth)
    assert path.exists()


def test_all_queries_of_the_pages_are_kept() -> None:
    """What else is asked does not drive them out of the parsed documents at once."""
    kept = Documents(schema._schema)
    assert sum(kept.get(text).tokens for text in documents().values()) < KEPT_TOKENS / 2


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_asked_for_what_it_needs(name: str) -> None:
    """So that no benchmark measures how long a refusal takes."""
    (operation,) = [
        node
        for node in parse(documents()[name]).definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    found = get_variable_values(schema._schema, operation.variable_definitions or (), LISTS[name])
    assert not isinstance(found, list), found
    assert found.coerced.keys() >= LISTS[name].keys()
