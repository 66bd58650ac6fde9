"""The types of the Python client: enumerations, models, inputs."""

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_required_input_field,
)
from pydantic.alias_generators import to_camel

from shopx_tools.generators.client_names import Names, docstring, header, snake


def _reachable(names: Names) -> list[GraphQLObjectType]:
    """Object types with a model, those that others need first."""
    done: dict[str, GraphQLObjectType] = {}

    def visit(kind: GraphQLNamedType, within: tuple[str, ...]) -> None:
        if not isinstance(kind, GraphQLObjectType) or kind.name in {*done, "PageInfo"}:
            return
        if kind.name in within:
            if names.is_node(kind):
                return
            raise ValueError(f"{kind.name} contains itself: a model of it has no end.")
        for field in kind.fields.values():
            visit(get_named_type(field.type), (*within, kind.name))
        if not kind.name.endswith("Edge") and not names.is_panel(kind):
            done[kind.name] = kind

    for root in (names.schema.query_type, names.schema.mutation_type):
        for field in root.fields.values() if root else ():
            visit(get_named_type(field.type), ())
    return list(done.values())


def enums(names: Names) -> str:
    """The module of enumerations."""
    lines = header("Enumerations", "from enum import StrEnum")
    kinds = [
        kind
        for name, kind in sorted(names.schema.type_map.items())
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__")
    ]
    lines += [f"__all__ = {[kind.name for kind in kinds]}"]
    for kind in kinds:
        lines += ["", f"class {kind.name}(StrEnum):", docstring(kind.description, "    "), ""]
        for name, value in kind.values.items():
            lines.append(f'    {name} = "{name}"')
            if value.description:
                lines.append(docstring(value.description, "    "))
    return "\n".join(lines)


def _attribute(name: str, annotation: str, description: str | None, default: str = "") -> list[str]:
    python = snake(name)
    arguments = [] if to_camel(python) == name else [f'alias="{name}"']
    if default:
        arguments.insert(0, f"default={default}")
    value = f" = Field({', '.join(arguments)})" if arguments else ""
    if arguments == [f"default={default}"]:
        value = f" = {default}"
    return [f"    {python}: {annotation}{value}", docstring(description, "    ")]


def _model(names: Names, kind: GraphQLObjectType, *, whole: bool) -> list[str]:
    base = "Connection" if names.is_connection(kind) else "Model"
    fields = names.attributes(kind) if whole else names.plain(kind)
    lines = ["", f"class {names.model(kind, whole=whole)}({base}):"]
    lines += [docstring(kind.description, "    "), ""]
    for name, field in fields.items():
        of = names.annotation(field.type, whole=name == "nodes" and names.is_connection(kind))
        lines += _attribute(name, of, field.description)
    return lines


def models(names: Names) -> str:
    """The module of what the API answers with."""
    kinds = _reachable(names)
    made: list[tuple[str, list[str]]] = []
    # References stand on plain values alone, so they come before all that names them.
    made += [
        (names.model(kind, whole=False), _model(names, kind, whole=False))
        for kind in kinds
        if names.has_reference(kind)
    ]
    made += [(kind.name, _model(names, kind, whole=True)) for kind in kinds]
    lines = header(
        "What the API answers with",
        "from pydantic import Field",
        "from shopx_client.generated.enums import *",
        "from shopx_client.values import Amount, Connection, Day, Instant, Model, SaidText",
    )
    lines += [f"__all__ = {sorted(name for name, _ in made)}"]
    return "\n".join([*lines, *(line for _, text in made for line in text)])


def inputs(names: Names) -> str:
    """The module of what the API is told."""
    kinds = {
        name: kind
        for name, kind in names.schema.type_map.items()
        if isinstance(kind, GraphQLInputObjectType)
    }
    order: list[str] = []

    def visit(kind: GraphQLInputObjectType) -> None:
        for field in kind.fields.values():
            inner = get_named_type(field.type)
            if isinstance(inner, GraphQLInputObjectType):
                visit(inner)
        if kind.name not in order:
            order.append(kind.name)

    for kind in kinds.values():
        visit(kind)
    lines = header(
        "What the API is told",
        "from pydantic import Field",
        "from shopx_client.generated.enums import *",
        "from shopx_client.values import Amount, Day, Input, Instant, OneOfInput",
    )
    lines += [f"__all__ = {sorted(order)}"]
    for name in order:
        kind = kinds[name]
        base = "OneOfInput" if kind.is_one_of else "Input"
        lines += ["", f"class {name}({base}):", docstring(kind.description, "    "), ""]
        for one, field in kind.fields.items():
            # What is left out is what the API says it is.
            required = is_required_input_field(field)
            of = names.annotation(field.type).removesuffix(" | None")
            lines += _attribute(
                one,
                of if required else f"{of} | None",
                field.description,
                "" if required else "None",
            )
    return "\n".join(lines)
