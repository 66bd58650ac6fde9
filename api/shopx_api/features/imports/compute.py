"""Arrange imports and jobs as the schema has them: pure."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson

from shopx_api.auth.principal import Principal
from shopx_api.features.imports.types import (
    JOB_TYPE,
    RUN_TYPE,
    CheckedLine,
    DataSource,
    ImportAnswersInput,
    ImportColumn,
    ImportFact,
    ImportFile,
    ImportInspection,
    ImportJob,
    ImportLines,
    ImportMode,
    ImportOptionsInput,
    ImportOverview,
    ImportProblem,
    ImportReport,
    ImportRole,
    ImportRun,
    ImportTotal,
    JobKind,
    JobState,
    RejectedRow,
    UndoReport,
)
from shopx_api.types.node import global_id
from shopx_core.errors import InvalidInput
from shopx_core.texts import from_json, say

FIELDS: Final = (
    "at", "key", "sku", "name", "quantity", "gross", "price", "discount", "cost", "unit_cost",
    "profit", "customer", "customer_name", "email", "country", "rep", "region", "channel",
    "category", "currency",
)  # fmt: skip
"""What a column may be, in the order in which people think of it."""
MAX_REJECTS: Final = 10_000
MAX_MAPPING: Final = 100_000
MAX_KEY: Final = 200
MAX_DEMO: Final = 200_000

Row = Mapping[str, Any]


def upload_id(text: str) -> uuid.UUID:
    """The id of an upload.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidInput(
            say("import.id-upload", "{text} is not the id of an upload.", text=repr(text[:60])),
            hint=say("import.ends-upload-s-address", "It ends the upload's address."),
        ) from None


def sources_of(principal: Principal) -> list[str] | None:
    """The sources that a caller may write as; `None` = every one."""
    return None if principal.sources is None else sorted(principal.sources)


def request_key(principal: Principal, key: str | None) -> str | None:
    """A caller's idempotency key, apart from those of others.

    Raises:
        InvalidInput: It is empty or too long.
    """
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY:
        raise InvalidInput(
            say(
                "import.idempotency-key-1-characters",
                "An idempotency key has 1 to {max_key} characters.",
                max_key=MAX_KEY,
            )
        )
    return f"{principal.token_id}:{key}"


def answers_request(given: ImportAnswersInput | None) -> dict[str, Any]:
    """The answers as a job has them.

    Raises:
        InvalidInput: One has none of its values.
    """
    if given is None:
        return {}
    if given.decimal not in (None, ".", ","):
        raise InvalidInput(say("import.decimal-separator", "A decimal separator is . or ,"))
    return {
        "dates": given.dates.value if given.dates else None,
        "decimal": given.decimal,
        "currency": given.currency or None,
        "zone": given.zone or None,
        "source": given.source or None,
        "columns": {one.field: one.column for one in given.columns[:100]},
    }


def options_request(given: ImportOptionsInput | None) -> dict[str, Any]:
    """The options as a job has them.

    Raises:
        InvalidInput: One has none of its values.
    """
    if given is None:
        return {}
    if given.mode in (ImportMode.SEED, ImportMode.UNDO):
        raise InvalidInput(
            say("import.import-s-mode-append", "An import's mode is APPEND, REPLACE or SNAPSHOT.")
        )
    if not 0 <= given.max_rejects <= MAX_REJECTS:
        raise InvalidInput(
            say(
                "import.max-rejects-range",
                "`maxRejects` is {max_rejects}, not 0 to {most}.",
                max_rejects=given.max_rejects,
                most=MAX_REJECTS,
            )
        )
    return {
        "mode": given.mode.value if given.mode else None,
        "known_orders": given.known_orders.value if given.known_orders else None,
        "extent": given.extent,
        "max_rejects": given.max_rejects,
        "max_missing": given.max_missing,
    }


def demo_request(orders: int, until: dt.datetime) -> dict[str, Any]:
    """What a generation of sales is asked for.

    Raises:
        InvalidInput: They are none, or too many.
    """
    if not 1 <= orders <= MAX_DEMO:
        raise InvalidInput(
            say(
                "import.demo-range",
                "`orders` is {orders}, not 1 to {max_demo}.",
                orders=orders,
                max_demo=MAX_DEMO,
            ),
            hint=say("import.shopx-seed-generates-more", "`shopx seed` generates more."),
        )
    return {"orders": orders, "until": until.replace(microsecond=0).isoformat()}


def check_mapping(text: str) -> None:
    """Refuse a mapping that cannot be one.

    Raises:
        InvalidInput: It is empty or too long.
    """
    if not 0 < len(text) <= MAX_MAPPING:
        raise InvalidInput(
            say(
                "mapping.length",
                "A mapping has 1 to {max_mapping} characters.",
                max_mapping=MAX_MAPPING,
            )
        )


def import_run(row: Row) -> ImportRun:
    """A published import."""
    summary = orjson.loads(row["summary"])
    rows = summary.get("rows") or {}
    inputs = orjson.loads(row["inputs"]) if row["inputs"] is not None else None
    return ImportRun(
        id=global_id(RUN_TYPE, row["id"]),
        number=row["id"],
        source=row["source"],
        published_at=row["published_at"],
        mode=ImportMode(row["mode"]),
        lines=ImportLines(
            new=row["new"],
            changed=row["changed"],
            taken_back=row["missing"],
            again=row["again"],
            known=row["same"],
        ),
        rows_read=rows.get("read"),
        rows_skipped=rows.get("skipped"),
        rows_rejected=rows.get("rejected"),
        totals=_totals(summary.get("totals") or {}),
        files=None if inputs is None else [_file(one) for one in inputs],
        mapping=row["mapping"],
        undone_by=row["undone_by"],
        undone_at=row["undone_at"],
        undoes=row["undoes"],
        undo_obstacle=undo_obstacle(row),
        job_id=None if row["job_id"] is None else global_id(JOB_TYPE, row["job_id"]),
    )


