"""The Python client's types, queries and mutations, from the schema: every panel is in it.

A field without arguments is an attribute of its type's model. A field with arguments is asked for
by itself. So an object type that has one (a panel, a product) is a class of queries, each of which
reads one field; the pages send the same operations, which cache best. An object with an id that
is part of another is read by its plain values (`ProductReference`), or models had no end.
"""

import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)
from pydantic.alias_generators import to_camel

from shopx_tools import ROOT
from shopx_tools.generators.api_reference import SCHEMA

TARGET: Final = ROOT / "client" / "shopx_client" / "generated"
_SCALARS: Final = {
    "ID": "str", "String": "str", "Int": "int", "Float": "float", "Boolean": "bool",
    "Decimal": "Amount", "DateTime": "Instant", "Date": "Day",
}  # fmt: skip
REPEATABLE: Final = frozenset({
    "recordOrders", "refundOrder", "cancelOrder", "upsertCategories", "upsertProducts",
    "upsertCustomers", "upsertReps", "setRates", "inspectImport", "saveView", "revokeToken",
    "pauseReport",
})  # fmt: skip
"""Mutations that do the same once or twice, beside those with an optional idempotency key."""
_KEY: Final = "idempotencyKey"
_PAGED: Final = frozenset({"first", "after"})
_ABOUT: Final = frozenset({"period", "comparison", "leftOut"})
"""Fields of every panel, which are read with each of its others."""
_WIDTH: Final = 96


def snake(name: str) -> str:
    """A name of the schema as Python writes it."""
    made = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    made = re.sub(r"(?<=[a-z])(?=\d+[A-Z])", "_", made).lower()
    return f"{made}_" if keyword.iskeyword(made) else made


