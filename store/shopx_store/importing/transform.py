"""Transforms a batch of a source's rows into rows for COPY into the staging tables. Pure.

A row with any fault is rejected whole, with all of its faults. Where the header is repeated on the
lines of its order, it is the order's and not the row's: an export may write it in the first row
alone. So each row states what it knows of the header, and `staging_checks` makes one of them.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any

from shopx_core.texts import dumps
from shopx_store.importing import ledger_fields
from shopx_store.importing.charge_lines import (
    ChargeFields,
    charge_lines,
    name_charges,
    without_items,
)
from shopx_store.importing.charges import ChargeKind, reference_rows
from shopx_store.importing.expression_compiler import parse
from shopx_store.importing.expressions import Columns, Expression, LookupTable
from shopx_store.importing.field_compiler import FieldCompiler
from shopx_store.importing.ledger_fields import NULL, LedgerField
from shopx_store.importing.mapping import Fields, Mapping
from shopx_store.importing.readers.base import Batch
from shopx_store.importing.row_numbers import row_number, row_numbers
from shopx_store.importing.vectors import Fault, Vector, combine

CONTENT_COLUMNS = ("at", "document", "customer", "rep", "region", "channel", "currency")
"""The fields of a header that lines without key are known by."""
REDUCTIONS = ("discount", "subtotal")
"""The fields of a header that are spread over its lines; these are known by their shares."""
HEADER_COLUMNS = CONTENT_COLUMNS + REDUCTIONS
"""The fields of a header beside its key, in the order of the staging table."""
TRUE = 1
"""`verdict`: `order.where` holds in this row …"""
GIVEN = 2
"""… and a column that it reads has a value there."""
LEFT_OUT = 1 << len(HEADER_COLUMNS)
"""`weak`: the row's line is not taken. The lower bits are those of the header's fields whose
expression reads columns, all without a value in this row."""
LINE_COLUMNS = ("kind", "at", "product", "quantity", "gross", "discount", "cost")
"""The fields of a line beside its keys, in the order of the staging table."""
ENTITY_COLUMNS: dict[str, tuple[str, ...]] = {
    "products": ("sku", "name", "category", "unit_cost", "list_price", "kind"),
    "categories": ("name", "parent"),
    "customers": ("name", "email", "country"),
    "reps": ("name", "team", "region", "hired_on", "manager"),
}
"""The fields of reference rows beside their keys, in the order of the staging tables."""


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
    charged: dict[str, tuple[ChargeKind, int]] = field(default_factory=dict)
    """Of each charge that has a line its kind, and the number of a row that has it."""
    doubtful: list[str] = field(default_factory=list)
    """Rejects of rows whose order `order.where` may leave out: known when all rows are."""


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
        tables: What lookups find, by input.
    """

    def __init__(
        self,
        mapping: Mapping,
        name: str,
        latest: dt.datetime,
        tables: Map[str, LookupTable] | None = None,
    ) -> None:
        self._tables = tables or {}
        self._compile = FieldCompiler(mapping, latest)
        self.has_headers = mapping.order_input == name
        self.has_lines = mapping.line_input == name
        self.repeated = self.has_headers and self.has_lines and mapping.order.key is not None
        """Whether each line repeats its order's header."""
        self._where: dict[str, LedgerField] = {}
        self._header: dict[str, LedgerField] = {}
        self._line: dict[str, LedgerField] = {}
        self._entities: dict[str, tuple[LedgerField, list[LedgerField | None]]] = {}
        self._include = mapping.source.include
        self._charges = [
            ChargeFields(
                number,
                charge,
                mapping.charge_kind(charge),
                of_order=spec.per == "order",
                fields={
                    item: self._compile(f"charges.{charge}", item, expression)
                    for item, expression in spec.expressions()
                },
            )
            for number, (charge, spec) in enumerate(mapping.charges.items(), 1)
            if mapping.is_booked(charge)
            and name == (mapping.order_input if spec.per == "order" else mapping.line_input)
        ]
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
        self._computed = [
            (1 << n, item.expression)
            for n, name in enumerate(HEADER_COLUMNS)
            if (item := self._header.get(name)) and _is_computed(item.expression)
        ]
        self._keyed = mapping.line.key is not None
        self._digest = Digester(mapping.source.name, "key" if self._keyed else "content")

    def _section(self, name: str, section: Fields) -> dict[str, LedgerField]:
        made = {item: self._compile(name, item, e) for item, e in section.expressions()}
        if "where" in made:
            self._where[name] = made.pop("where")
        return made

    def _fields(self) -> Iterator[LedgerField]:
        yield from self._where.values()
        yield from self._header.values()
        yield from self._line.values()
        for key, attributes in self._entities.values():
            yield key
            yield from (attribute for attribute in attributes if attribute)
        for charge in self._charges:
            yield from charge.fields.values()

    @property
    def is_used(self) -> bool:
        """Whether the input is read for itself, and not for lookups alone."""
        return next(self._fields(), None) is not None

    @property
    def needed(self) -> frozenset[str]:
        """The columns that the input must have."""
        return frozenset().union(*(item.expression.columns for item in self._fields()))

    @property
    def content_fields(self) -> str:
        """The fields of a line's content; with other fields, every identity would change."""
        header = (n for n in self._header if n not in REDUCTIONS)
        names = [*(f"order.{n}" for n in header), *(f"line.{n}" for n in self._line)]
        return " ".join(sorted(names))

    def sources(self, names: Map[str, str]) -> dict[str, str]:
        """For each field what people find in the file: the columns that it is read from.

        Args:
            names: For names of expressions the file's own.
        """
        found = {}
        for item in self._fields():
            read = sorted(item.expression.columns, key=item.expression.text.find)
            own = dict.fromkeys(names.get(name, name) for name in read)
            found[item.name] = ", ".join(own) or item.name
        return found

    def take(self, batch: Batch, offset: int) -> Staged:
        """Transform one batch; `offset` plus a row's number is its number in the import."""
        staged = Staged(read=len(batch.rows) + len(batch.malformed))
        staged.rejected = len(batch.malformed)
        for number, fault in batch.malformed:
            staged.rejects.append(_reject(number, "", fault))
        columns = replace(batch.columns, tables=self._tables)
        vectors = {item.name: item.vector(columns) for item in self._fields()}
        if "line.charge" in vectors:
            without_items(vectors)
        judged = self._judge(batch, vectors)
        if self.has_headers:
            vectors[_VERDICT] = _verdicts(judged, len(batch.rows))
            vectors[_WEAK] = self._weak(batch.columns)
        keep, other, bare = self._sort(batch, vectors, judged, offset, staged)
        every = row_numbers(offset, batch.rows, batch.parts)
        if other:
            named = {name: vector.take(other) for name, vector in vectors.items()}
            staged.headers += self._bare_headers(named, [every[index] for index in other])
        self._emit_charges(vectors, every, keep, bare, staged)
        if keep is not None:
            vectors = {name: vector.take(keep) for name, vector in vectors.items()}
            every = [every[index] for index in keep]
        if every:
            self._emit(vectors, every, staged)
        if "line.charge" in vectors:
            name_charges(vectors["line.charge"], every, staged.charged)
        for section, row in reference_rows(staged.charged):
            staged.entities.setdefault(section, []).append(row)
        return staged

    def _judge(self, batch: Batch, vectors: dict[str, Vector]) -> Vector | None:
        """What `order.where` says in each row: `TRUE`, and `GIVEN`; a fault stays one."""
        item = self._where.get("order")
        if item is None:
            return None

        def judge(value: Any, given: bool) -> Any:
            if type(value) is Fault:
                return value
            return (TRUE if value is True else 0) + (GIVEN if given else 0)

        return combine(judge, [vectors[item.name], _given(item.expression, batch.columns)])

    def _weak(self, columns: Columns) -> Vector:
        """For each row, the bits of the computed fields that it says nothing about."""
        weak = Vector.constant(0, columns.size)
        for bit, expression in self._computed if self.repeated else ():
            given = _given(expression, columns)
            weak = combine(
                lambda bits, there, bit=bit: bits if there else bits | bit, [weak, given]
            )
        return weak

    def _sort(
        self,
        batch: Batch,
        vectors: dict[str, Vector],
        judged: Vector | None,
        offset: int,
        staged: Staged,
    ) -> tuple[list[int] | None, list[int], list[int]]:
        """Sort the rows out.

        Returns:
            The rows to take, `None` for all of them; those whose header alone counts; and of these
            those that still have charges of their order.
        """
        skipped: set[int] = set()
        if "line" in self._where:
            skipped.update(_untrue(vectors["line.where"]))
        if "line.charge" in vectors:
            kinds = vectors["line.charge"].iterate()
            skipped.update(
                row for row, kind in enumerate(kinds)
                if isinstance(kind, str) and kind not in self._include
            )  # fmt: skip
        # A row that is no line of the order still says what its order is.
        itemless = set(skipped)
        if judged is not None:
            out = list(_untrue(vectors["order.where"]))
            if self.repeated:
                # The order decides, and a row that names none is none of its rows.
                keys = vectors["order.key"].rows()
                gone = {row for row in out if not isinstance(keys[row], str)}
            else:
                gone = {*out, *_silent_rows(judged, vectors["order.at"])}
            skipped |= gone
            itemless -= gone
        bad: dict[int, list[Reject]] = {}
        sources: dict[str, str] = {}
        charges = {
            item.name for one in self._charges if one.of_order for item in one.fields.values()
        }
        for item in self._fields():
            for row, fault in ledger_fields.faults(vectors[item.name]):
                if row not in skipped or (row in itemless and item.name in charges):
                    sources = sources or self.sources(batch.names)
                    own = batch.names.get(fault.column or "", fault.column)
                    reject = _reject(batch.rows[row], own or sources[item.name], fault)
                    found = bad.setdefault(row, [])
                    if reject not in found:
                        found.append(reject)
        staged.skipped += len(skipped - bad.keys())
        self._reject_rows(bad, vectors, judged, offset, staged)
        dropped = skipped | bad.keys()
        if not dropped:
            return None, [], []
        keep = [row for row in range(len(batch.rows)) if row not in dropped]
        # A header in the order's own input counts in the rows that are taken, and marks lines to
        # be skipped in the others.
        silent = bad.keys() if not self.repeated else ()
        other = sorted(dropped.difference(silent)) if self._keyed_headers else []
        return keep, other, sorted(itemless - bad.keys()) if self.repeated else []

    @property
    def _keyed_headers(self) -> bool:
        return self.repeated or (self.has_headers and not self.has_lines)

    def _reject_rows(
        self,
        bad: dict[int, list[Reject]],
        vectors: dict[str, Vector],
        judged: Vector | None,
        offset: int,
        staged: Staged,
    ) -> None:
        doubted = judged.rows() if judged is not None and self.repeated and bad else None
        keys = vectors["order.key"].rows() if doubted is not None else []
        for row in sorted(bad):
            if doubted is not None and doubted[row] in _DOUBTFUL and isinstance(keys[row], str):
                staged.doubtful += [_doubtful(offset, keys[row], reject) for reject in bad[row]]
                continue
            staged.rejected += 1
            staged.rejects.extend(bad[row])

    def _bare_headers(self, vectors: dict[str, Vector], numbers: list[int]) -> Iterator[str]:
        """What rows that are not taken say about their orders."""
        keys = vectors["order.key"].rows()
        absent = Vector.constant(NULL, len(numbers))
        named = [
            vectors.get(f"order.{name}", absent).map(_no_fault) if self.repeated else absent
            for name in HEADER_COLUMNS
        ]
        weak = vectors[_WEAK].map(lambda bits: str(bits | LEFT_OUT))
        parts = [*named, vectors[_VERDICT].map(_no_fault), weak]
        rows = map("\t".join, zip(*(part.iterate() for part in parts), strict=True))
        for number, key, row in zip(numbers, keys, rows, strict=True):
            if isinstance(key, str):
                yield f"{number}\t{key}\t{row}\n"

    def _emit_charges(
        self,
        vectors: dict[str, Vector],
        numbers: list[int],
        keep: list[int] | None,
        bare: list[int],
        staged: Staged,
    ) -> None:
        if not self._charges:
            return
        taken = list(range(len(numbers))) if keep is None else keep
        orders = vectors["order.key" if self.has_headers else "line.order"].rows()
        keys = vectors["line.key"].rows() if "line.key" in vectors else None
        header = [
            vectors[f"order.{name}"].rows() if f"order.{name}" in vectors else None
            for name in CONTENT_COLUMNS
        ]
        for charge in self._charges:
            rows = sorted([*taken, *bare]) if charge.of_order else taken
            for row, line in charge_lines(charge, vectors, rows):
                if self._keyed:
                    key = "" if charge.of_order or keys is None else keys[row]
                    content = "\t".join((orders[row], key, "charge", charge.name))
                else:
                    said = [NULL if one is None else _no_fault(one[row]) for one in header]
                    content = "\t".join((orders[row], *said, line, charge.name))
                number = numbers[row] + charge.number
                identity = self._digest(content)
                staged.lines.append(
                    f"{number}\t{orders[row]}\t{identity}\t{line}\t{charge.number}\n"
                )
                staged.charged.setdefault(charge.name, (charge.kind, number))

    def _emit(self, vectors: dict[str, Vector], numbers: list[int], staged: Staged) -> None:
        size = len(numbers)
        texts = {name: vector.map(_or_null) for name, vector in vectors.items()}

        def joined(section: str, names: Sequence[str], default: str = NULL) -> list[str]:
            absent = Vector.constant(default, size)
            parts = [texts.get(f"{section}.{name}", absent).iterate() for name in names]
            return list(map("\t".join, zip(*parts, strict=True)))

        headers = joined("order", CONTENT_COLUMNS) if self.has_headers else []
        stated: list[str] = []
        if self.has_headers:
            reductions = joined("order", REDUCTIONS)
            said = zip(reductions, texts[_VERDICT].iterate(), texts[_WEAK].iterate(), strict=True)
            stated = [f"{reduced}\t{verdict}\t{weak}" for reduced, verdict, weak in said]
        if self.has_lines:
            lines = joined("line", LINE_COLUMNS)
            self._emit_lines(texts, headers, stated, lines, numbers, staged)
        elif self.has_headers:
            keys = texts["order.key"].iterate()
            staged.headers += [
                f"{number}\t{key}\t{header}\t{said}\n"
                for number, key, header, said in zip(numbers, keys, headers, stated, strict=True)
            ]
        for entity, (key_field, _) in self._entities.items():
            rows = joined(entity, ("key", *ENTITY_COLUMNS[entity]))
            staged.entities[entity] = list(_tally(rows, vectors[key_field.name], numbers))

    def _emit_lines(
        self,
        texts: dict[str, Vector],
        headers: list[str],
        stated: list[str],
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
        absent = Vector.constant(NULL, len(numbers))
        charges = (
            texts["line.charge"].map(lambda kind: kind if kind == NULL else "0").iterate()
            if "line.charge" in texts
            else absent.iterate()
        )
        staged.lines += [
            f"{number}\t{order}\t{identity}\t{line}\t{charge}\n"
            for number, order, identity, line, charge in zip(
                numbers, orders, identities, lines, charges, strict=True
            )
        ]
        if self.has_headers:
            # The header is repeated on each line of its order: stage it once a batch.
            first: dict[tuple[str, str, str], int] = {}
            rows = zip(orders, headers, stated, strict=True)
            for header, number in zip(rows, numbers, strict=True):
                if header not in first:
                    first[header] = number
            staged.headers += [
                f"{n}\t{order}\t{header}\t{said}\n" for (order, header, said), n in first.items()
            ]


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


_VERDICT, _WEAK = "verdict", "weak"
_DOUBTFUL = frozenset({0, TRUE, GIVEN})
"""Verdicts of rows that may belong to an order that is left out."""


def _is_computed(expression: Expression) -> bool:
    return bool(expression.columns) and expression.column is None


def _given(expression: Expression, columns: Columns) -> Vector:
    """Whether a row has a value in any column that an expression reads; a literal is given."""
    if not expression.columns:
        return Vector([True], size=columns.size)
    read = [columns.vectors[name] for name in sorted(expression.columns)]
    return combine(lambda *values: any(value is not None for value in values), read)


def _verdicts(judged: Vector | None, size: int) -> Vector:
    if judged is None:
        return Vector.constant(NULL, size)
    return judged.map(lambda verdict: verdict if type(verdict) is Fault else str(verdict))


def _untrue(vector: Vector) -> Iterable[int]:
    """The rows for which a condition does not hold, and is no fault."""
    verdicts = vector.iterate()
    return (row for row, v in enumerate(verdicts) if v is not True and type(v) is not Fault)


def _silent_rows(judged: Vector, at: Vector) -> Iterator[int]:
    """The rows without a time that say nothing about `order.where` either."""
    for row, (verdict, value) in enumerate(zip(judged.iterate(), at.iterate(), strict=True)):
        if type(value) is Fault and value.reason == ledger_fields.NO_VALUE and verdict == TRUE:
            yield row


def _no_fault(value: Any) -> Any:
    return NULL if value is None or type(value) is Fault else value


def _doubtful(offset: int, order: str, reject: Reject) -> str:
    texts = (
        str(item).translate(ledger_fields.ESCAPES)
        for item in (reject.column, reject.value, dumps(reject.reason))
    )
    return (
        "\t".join((str(row_number(offset, reject.row)), order, *texts)).replace("\x00", " ") + "\n"
    )


def _or_null(value: Any) -> Any:
    return NULL if value is None else value


def _reject(row: int, column: str, fault: Fault) -> Reject:
    value = "" if fault.value is None else str(fault.value)
    return Reject(row, column, value, fault.reason)
