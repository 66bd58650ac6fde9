"""Transforms a batch of a source's rows into rows for COPY into the staging tables. Pure.

A row with any fault is rejected whole, with all of its faults.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from shopx_store.importing import ledger_fields
from shopx_store.importing.expression_compiler import parse
from shopx_store.importing.expressions import Expression
from shopx_store.importing.functions import ValueType
from shopx_store.importing.ledger_fields import NULL, LedgerField
from shopx_store.importing.mapping import Fields, Mapping
from shopx_store.importing.readers.base import Batch
from shopx_store.importing.values import Localiser
from shopx_store.importing.vectors import Fault, Vector

HEADER_COLUMNS = ("at", "document", "customer", "rep", "region", "channel", "currency")
"""The fields of a header beside its key, in the order of the staging table."""
LINE_COLUMNS = ("kind", "at", "product", "quantity", "gross", "discount", "cost")
"""The fields of a line beside its keys, in the order of the staging table."""
ENTITY_COLUMNS: dict[str, tuple[str, ...]] = {
    "products": ("sku", "name", "category", "unit_cost", "list_price"),
    "categories": ("name", "parent"),
    "customers": ("name", "email", "country"),
    "reps": ("name", "team", "region", "hired_on", "manager"),
}
"""The fields of reference rows beside their keys, in the order of the staging tables."""

_AMOUNTS = frozenset({"quantity", "gross", "discount", "cost", "unit_cost", "list_price"})
_REQUIRED = frozenset({"order.at", "order.currency", "line.product", "line.quantity", "line.gross"})


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row is rejected."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Staged:
    """One batch, transformed: lines of COPY's text format by staging table."""

    read: int = 0
    skipped: int = 0
    rejected: int = 0
    """Rows; each has one or more `rejects`."""
    lines: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    entities: dict[str, list[str]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


class Digester:
    """Identities: 16 bytes of BLAKE2b, keyed by the source, so that those of two sources differ.

    Args:
        source: The source's name.
        by: `key` or `content`: what is digested, so that those of the two kinds differ too.
    """

    def __init__(self, source: str, by: str) -> None:
        self._base = hashlib.blake2b(digest_size=16, key=source.encode(), person=by.encode())

    def __call__(self, content: str) -> str:
        """The digest in hexadecimal, which PostgreSQL reads as a uuid."""
        digest = self._base.copy()
        digest.update(content.encode())
        return digest.hexdigest()


class InputTransformer:
    """What the rows of one input become: headers, lines, reference rows, or several of them.

    Args:
        mapping: The mapping.
        name: The input's.
        latest: The first instant that is too late for a sale.
    """

    def __init__(self, mapping: Mapping, name: str, latest: dt.datetime) -> None:
        self._compile = _FieldCompiler(mapping, latest)
        self.has_headers = mapping.order_input == name
        self.has_lines = mapping.line_input == name
        self._where: list[LedgerField] = []
        self._header: dict[str, LedgerField] = {}
        self._line: dict[str, LedgerField] = {}
        self._entities: dict[str, tuple[LedgerField, list[LedgerField | None]]] = {}
        if self.has_headers:
            self._header = self._section("order", mapping.order)
        if self.has_lines:
            self._line = self._section("line", mapping.line)
        for entity, section, chosen, key in mapping.entities():
            if chosen == name:
                made = self._section(entity, section)
                made.pop("key", None)
                attributes = [made.get(attribute) for attribute in ENTITY_COLUMNS[entity]]
                self._entities[entity] = (self._compile(entity, "key", key), attributes)
        if self.has_headers and "currency" not in self._header and mapping.source.currency:
            currency = parse(repr(mapping.source.currency))
            self._header["currency"] = self._compile("order", "currency", currency)
        self._digest = Digester(mapping.source.name, "key" if mapping.line.key else "content")

    def _section(self, name: str, section: Fields) -> dict[str, LedgerField]:
        made = {item: self._compile(name, item, e) for item, e in section.expressions()}
        if "where" in made:
            self._where.append(made.pop("where"))
        return made

    def _fields(self) -> Iterator[LedgerField]:
        yield from self._where
        yield from self._header.values()
        yield from self._line.values()
        for key, attributes in self._entities.values():
            yield key
            yield from (attribute for attribute in attributes if attribute)

    @property
    def needed(self) -> frozenset[str]:
        """The columns that the input must have."""
        return frozenset().union(*(item.expression.columns for item in self._fields()))

    @property
    def content_fields(self) -> str:
        """The fields of a line's content; with other fields, every identity would change."""
        names = [*(f"order.{n}" for n in self._header), *(f"line.{n}" for n in self._line)]
        return " ".join(sorted(names))

    def take(self, batch: Batch, offset: int) -> Staged:
        """Transform one batch; `offset` plus a row's number is its number in the import."""
        staged = Staged(read=len(batch.rows) + len(batch.malformed))
        staged.rejected = len(batch.malformed)
        for number, fault in batch.malformed:
            staged.rejects.append(_reject(number, "", fault))
        vectors = {item.name: item.vector(batch.columns) for item in self._fields()}
        keep = self._keep(batch, vectors, offset, staged)
        if keep is not None:
            vectors = {name: vector.take(keep) for name, vector in vectors.items()}
        rows = batch.rows if keep is None else [batch.rows[index] for index in keep]
        numbers = [offset + row for row in rows]
        if numbers:
            self._emit(vectors, numbers, staged)
        return staged

    @staticmethod
    def _bare_headers(
        batch: Batch, vectors: dict[str, Vector], skipped: set[int], offset: int
    ) -> Iterator[str]:
        keys = vectors["order.key"].rows() if skipped else []
        nulls = "\t".join([NULL] * len(HEADER_COLUMNS))
        for row in sorted(skipped):
            if isinstance(keys[row], str):
                yield f"{offset + batch.rows[row]}\t{keys[row]}\t{nulls}\n"

    def _keep(
        self, batch: Batch, vectors: dict[str, Vector], offset: int, staged: Staged
    ) -> list[int] | None:
        """The rows to take; `None` is all of them."""
        skipped: set[int] = set()
        for item in self._where:
            verdicts = vectors[item.name].iterate()
            skipped.update(
                row for row, v in enumerate(verdicts) if v is not True and type(v) is not Fault
            )
        bad: dict[int, list[Reject]] = {}
        for item in self._fields():
            for row, fault in ledger_fields.faults(vectors[item.name]):
                if row not in skipped:
                    reject = _reject(batch.rows[row], item.name, fault)
                    found = bad.setdefault(row, [])
                    if reject not in found:
                        found.append(reject)
        if self.has_headers and not self.has_lines:
            # A header with nothing but a key marks lines to be skipped too.
            staged.headers = list(self._bare_headers(batch, vectors, skipped, offset))
        staged.skipped += len(skipped)
        staged.rejected += len(bad)
        for row in sorted(bad):
            staged.rejects.extend(bad[row])
        if not skipped and not bad:
            return None
        return [row for row in range(len(batch.rows)) if row not in skipped and row not in bad]

    def _emit(self, vectors: dict[str, Vector], numbers: list[int], staged: Staged) -> None:
        size = len(numbers)
        texts = {name: vector.map(_or_null) for name, vector in vectors.items()}

        def joined(section: str, names: Sequence[str], default: str = NULL) -> list[str]:
            absent = Vector.constant(default, size)
            parts = [texts.get(f"{section}.{name}", absent).iterate() for name in names]
            return list(map("\t".join, zip(*parts, strict=True)))

        headers = joined("order", HEADER_COLUMNS) if self.has_headers else []
        if self.has_lines:
            self._emit_lines(texts, headers, joined("line", LINE_COLUMNS), numbers, staged)
        elif self.has_headers:
            keys = texts["order.key"].iterate()
            staged.headers += [
                f"{number}\t{key}\t{header}\n"
                for number, key, header in zip(numbers, keys, headers, strict=True)
            ]
        for entity, (key_field, _) in self._entities.items():
            rows = joined(entity, ("key", *ENTITY_COLUMNS[entity]))
            staged.entities[entity] = list(_tally(rows, vectors[key_field.name], numbers))

    def _emit_lines(
        self,
        texts: dict[str, Vector],
        headers: list[str],
        lines: list[str],
        numbers: list[int],
        staged: Staged,
    ) -> None:
        order_keys = texts.get("order.key" if self.has_headers else "line.order")
        orders = None if order_keys is None else list(order_keys.iterate())
        line_keys = texts.get("line.key")
        if line_keys is not None:
            own = list(line_keys.iterate())
            orders = orders or own
            content = map("\t".join, zip(orders, own, strict=True))
        else:
            content = map("\t".join, zip(*filter(None, (orders, headers, lines)), strict=True))
        identities = list(map(self._digest, content))
        orders = orders or identities
        staged.lines = [
            f"{number}\t{order}\t{identity}\t{line}\n"
            for number, order, identity, line in zip(
                numbers, orders, identities, lines, strict=True
            )
        ]
        if self.has_headers:
            # The header is repeated on each line of its order: stage it once a batch.
            first: dict[tuple[str, str], int] = {}
            for header, number in zip(zip(orders, headers, strict=True), numbers, strict=True):
                if header not in first:
                    first[header] = number
            staged.headers = [f"{n}\t{order}\t{header}\n" for (order, header), n in first.items()]


def _tally(rows: list[str], keys: Vector, numbers: list[int]) -> Iterator[str]:
    """Each different row that has a key, how often it occurs, and where last."""
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    for row, key, number in zip(rows, keys.iterate(), numbers, strict=True):
        if key is not None:
            counts[row] = counts.get(row, 0) + 1
            last[row] = number
    for row, count in counts.items():
        yield f"{row}\t{count}\t{last[row]}\n"


def _or_null(value: Any) -> Any:
    return NULL if value is None else value


def _reject(row: int, name: str, fault: Fault) -> Reject:
    value = "" if fault.value is None else str(fault.value)
    return Reject(row, fault.column or name, value, fault.reason)


class _FieldCompiler:
    """Compiles the fields of all sections."""

    def __init__(self, mapping: Mapping, latest: dt.datetime) -> None:
        zone = ZoneInfo(mapping.source.zone)
        earliest = dt.datetime.combine(mapping.source.earliest, dt.time.min, tzinfo=zone)
        localise = Localiser(zone, mapping.source.clock_change)
        self._instant = ledger_fields.instant(localise, earliest, latest)
        self._special: dict[str, tuple[ValueType, Callable[[Any], Any]]] = {
            "order.at": (ValueType.ANY, self._instant),
            "line.at": (ValueType.ANY, self._instant),
            "order.document": (
                ValueType.TEXT,
                ledger_fields.choice("sale", "return", "adjustment"),
            ),
            "line.kind": (ValueType.TEXT, ledger_fields.choice("sale", "return", "correction")),
            "order.currency": (ValueType.TEXT, ledger_fields.currency),
            "reps.hired_on": (ValueType.TIME, ledger_fields.day),
            "order.where": (ValueType.TRUTH, bool),
            "line.where": (ValueType.TRUTH, bool),
        }
        self._required = set(_REQUIRED)
        if mapping.order.key is not None:
            self._required.add("order.key")
        if mapping.line.key is not None:
            self._required.add("line.key")
        if mapping.line.order is not None:
            self._required.add("line.order")

    def __call__(self, section: str, name: str, expression: Expression) -> LedgerField:
        full = f"{section}.{name}"
        kind, convert = self._special.get(
            full,
            (ValueType.NUMBER, ledger_fields.amount)
            if name in _AMOUNTS
            else (ValueType.TEXT, ledger_fields.text),
        )
        return LedgerField(full, expression, kind, convert, required=full in self._required)


def latest_instant(mapping: Mapping, now: dt.datetime) -> dt.datetime:
    """The first instant that is too late for a sale of this source."""
    zone = ZoneInfo(mapping.source.zone)
    if mapping.source.latest is None:
        return now + dt.timedelta(days=366)
    day = mapping.source.latest + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time.min, tzinfo=zone)
