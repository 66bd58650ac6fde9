"""The Python client is that of the schema, also of panels that are added later."""

from pathlib import Path

import pytest
from graphql import build_schema

from shopx_client.generated import mutations, queries
from shopx_tools.generators import client
from shopx_tools.generators.api_reference import SCHEMA
from shopx_tools.generators.client_names import snake

PANEL = """
  stock(period: PeriodInput = null): Stock!

"""
TYPES = '''
"""What is on the shelves."""
type Stock {
  """The period."""
  period: Period!
  """Compared with."""
  comparison: Period
  """Left out."""
  leftOut: [LeftOut!]!
  """Products by what is left."""
  levels(minimum: Decimal! = "0", first: Int! = 10, after: String = null): StockConnection!
}
"""A list of levels."""
type StockConnection { nodes: [StockLevel!]! pageInfo: PageInfo! totalCount: Int! }
"""A level."""
type StockLevel { product: Product! left: Decimal! }
'''


def _stale() -> dict[str, str]:
    made = client.files().items()
    return {path.stem: text for path, text in made if path.read_text("utf-8") != text}


def test_what_is_generated_is_current() -> None:
    assert _stale().keys() == set(), "run `make generate`"


def test_every_root_field_is_in_it() -> None:
    """Except `node`: each kind of object has a field of its own."""
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert schema.query_type
    assert schema.mutation_type
    reads = {snake(name) for name in schema.query_type.fields}
    assert reads - set(queries.__all__) == {"node"}
    writes = {snake(name) for name in schema.mutation_type.fields}
    assert writes == set(mutations.__all__)


def test_a_new_panel_is_in_it_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once it is generated again, which the comparison asks for."""
    text = SCHEMA.read_text(encoding="utf-8")
    schema = tmp_path / "schema.graphql"
    schema.write_text(text.replace("type Query {\n", f"type Query {{{PANEL}") + TYPES)
    monkeypatch.setattr(client, "SCHEMA", schema)
    stale = _stale()
    assert stale.keys() == {"models", "queries"}
    assert "class StockQuery:" in stale["queries"]
    assert (
        "def stock(*, period: inputs.PeriodInput | None = None) -> StockQuery:"
        in (stale["queries"])
    )
    assert "self, *, minimum: Amount | None = None, limit: int | None = None" in stale["queries"]
    assert "class StockLevel(Model):" in stale["models"]
    assert "    product: ProductReference" in stale["models"]


def test_a_mutation_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or one that is not known to be repeatable would be sent again."""
    monkeypatch.setattr(client, "REPEATABLE", client.REPEATABLE | {"gone"})
    with pytest.raises(ValueError, match="no mutation gone"):
        client.files()
