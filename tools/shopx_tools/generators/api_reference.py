"""docs/api-reference.md: every type of the schema, with an example for each field of its roots."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    Undefined,
    build_schema,
    parse,
    print_ast,
)
from graphql.utilities.ast_from_value import ast_from_value

from shopx_tools import ROOT
from shopx_tools.generators.api_examples import MUTATIONS, QUERIES

SCHEMA: Final = ROOT / "api" / "shopx_api" / "schema.graphql"
PAGE: Final = ROOT / "docs" / "api-reference.md"
_GENERATED: Final = "<!-- Written by `make generate` from api/shopx_api/schema.graphql. -->"


def _line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").replace("|", "\\|").strip()


def _default(argument: GraphQLArgument) -> str:
    if argument.default_value is Undefined:
        return ""
    node = ast_from_value(argument.default_value, argument.type)
    return f"`{print_ast(node)}`" if node is not None else ""


def _arguments(arguments: Mapping[str, GraphQLArgument]) -> Iterator[str]:
    if not arguments:
        return
    yield from ("", "| argument | type | default | meaning |", "| --- | --- | --- | --- |")
    for name, one in arguments.items():
        yield f"| `{name}` | `{one.type}` | {_default(one)} | {_line(one.description)} |"


def _root(
    title: str, fields: Mapping[str, GraphQLField], examples: Mapping[str, str]
) -> Iterator[str]:
    yield from ("", f"## {title}")
    for name, field in fields.items():
        yield from ("", f"### {name}", "", f"`{field.type}`: {_line(field.description)}")
        yield from _arguments(field.args)
        yield from ("", "```graphql", print_ast(parse(examples[name])).strip(), "```")


def _rows(fields: Mapping[str, GraphQLField]) -> Iterator[str]:
    yield from ("", "| field | type | meaning |", "| --- | --- | --- |")
    for name, field in fields.items():
        given = f"({', '.join(field.args)})" if field.args else ""
        yield f"| `{name}{given}` | `{field.type}` | {_line(field.description)} |"


def _types(types: Iterable[object]) -> Iterator[str]:
    for one in types:
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            yield from ("", f"### {one.name}", "", _line(one.description))
            yield from _rows(one.fields)
        elif isinstance(one, GraphQLInputObjectType):
            yield from ("", f"### {one.name}", "", _line(one.description))
            yield from ("", "| field | type | meaning |", "| --- | --- | --- |")
            for name, field in one.fields.items():
                yield f"| `{name}` | `{field.type}` | {_line(field.description)} |"
        elif isinstance(one, GraphQLEnumType):
            yield from ("", f"### {one.name}", "", _line(one.description))
            yield from ("", "| value | meaning |", "| --- | --- |")
            for name, value in one.values.items():
                yield f"| `{name}` | {_line(value.description)} |"


def page() -> str:
    """The text of the page."""
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert schema.query_type is not None  # noqa: S101 -- for the type checker
    assert schema.mutation_type is not None  # noqa: S101 -- likewise
    roots = {schema.query_type.name, schema.mutation_type.name}
    others = [
        schema.type_map[name]
        for name in sorted(schema.type_map)
        if not name.startswith("__") and name not in roots
    ]
    lines = [
        "# API reference",
        "",
        _GENERATED,
        "",
        (
            "Every field of the GraphQL schema. [api.md](api.md) is the guide: tokens, as-of,"
            " errors, limits. Each example below is run by a test."
        ),
        *_root("Queries", schema.query_type.fields, QUERIES),
        *_root("Mutations", schema.mutation_type.fields, MUTATIONS),
        "",
        "## Types",
        *_types(others),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    return {PAGE: page()}
