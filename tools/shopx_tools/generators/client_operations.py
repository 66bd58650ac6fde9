"""The queries and mutations of the Python client."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_required_argument,
)

from shopx_tools.generators.client_names import ABOUT, Names, docstring, documented, header, snake

_KEY: Final = "idempotencyKey"
_PAGED: Final = frozenset({"first", "after"})


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
        documented(field.description, documents, indent + "    "),
        f"{indent}    {body}",
    ]


def _period(names: Names) -> str:
    return get_named_type(names.schema.type_map["Sales"].fields["period"].type).name  # type: ignore[attr-defined,no-any-return]


def _query_class(names: Names, kind: GraphQLObjectType) -> list[str]:
    lines = ["", f"class {kind.name}Query:", docstring(kind.description, "    "), ""]
    lines += ["    def __init__(self, steps: tuple[Step, ...]) -> None:"]
    lines += ["        self._steps = steps"]
    panel = names.is_panel(kind)
    if not panel:
        lines += ["", f"    def read(self) -> Query[models.{kind.name}]:"]
        lines += ['        """All of it that needs no argument."""']
        lines += [f"        return Query(self._steps, models.{kind.name}, has_currency=True)"]
    for name, field in kind.fields.items():
        if field.args or (panel and name not in ABOUT):
            lines += _query(names, name, field, is_root=False)
    return lines


_IMPORTS: Final = (
    "from collections.abc import Sequence",
    "from shopx_client.generated import enums, inputs, models",
)


def queries(names: Names) -> str:
    """The module of reads."""
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
    lines = header(
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


def mutations(names: Names, repeatable: frozenset[str]) -> str:
    """The module of writes.

    Args:
        names: Of the schema.
        repeatable: Mutations that may be sent twice.

    Raises:
        ValueError: One of them is not in the schema.
    """
    root = names.schema.mutation_type
    assert root is not None  # noqa: S101, this one has writes
    unknown = repeatable - root.fields.keys()
    if unknown:
        raise ValueError(f"There is no mutation {', '.join(sorted(unknown))}.")
    lines = header(
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
        lines += [documented(field.description, documents, "    ")]
        again = keyed or name in repeatable
        step = f'Step("{name}", {given})'
        lines.append(f"    return Mutation({step}, {of}, is_repeatable={again})")
    return "\n".join(lines)
