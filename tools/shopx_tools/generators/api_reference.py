"""docs/api-reference.md: every type of the schema, with an example for each field of its roots."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    NullValueNode,
    build_schema,
    parse,
    print_ast,
)

from shopx_tools import ROOT
from shopx_tools.generators.api_examples import MUTATIONS, QUERIES

SCHEMA: Final = ROOT / "api" / "shopx_api" / "schema.graphql"
PAGE: Final = ROOT / "docs" / "api-reference.md"
_GENERATED: Final = "<!-- Written by `make generate` from api/shopx_api/schema.graphql. -->"


def _line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").replace("|", "\\|").strip()


def _default(given: GraphQLArgument | GraphQLInputField) -> str:
    """As it is written in the schema; empty = none, or null, which every optional one has."""
    literal = given.default.literal if given.default is not None else None
    return print_ast(literal) if literal and not isinstance(literal, NullValueNode) else ""


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _inputs(
    given: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
) -> Iterator[str]:
    """The rows of a table of arguments, or of an input's fields."""
    for name, one in given.items():
        yield f"| `{name}` | `{one.type}` | {_code(_default(one))} | {_line(one.description)} |"


def _signature(name: str, field: GraphQLField) -> str:
    """A field as a caller writes it: its arguments with types and defaults."""
    if not field.args:
        return name
    given = [
        f"{one}: {argument.type}" + (f" = {_default(argument)}" if _default(argument) else "")
        for one, argument in field.args.items()
    ]
    return f"{name}({', '.join(given)})"


def _arguments(arguments: Mapping[str, GraphQLArgument]) -> Iterator[str]:
    if not arguments:
        return
    yield from ("", "| argument | type | default | meaning |", "| --- | --- | --- | --- |")
    yield from _inputs(arguments)


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
        yield f"| `{_signature(name, field)}` | `{field.type}` | {_line(field.description)} |"


def _types(types: Iterable[object]) -> Iterator[str]:
    for one in types:
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            yield from ("", f"### {one.name}", "", _line(one.description))
            yield from _rows(one.fields)
        elif isinstance(one, GraphQLInputObjectType):
            yield from ("", f"### {one.name}", "", _line(one.description))
            yield from ("", "| field | type | default | meaning |", "| --- | --- | --- | --- |")
            yield from _inputs(one.fields)
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
