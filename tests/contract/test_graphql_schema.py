"""`schema.graphql` is a reviewed interface: current, described, and priced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from shopx_api.graphql.cost import INTROSPECTION, LEAF, declared_cost
from shopx_api.graphql.export import TARGET, main, render
from shopx_api.graphql.schema import schema
from shopx_api.types.enums import MetricId
from shopx_core.domain.metrics import METRICS


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    """The schema as a client reads it."""
    return build_schema(render())


def test_the_committed_schema_is_what_the_types_say() -> None:
    """Run `python -m shopx_api.graphql.export` after changing a type."""
    assert TARGET.read_text() == render()


def test_check_reports_a_stale_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`export --check` passes right after an export and fails after the types change."""
    monkeypatch.setattr("shopx_api.graphql.export.TARGET", tmp_path / "schema.graphql")
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    monkeypatch.setattr("shopx_api.graphql.export.render", lambda: "type Query { changed: Int }\n")
    assert main(["--check"]) == 1


def _parts(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield kind.name, kind.description
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            for argument, definition in field.args.items():
                yield f"{kind.name}.{name}({argument})", definition.description
    if isinstance(kind, GraphQLInputObjectType):
        for name, given in kind.fields.items():
            yield f"{kind.name}.{name}", given.description
    if isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield f"{kind.name}.{name}", value.description


def test_everything_is_described(printed: GraphQLSchema) -> None:
    """Every type, field, argument, input field and enumeration value says what it is."""
    own = [kind for name, kind in printed.type_map.items() if not name.startswith("__")]
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    missing = [
        name
        for kind in own
        if kind.name not in builtin
        for name, text in _parts(kind)
        if not (text or "").strip()
    ]
    assert missing == []


def test_every_root_field_of_a_panel_has_a_price() -> None:
    """A panel and its fields that take arguments declare what they cost."""
    types = schema._schema.type_map
    query = types["Query"]
    assert isinstance(query, GraphQLObjectType)
    cheap = []
    for name, field in query.fields.items():
        panel = types[str(field.type).strip("[]!")]
        if "period" not in field.args:
            continue
        assert isinstance(panel, GraphQLObjectType)
        cheap += [name] if declared_cost(field) == LEAF else []
        cheap += [
            f"{panel.name}.{inner}"
            for inner, definition in panel.fields.items()
            if declared_cost(definition) == LEAF and inner not in {"period", "comparison"}
        ]
    assert cheap == []


def test_introspection_has_a_price() -> None:
    """Reading the whole schema is not free."""
    assert INTROSPECTION.keys() == {"__schema", "__type"}
    assert all(price > LEAF for price in INTROSPECTION.values())


def test_every_metric_of_the_registry_can_be_queried() -> None:
    """The enumeration and the registry name the same figures, in the same order."""
    assert [member.value for member in MetricId] == list(METRICS)


def test_lists_are_connections_or_bounded(printed: GraphQLSchema) -> None:
    """A field that takes `first` returns a connection with pageInfo and totalCount."""
    for kind in printed.type_map.values():
        if not isinstance(kind, GraphQLObjectType):
            continue
        for name, field in kind.fields.items():
            if "first" in field.args:
                returned = printed.type_map[str(field.type).strip("[]!")]
                assert isinstance(returned, GraphQLObjectType)
                holds = {"edges", "pageInfo", "totalCount"} <= returned.fields.keys()
                nested = any(
                    str(inner.type).strip("!").endswith("Connection")
                    for inner in returned.fields.values()
                )
                assert holds or nested, f"{kind.name}.{name}"


def test_the_schema_is_valid() -> None:
    """Strawberry's own checks pass, and the printed text parses back to as many types."""
    assert len(build_schema(schema.as_str()).type_map) == len(build_schema(render()).type_map)
