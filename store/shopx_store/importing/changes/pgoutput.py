"""Messages of PostgreSQL's output plugin `pgoutput`, protocol version 1. Pure.

The formats are those of "Logical Replication Message Formats" in PostgreSQL's manual. Of the values
of a row only texts are sent, so no type is interpreted here.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


class _Unchanged:
    """A large value that an update did not touch, and that is not sent."""


UNCHANGED: Final = _Unchanged()
Value = str | None | _Unchanged
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction follows that was committed."""

    xid: int


@dataclass(frozen=True, slots=True)
class Commit:
    """It is complete.

    Attributes:
        end: The position after it.
    """

    end: int


@dataclass(frozen=True, slots=True)
class Relation:
    """What a table is called, before its first change and after each change of the table.

    Attributes:
        columns: In the sequence of a row's values.
        key: Those that a deleted row has values of.
    """

    id: int
    schema: str
    table: str
    columns: tuple[str, ...]
    key: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """A row was inserted, updated or deleted.

    Attributes:
        was_there: Whether it was there before.
        old: Before: all of it, or its key alone; `None` = it was not there, or has the same key.
        new: Afterwards; `None` = it was deleted.
    """

    relation: int
    was_there: bool
    old: Row | None
    new: Row | None


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables were emptied."""

    relations: tuple[int, ...]


Message = Begin | Commit | Relation | Change | Truncate


class UnknownMessageError(ValueError):
    """It is none of protocol version 1."""


def parse(data: bytes) -> Message | None:
    """Read a message; `None` = it says nothing about rows.

    Raises:
        UnknownMessageError: It is not understood.
    """
    kind = data[:1]
    if kind in _SILENT:
        return None
    read = _READ.get(kind)
    if read is None:
        raise UnknownMessageError(f"a message {kind!r}")
    try:
        return read(_Reader(data))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise UnknownMessageError(f"a message {kind!r} that is no whole text") from error


def _begin(reader: "_Reader") -> Begin:
    return Begin(xid=reader.take("QQI")[2])


def _commit(reader: "_Reader") -> Commit:
    return Commit(end=reader.take("BQQ")[2])


def _relation(reader: "_Reader") -> Relation:
    (number,) = reader.take("I")
    # The schema of the system's own tables is sent as nothing.
    schema, table = reader.text() or "pg_catalog", reader.text()
    _, count = reader.take("BH")
    columns, key = [], set()
    for _ in range(count):
        (flags,) = reader.take("B")
        name = reader.text()
        reader.take("Ii")
        columns.append(name)
        if flags & 1:
            key.add(name)
    return Relation(number, schema, table, tuple(columns), frozenset(key))


def _insert(reader: "_Reader") -> Change:
    (relation,) = reader.take("I")
    reader.expect(b"N")
    return Change(relation, was_there=False, old=None, new=reader.row())


def _delete(reader: "_Reader") -> Change:
    (relation,) = reader.take("I")
    reader.expect(b"KO")
    return Change(relation, was_there=True, old=reader.row(), new=None)


def _truncate(reader: "_Reader") -> Truncate:
    count, _ = reader.take("IB")
    return Truncate(reader.take(f"{count}I"))


def _update(reader: "_Reader") -> Change:
    (relation,) = reader.take("I")
    old = None
    if reader.expect(b"KON") != b"N":
        old = reader.row()
        reader.expect(b"N")
    return Change(relation, was_there=True, old=old, new=reader.row())


_READ: Final[Mapping[bytes, Callable[["_Reader"], Message]]] = {
    b"B": _begin,
    b"C": _commit,
    b"R": _relation,
    b"I": _insert,
    b"U": _update,
    b"D": _delete,
    b"T": _truncate,
}
_SILENT: Final = (b"O", b"Y", b"M")
"""Where a transaction came from; the name of a type; a message of an application."""


class _Reader:
    """Reads a message after its first byte."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 1

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(f">{layout}", self._data, self._at)
        self._at += struct.calcsize(f">{layout}")
        return values

    def expect(self, kinds: bytes) -> bytes:
        found = self._data[self._at : self._at + 1]
        if not found or found not in kinds:
            raise UnknownMessageError(f"{found!r} where one of {kinds!r} is")
        self._at += 1
        return found

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise IndexError(self._at)
        found = self._data[self._at : end].decode()
        self._at = end + 1
        return found

    def row(self) -> Row:
        (count,) = self.take("H")
        return tuple(self._value() for _ in range(count))

    def _value(self) -> Value:
        kind = self.expect(b"nut")
        if kind == b"n":
            return None
        if kind == b"u":
            return UNCHANGED
        (size,) = self.take("I")
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise IndexError(size)
        self._at += size
        return found.decode()