def _text(description: str | None, indent: str) -> str:
    """A docstring."""
    words = re.sub(r"\s+", " ", description or "").replace("\\", "\\\\").strip()
    whole = f'{indent}"""{words}"""'
    if len(whole) <= _WIDTH:
        return whole
    wrap = textwrap.TextWrapper(_WIDTH, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(wrap.wrap(f'"""{words}')) + f'\n{indent}"""'


def _header(what: str, *imports: str) -> list[str]:
    return [f'"""{what}; written by `make generate` from the schema."""', "", *imports, ""]


class Names:
    """How the types of a schema are called in Python.

    Args:
        schema: The API's.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.node = schema.type_map["Node"]

    def is_query_class(self, kind: GraphQLNamedType) -> bool:
        """Whether its fields are asked for one by one."""
        return isinstance(kind, GraphQLObjectType) and any(
            field.args for field in kind.fields.values()
        )

    def is_panel(self, kind: GraphQLNamedType) -> bool:
        """Whether it is a panel: figures of a period."""
        return isinstance(kind, GraphQLObjectType) and kind.fields.keys() >= _ABOUT

    def is_connection(self, kind: GraphQLNamedType) -> bool:
        """Whether it is a list in pages."""
        return isinstance(kind, GraphQLObjectType) and kind.fields.keys() >= {"nodes", "pageInfo"}

    def is_node(self, kind: GraphQLNamedType) -> bool:
        """Whether it has an id of its own."""
        return isinstance(kind, GraphQLObjectType) and self.node in kind.interfaces

    def attributes(self, kind: GraphQLObjectType) -> dict[str, GraphQLField]:
        """The fields of a type's model."""
        left_out = {"edges", "pageInfo", "totalCount"} if self.is_connection(kind) else set()
        return {
            name: field
            for name, field in kind.fields.items()
            if not field.args and name not in left_out
        }

    def plain(self, kind: GraphQLObjectType) -> dict[str, GraphQLField]:
        """Its fields without objects."""
        return {
            name: field
            for name, field in self.attributes(kind).items()
            if not isinstance(get_named_type(field.type), GraphQLObjectType)
        }

    def has_reference(self, kind: GraphQLNamedType) -> bool:
        """Whether it is another model where it is a part of something."""
        return (
            isinstance(kind, GraphQLObjectType)
            and self.is_node(kind)
            and self.plain(kind) != self.attributes(kind)
        )

    def model(self, kind: GraphQLNamedType, *, whole: bool) -> str:
        """The name of its model."""
        return kind.name if whole or not self.has_reference(kind) else f"{kind.name}Reference"

    def annotation(self, kind: object, prefix: str = "", *, whole: bool = False) -> str:
        """A Python annotation.

        Args:
            kind: The type in the schema.
            prefix: Of the names of models, inputs and enumerations, such as `models.`.
            whole: Whether an object with an id is the whole of it.
        """
        if isinstance(kind, GraphQLNonNull):
            return self._within(kind.of_type, prefix, whole=whole)
        return f"{self._within(kind, prefix, whole=whole)} | None"

    def _within(self, kind: object, prefix: str, *, whole: bool) -> str:
        if isinstance(kind, GraphQLList):
            return f"list[{self.annotation(kind.of_type, prefix, whole=whole)}]"
        named = get_named_type(kind)  # type: ignore[call-overload]
        if named.name in _SCALARS:
            return _SCALARS[named.name]
        if isinstance(named, GraphQLEnumType):
            return f"{'enums.' if prefix else ''}{named.name}"
        if isinstance(named, GraphQLInputObjectType):
            return f"{'inputs.' if prefix else ''}{named.name}"
        return f"{prefix}{self.model(named, whole=whole)}"


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


def _enums(names: Names) -> str:
    lines = _header("Enumerations", "from enum import StrEnum")
    kinds = [
        kind
        for name, kind in sorted(names.schema.type_map.items())
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__")
    ]
    lines += [f"__all__ = {[kind.name for kind in kinds]}"]
    for kind in kinds:
        lines += ["", f"class {kind.name}(StrEnum):", _text(kind.description, "    "), ""]
        for name, value in kind.values.items():
            lines.append(f'    {name} = "{name}"')
            if value.description:
                lines.append(_text(value.description, "    "))
    return "\n".join(lines)


def _attribute(name: str, annotation: str, description: str | None, default: str = "") -> list[str]:
    python = snake(name)
    arguments = [] if to_camel(python) == name else [f'alias="{name}"']
    if default:
        arguments.insert(0, f"default={default}")
    value = f" = Field({', '.join(arguments)})" if arguments else ""
    if arguments == [f"default={default}"]:
        value = f" = {default}"
    return [f"    {python}: {annotation}{value}", _text(description, "    ")]


def _model(names: Names, kind: GraphQLObjectType, *, whole: bool) -> list[str]:
    base = "Connection" if names.is_connection(kind) else "Model"
    fields = names.attributes(kind) if whole else names.plain(kind)
    lines = ["", f"class {names.model(kind, whole=whole)}({base}):"]
    lines += [_text(kind.description, "    "), ""]
    for name, field in fields.items():
        of = names.annotation(field.type, whole=name == "nodes" and names.is_connection(kind))
        lines += _attribute(name, of, field.description)
    return lines


def _models(names: Names) -> str:
    kinds = _reachable(names)
    made: list[tuple[str, list[str]]] = []
    # References stand on plain values alone, so they come before all that names them.
    made += [
        (names.model(kind, whole=False), _model(names, kind, whole=False))
        for kind in kinds
        if names.has_reference(kind)
    ]
    made += [(kind.name, _model(names, kind, whole=True)) for kind in kinds]
    lines = _header(
        "What the API answers with",
        "from pydantic import Field",
        "from shopx_client.generated.enums import *",
        "from shopx_client.values import Amount, Connection, Day, Instant, Model",
    )
    lines += [f"__all__ = {sorted(name for name, _ in made)}"]
    return "\n".join([*lines, *(line for _, text in made for line in text)])


def _inputs(names: Names) -> str:
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
    lines = _header(
        "What the API is told",
        "from pydantic import Field",
        "from shopx_client.generated.enums import *",
        "from shopx_client.values import Amount, Day, Input, Instant, OneOfInput",
    )
    lines += [f"__all__ = {sorted(order)}"]
    for name in order:
        kind = kinds[name]
        base = "OneOfInput" if kind.is_one_of else "Input"
        lines += ["", f"class {name}({base}):", _text(kind.description, "    "), ""]
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


def _parameters(
    names: Names, arguments: Mapping[str, GraphQLArgument], prefix: str = "x."
) -> Iterator[tuple[str, str, GraphQLArgument]]:
    """Python's declaration of each argument, and whether it must be given."""
    for name, argument in arguments.items():
        of = names.annotation(argument.type, prefix).removesuffix(" | None")
        of = of.replace("list[", "Sequence[")
        if is_required_argument(argument):
            yield name, f"{snake(name)}: {of}", argument
        else:
            yield name, f"{snake(name)}: {of} | None = None", argument


def _signature(declared: list[tuple[str, str]], more: Iterable[str] = ()) -> str:
    required = [text for _, text in declared if not text.endswith("= None")]
    optional = [text for _, text in declared if text.endswith("= None")] + list(more)
    return ", ".join([*required, *(["*"] if optional else []), *optional])


def _given(parts: list[tuple[str, GraphQLArgument]]) -> str:
    """The call that keeps the arguments that have a value."""
    if not parts:
        return "()"
    texts = [f'("{name}", "{argument.type}", {_value(name, argument)})' for name, argument in parts]
    return f"arguments({', '.join(texts)},)"


def _value(name: str, argument: GraphQLArgument) -> str:
    if name == _KEY and not isinstance(argument.type, GraphQLNonNull):
        return f"{snake(name)} or new_key()"
    return snake(name)


def _documented(
    description: str | None, arguments: list[tuple[str, str | None]], indent: str
) -> str:
    text = _text(description, indent)
    if not arguments:
        return text
    lines = [text.removesuffix('"""').rstrip(), "", f"{indent}Args:"]
    inner = indent + "    "
    for name, meaning in arguments:
        words = re.sub(r"\s+", " ", meaning or "").strip()
        wrap = textwrap.TextWrapper(_WIDTH, initial_indent=inner, subsequent_indent=inner + "    ")
        lines += wrap.wrap(f"{name}: {words}")
    return "\n".join([*lines, f'{indent}"""'])


def _connection_path(names: Names, kind: GraphQLOutputType) -> tuple[str, ...] | None:
    """The fields from a value to the list in it that comes in pages."""
    named = get_named_type(kind)
    if names.is_connection(named):
        return ()
    if not isinstance(named, GraphQLObjectType):
        return None
    for name, field in names.attributes(named).items():
        if names.is_connection(get_named_type(field.type)):
            return (name,)
    return None


_LIMIT: Final = ("limit", "How many rows of the list at most; all by default.")


def _query(names: Names, name: str, field: GraphQLField, *, is_root: bool) -> list[str]:
    """A function of a root field, or a method of a class of queries."""
    named = get_named_type(field.type)
    indent = "" if is_root else "    "
    is_class = names.is_query_class(named) and not names.is_connection(named)
    is_paged = not is_class and field.args.keys() >= _PAGED
    left_out = _PAGED if is_paged else frozenset[str]()
    parameters = [one for one in _parameters(names, field.args) if one[0] not in left_out]
    given = _given([(one, argument) for one, _, argument in parameters])
    declared = [(one, text) for one, text, _ in parameters]
    documents = [(snake(one), argument.description) for one, _, argument in parameters]
    more = []
    if is_paged:
        more = ["limit: int | None = None"]
        documents.append(_LIMIT)
    own = "" if is_root else "self, "
    about = f", about=models.{_period(names)}" if names.is_panel(named) else ""
    step = f'Step("{name}", {given}{about})'
    steps = f"({step},)" if is_root else f"(*self._steps, {step})"
    signature = f"{own}{_signature(declared, more)}".rstrip(", ")
    lines = ["", f"{indent}def {snake(name)}({signature})"]
    if is_class:
        lines[-1] += f" -> {named.name}Query:"
        body = f"return {named.name}Query({steps})"
    else:
        of = names.annotation(field.type, "models.", whole=True)
        lines[-1] += f" -> Query[{of}]:"
        options = []
        if is_paged:
            options += [f"pages={_connection_path(names, field.type)!r}", "limit=limit"]
        if not is_root:
            options.append("has_currency=True")
        body = f"return Query({', '.join([steps, of, *options])})"
    return [
        *lines,
        _documented(field.description, documents, indent + "    "),
        f"{indent}    {body}",
    ]


def _period(names: Names) -> str:
    return get_named_type(names.schema.type_map["Sales"].fields["period"].type).name  # type: ignore[attr-defined,no-any-return]


def _query_class(names: Names, kind: GraphQLObjectType) -> list[str]:
    lines = ["", f"class {kind.name}Query:", _text(kind.description, "    "), ""]
    lines += ["    def __init__(self, steps: tuple[Step, ...]) -> None:"]
    lines += ["        self._steps = steps"]
    panel = names.is_panel(kind)
    if not panel:
        lines += ["", f"    def read(self) -> Query[models.{kind.name}]:"]
        lines += ['        """All of it that needs no argument."""']
        lines += [f"        return Query(self._steps, models.{kind.name}, has_currency=True)"]
    for name, field in kind.fields.items():
        if field.args or (panel and name not in _ABOUT):
            lines += _query(names, name, field, is_root=False)
    return lines


_IMPORTS: Final = (
    "from collections.abc import Sequence",
    "from shopx_client.generated import enums, inputs, models",
)


def _queries(names: Names) -> str:
    root = names.schema.query_type
    assert root is not None  # noqa: S101, every schema has one
    fields = {
        name: field
        for name, field in root.fields.items()
        # An interface has nothing to select; each kind of node has a field of its own.
        if not isinstance(get_named_type(field.type), GraphQLInterfaceType)
    }
    classes = [
        kind
        for kind in names.schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        and names.is_query_class(kind)
        and kind not in {root, names.schema.mutation_type}
        and not kind.name.startswith("__")
    ]
    lines = _header(
        "What can be read, one function for each root field",
        *_IMPORTS,
        "from shopx_client.operation import Query, Step, arguments",
        "from shopx_client.values import Amount, Day, Instant",
    )
    exported = [*(f"{kind.name}Query" for kind in classes), *map(snake, fields)]
    lines += [f"__all__ = {sorted(exported)}"]
    for kind in sorted(classes, key=lambda kind: not names.is_panel(kind)):
        lines += _query_class(names, kind)
    for name, field in fields.items():
        lines += ["", *_query(names, name, field, is_root=True)]
    return "\n".join(lines)


def _mutations(names: Names) -> str:
    root = names.schema.mutation_type
    assert root is not None  # noqa: S101, this one has writes
    unknown = REPEATABLE - root.fields.keys()
    if unknown:
        raise ValueError(f"There is no mutation {', '.join(sorted(unknown))}.")
    lines = _header(
        "What can be written, one function for each mutation",
        *_IMPORTS,
        "from shopx_client.operation import Mutation, Step, arguments, new_key",
        "from shopx_client.values import Day, Instant",
    )
    lines += [f"__all__ = {sorted(map(snake, root.fields))}"]
    for name, field in root.fields.items():
        parameters = list(_parameters(names, field.args))
        signature = _signature([(one, text) for one, text, _ in parameters])
        of = names.annotation(field.type, "models.", whole=True)
        given = _given([(one, argument) for one, _, argument in parameters])
        keyed = _KEY in field.args
        documents = [(snake(one), argument.description) for one, _, argument in parameters]
        lines += ["", "", f"def {snake(name)}({signature}) -> Mutation[{of}]:"]
        lines += [_documented(field.description, documents, "    ")]
        repeatable = keyed or name in REPEATABLE
        step = f'Step("{name}", {given})'
        lines.append(f"    return Mutation({step}, {of}, is_repeatable={repeatable})")
    return "\n".join(lines)


def _formatted(text: str, path: Path) -> str:
    """As the repository's formatter and import sorter write it."""
    for words in (
        ("check", "--fix-only", "--select", "I,F401", "--ignore", "RUF022"),
        ("format",),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--quiet", "--stdin-filename", str(path), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        text = done.stdout
    return text


def files() -> dict[Path, str]:
    """The package's modules."""
    names = Names(build_schema(SCHEMA.read_text(encoding="utf-8")))
    made = {
        "enums": _enums(names),
        "inputs": _inputs(names),
        "models": _models(names),
        "queries": _queries(names),
        "mutations": _mutations(names),
    }
    paths = {TARGET / f"{name}.py": text for name, text in made.items()}
    return {path: _formatted(text, path) for path, text in paths.items()}
