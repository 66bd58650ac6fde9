"""SQL as a value: text together with the values that it binds, composed by interpolation.

    recent = sql("booked_at >= {since}", since=bind(instant, "timestamptz"))
    query = sql("select {key} from order_items where {recent} limit {count}",
                key=raw("id"), recent=recent, count=bind(10, "bigint"))
    statement = query.render()
    await connection.fetch(statement.text, *statement.args)

Placeholders are numbered when the whole is rendered, so a fragment does not know where it ends up.
Only `raw` turns a string into SQL; everything else that comes from outside is bound.
"""

import string
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shopx_core.caching.dependencies import DependencyTag


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1` …, as asyncpg takes it, and their values."""

    text: str
    args: tuple[Any, ...]


class _Value:
    """A bound value."""

    __slots__ = ("cast", "key", "value")

    def __init__(self, value: Any, cast: str | None) -> None:
        self.value = value
        self.cast = cast
        # Values with the same key share a placeholder.
        self.key = (cast, tuple(value) if type(value) is list else value)


class Sql:
    """A piece of SQL, immutable and compared by identity; see `sql`, `raw`, `bind` and `join`."""

    __slots__ = ("_parts", "_reads")

    def __init__(
        self,
        parts: tuple["str | _Value | Sql", ...],
        reads: frozenset[DependencyTag] | None = None,
    ) -> None:
        self._parts = parts
        self._reads = reads

    def __repr__(self) -> str:
        """Show the text that it renders to."""
        return f"<Sql {self.render().text!r}>"

    def __format__(self, _: str) -> str:
        """Refuse f-strings, which would lose the values."""
        raise TypeError("SQL is interpolated by `sql`, not by an f-string.")

    def render(self) -> Statement:
        """The text with numbered placeholders; equal values with the same cast share one."""
        written: list[str] = []
        placeholders: dict[tuple[Any, ...], str] = {}
        values: list[Any] = []
        write = written.append

        def walk(fragment: Sql) -> None:
            for part in fragment._parts:
                if type(part) is str:
                    write(part)
                elif type(part) is Sql:
                    walk(part)
                elif type(part) is _Value:
                    placeholder = placeholders.get(part.key)
                    if placeholder is None:
                        values.append(part.value)
                        cast = "" if part.cast is None else f"::{part.cast}"
                        placeholder = placeholders[part.key] = f"${len(values)}{cast}"
                    write(placeholder)

        walk(self)
        return Statement("".join(written), tuple(values))

    def reading(self, *tags: DependencyTag) -> "Sql":
        """The same SQL, which declares what it reads beyond what its fragments declare.

        A test with a parser proves each declaration (`test_declared_dependencies.py`).

        Args:
            tags: Of the tables that its text names; none = nothing that answers depend on, or
                nothing that is not noted in another way.
        """
        return Sql(self._parts, frozenset(tags))

    def reads(self) -> frozenset[DependencyTag] | None:
        """The tags that it and its fragments declare; `None` = none of them declares any."""
        found = self._reads
        for part in self._parts:
            if type(part) is Sql:
                below = part.reads()
                if below is not None:
                    found = below if found is None else found | below
        return found


def sql(template: str, /, **fragments: Sql) -> Sql:
    """Put fragments into a template.

    Args:
        template: SQL with `{name}` for each fragment, and `{{` and `}}` for braces.
        fragments: One for each name.

    Raises:
        ValueError: The names of the template and of the fragments differ, or a name has a
            conversion or a format.
    """
    texts, names, distinct = _parsed(template)
    parts: list[str | _Value | Sql] = [*texts]
    try:
        parts[1::2] = [fragments[name] for name in names]
    except KeyError as error:
        raise ValueError(f"No fragment for {{{error.args[0]}}}: {template}") from None
    if len(fragments) != distinct:
        unused = ", ".join(sorted(fragments.keys() - set(names)))
        raise ValueError(f"Fragments that the template does not use: {unused}: {template}")
    return Sql(tuple(parts))


def raw(text: str) -> Sql:
    """Turn text of this code base into SQL: a column's name, a direction, a constant query."""
    return Sql((text,))


def bind(value: Any, cast: str | None = None) -> Sql:
    """A value as a placeholder.

    Args:
        value: Hashable, or a list of such.
        cast: The PostgreSQL type that it is cast to.
    """
    return Sql((_Value(value, cast),))


def join(separator: str, fragments: Iterable[Sql]) -> Sql:
    """Fragments, separated by text."""
    parts: list[str | _Value | Sql] = []
    for fragment in fragments:
        parts += (separator, fragment)
    return Sql(tuple(parts[1:]))


@lru_cache(maxsize=1024)
def _parsed(template: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Texts and names in turn (each name between two texts), the names, and how many differ."""
    parts = [""]
    names: list[str] = []
    for text, name, form, conversion in string.Formatter().parse(template):
        parts[-1] += text
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(f"Not a plain name in braces: {name!r}: {template}")
        names.append(name)
        parts += (name, "")
    return tuple(parts), tuple(names), len(set(names))