def undo_obstacle(row: Row) -> str | None:
    """Why an import cannot be taken back, as far as its row says."""
    if row["undone_by"] is not None:
        return say("undo.done-already", "It is taken back already.")
    if row["mode"] == ImportMode.UNDO:
        return say("undo.is-undo", "It is itself an undo: import the file again.")
    if row["mode"] == ImportMode.SEED:
        return say("undo.generated", "Generated sales cannot be taken back.")
    if row["xid"] is None:
        return say("undo.not-noted", "A release made it that did not note which lines it booked.")
    if row["built_upon"]:
        return say(
            "undo.built-upon",
            "Later imports have lines of the same orders: take back {later} first.",
            later=[str(one) for one in row["built_upon"]],
        )
    return None


def data_source(row: Row) -> DataSource:
    """A source."""
    return DataSource(
        name=row["name"],
        imports=row["imports"],
        imported_lines=Decimal(row["lines"]),
        last_import_at=row["last_at"],
    )


def import_job(row: Row) -> ImportJob:
    """A job with its result."""
    kind, result = JobKind(row["kind"]), row["result"] and orjson.loads(row["result"])
    error = row["error"] and orjson.loads(row["error"])
    done, total = row["done"], row["total"]
    return ImportJob(
        id=global_id(JOB_TYPE, row["id"]),
        kind=kind,
        state=JobState(row["state"]),
        file_name=row["file_name"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        step=row["step"],
        progress=min(1.0, done / total) if total and done is not None else None,
        rows=row["rows_read"],
        problem=import_problem(error) if error else None,
        inspection=_inspection(result) if result and kind is JobKind.INSPECT else None,
        report=_report(result) if result and kind in (JobKind.CHECK, JobKind.IMPORT) else None,
        undo=_undo(result) if result and kind is JobKind.UNDO else None,
        has_rejects=row["has_rejects"],
        number=row["id"],
    )


def import_problem(stored: Row) -> ImportProblem:
    """An error as a job or a feed keeps it."""
    said = stored.get("said") or {}
    message, hint = (
        from_json(said[name]) if name in said else stored[name] for name in ("message", "hint")
    )
    return ImportProblem(code=stored["code"], message=message, hint=hint)


def _file(given: Row) -> ImportFile:
    size = given.get("bytes")
    return ImportFile(
        name=given["name"],
        bytes=None if size is None else Decimal(size),
        sha256=given.get("sha256"),
    )


def _totals(given: Mapping[str, Row]) -> list[ImportTotal]:
    names = ("lines", "units", "gross", "discounts", "returns", "net")
    return [
        ImportTotal(currency=currency, **{name: Decimal(sums[name]) for name in names})
        for currency, sums in sorted(given.items())
    ]


def _inspection(result: Row) -> ImportInspection:
    roles = result["roles"]
    known = result["known"]
    return ImportInspection(
        known_export=known,
        facts=_facts(result["facts"]),
        questions=[from_json(one) for one in result["questions"]],
        columns=[ImportColumn(**one) for one in result["columns"]],
        roles=[]
        if known
        else [ImportRole(field=field, column=roles.get(field)) for field in FIELDS],
        mapping=result["mapping"],
        rows=[_facts(row) for row in result["rows"]],
        rejected=result["rejected"],
        rejects=[
            RejectedRow(**{**one, "reason": from_json(one["reason"])}) for one in result["rejects"]
        ],
    )


def _facts(pairs: Sequence[Sequence[Any]]) -> list[ImportFact]:
    return [ImportFact(label=label, text=from_json(text)) for label, text in pairs]


def _report(result: Row) -> ImportReport:
    rows, lines = result["rows"], result["lines"]
    return ImportReport(
        run=result["run"],
        source=result["source"],
        rows_read=rows.get("read", 0),
        rows_skipped=rows.get("skipped", 0),
        rows_rejected=rows.get("rejected", 0),
        lines=ImportLines(
            new=lines["new"],
            changed=lines["changed"],
            taken_back=lines["missing"],
            again=lines["again"],
            known=lines["same"],
        ),
        repeated=lines["repeated"],
        totals=_totals(result["totals"]),
        notes=[from_json(one) for one in result["notes"]],
        overview=_overview(result["overview"]) if result["overview"] else None,
    )


def _overview(found: Row) -> ImportOverview:
    return ImportOverview(
        **{name: found[name] for name in
           ("orders", "customers", "products", "reps", "categories")},
        unusual=[from_json(one) for one in found["unusual"]],
        first=_instant(found["first"]),
        last=_instant(found["last"]),
        lines=[_line(one) for one in found["lines"]],
    )  # fmt: skip


def _line(given: Row) -> CheckedLine:
    numbers = {
        name: None if given[name] is None else Decimal(given[name])
        for name in ("quantity", "gross", "discount", "cost")
    }
    at = dt.datetime.fromisoformat(given["at"])
    return CheckedLine(**{**given, **numbers, "at": at})


def _undo(result: Row) -> UndoReport:
    return UndoReport(**{**result, "before": _instant(result["before"])})


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
