"""Does a job about an import: looks at a file, checks it, imports it, or takes an import back.

A request is what the API stored: `sources` (those that the caller may write as; null = every one)
and `answers` of an inspection, `mapping` and `options` of a check or import, or `run` of an undo.
Results are JSON, with amounts as texts of plain digits.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Final

import psycopg

from shopx_core.errors import Forbidden, InvalidInput, NotFound
from shopx_core.settings import DatabaseSettings
from shopx_core.texts import as_json, mapped, say, sentences
from shopx_store.importing import jobs, uploads
from shopx_store.importing.extent import Extent
from shopx_store.importing.jobs import ImportJob
from shopx_store.importing.mapping import KnownOrders, Mode
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.overview import Overview
from shopx_store.importing.pipeline import Options, Report, run_import
from shopx_store.importing.publish_checks import DEFAULT_LIMIT, MissingLimit
from shopx_store.importing.readers.file_kind import TEXT, file_kind
from shopx_store.importing.rejects import TooManyRejects
from shopx_store.importing.remarks import remarks
from shopx_store.importing.runs import Run, find_run
from shopx_store.importing.sniffing.draft import Answers, ColumnsMissing, Draft, draft_mapping
from shopx_store.importing.sniffing.preview import Preview, preview
from shopx_store.importing.undo import undo_import
from shopx_store.importing.values import plain

SHOWN_ROWS: Final = 5
SHOWN_REJECTS: Final = 20
_SECONDS: Final = 1.0
"""Between two notes of the progress."""


class JobProgress:
    """Notes the progress of an import with its job.

    Args:
        connection: The session that holds the job.
        job: The job's id.
    """

    def __init__(self, connection: psycopg.Connection, job: int) -> None:
        self._connection = connection
        self._job = job
        self._total = 0
        self._rows = 0
        self._noted = 0.0

    def reading(self, _label: str, total: int) -> None:
        """A file begins."""
        self._total = total
        self._note("read", done=0)

    def read(self, done: int, rows: int) -> None:
        """`done` units of it were read."""
        self._rows = rows
        if time.monotonic() - self._noted >= _SECONDS:
            self._note("read", done=done)

    def step(self, name: str) -> None:
        """A step of publishing begins, of unknown duration."""
        self._note(name)

    def _note(self, step: str, done: int | None = None) -> None:
        self._noted = time.monotonic()
        total = None if done is None else self._total
        jobs.progress(self._connection, self._job, step, done=done, total=total, rows=self._rows)


def inspect(connection: psycopg.Connection, job: ImportJob, zone: str) -> dict[str, Any]:
    """Look at an uploaded file.

    Args:
        connection: The session that holds the job.
        job: The job.
        zone: Of times without an offset, unless the request says another one.

    Raises:
        InvalidInput: The file is of another kind, damaged, or no table of sales.
        NotFound: The file is no longer there.
    """
    with _uploaded(connection, job, ends=True) as (path, is_whole):
        given = job.request.get("answers") or {}
        answers = Answers(**given)
        if not is_whole and file_kind(path)[0] != TEXT:
            # All others are read as a whole.
            path.unlink()
            uploads.write_file(connection, _upload_of(job), path)
        try:
            draft = draft_mapping(path, answers, zone)
        except ColumnsMissing as error:
            return _inspection(error.draft, Preview([], []), error.draft.questions)
        except InvalidInput as error:
            raise _without_folder(error, path) from None
        shown = Preview([], [])
        if not draft.questions:
            mapping = parse_mapping(draft.text, "the drafted mapping")
            try:
                shown = preview(mapping, path, SHOWN_ROWS)
            except InvalidInput as error:
                raise _without_folder(error, path) from None
        return _inspection(draft, shown, draft.questions)


def run(
    connection: psycopg.Connection, database: DatabaseSettings, job: ImportJob
) -> tuple[dict[str, Any], str | None]:
    """Import an uploaded file, or check what an import of it would do.

    A job that published its import before its worker ended publishes nothing again.

    Returns:
        The report, and the rejected rows as CSV.

    Raises:
        ShopxError: It cannot be imported; a `JobFailed` has the rejected rows.
    """
    published = jobs.run_of(connection, job.id)
    if published is not None:
        return run_facts(find_run(connection, published)), None
    mapping = parse_mapping(job.request["mapping"], "the mapping")
    expect_source(job, mapping.source.name)
    with _uploaded(connection, job, ends=False) as (path, _):
        rejects = path.parent.parent / "rejects.csv"
        options = _options(job, rejects)
        try:
            progress = JobProgress(connection, job.id)
            report = run_import(database, mapping, str(path), options, progress)
        except TooManyRejects as error:
            raise RejectsListed(_without_folder(error, path), rejects.read_text()) from None
        except InvalidInput as error:
            raise _without_folder(error, path) from None
        listed = rejects.read_text(encoding="utf-8") if report.rejected else None
        return report_facts(report, path), listed


def undo(
    connection: psycopg.Connection, database: DatabaseSettings, job: ImportJob
) -> dict[str, Any]:
    """Take an import back.

    Raises:
        ShopxError: It cannot be taken back.
    """
    number = int(job.request["run"])
    expect_source(job, find_run(connection, number).source)
    undone = undo_import(database, number, JobProgress(connection, job.id).step)
    return {
        "run": number,
        "taken_back": undone.taken_back,
        "restored": undone.restored,
        "before": undone.before.isoformat() if undone.before else None,
    }


class RejectsListed(InvalidInput):
    """Too many rows were rejected; they are listed.

    Attributes:
        rejects: The rejected rows as CSV.
    """

    def __init__(self, error: InvalidInput, rejects: str) -> None:
        super().__init__(error.message, hint=error.hint)
        self.rejects = rejects


def expect_source(job: ImportJob, source: str) -> None:
    """Require that the caller may write as a source.

    Raises:
        Forbidden: The caller's token is for other sources.
    """
    allowed = job.request.get("sources")
    if allowed is not None and source not in allowed:
        raise Forbidden(
            say(
                "import.token-may-write-source",
                "The token may not write as the source {source}, but as {allowed}.",
                source=repr(source),
                allowed=list(map(repr, sorted(allowed))),
            ),
            hint=say(
                "import.name-own-source-mapping",
                "Name its own source in the mapping (`source.name`).",
            ),
        )


def _upload_of(job: ImportJob) -> Any:
    if job.upload_id is None:
        raise NotFound(
            say("upload.file-gone", "The file is no longer here."),
            hint=say("upload.drop-again", "Drop it again."),
        )
    return job.upload_id


@contextmanager
def _uploaded(
    connection: psycopg.Connection, job: ImportJob, *, ends: bool
) -> Iterator[tuple[Path, bool]]:
    """The uploaded file under its own name, for as long as it is needed; and whether all of it."""
    with tempfile.TemporaryDirectory(prefix="shopx-upload-") as folder:
        # Apart from what else is written, whatever the file is called.
        own = Path(folder) / "file"
        own.mkdir()
        path = own / (PurePosixPath(job.file_name or "").name or "file")
        jobs.progress(connection, job.id, "fetch")
        if ends:
            yield path, not uploads.write_ends(connection, _upload_of(job), path)
        else:
            uploads.write_file(connection, _upload_of(job), path)
            yield path, True


def _options(job: ImportJob, rejects: Path) -> Options:
    given: Mapping[str, Any] = job.request.get("options") or {}
    try:
        return Options(
            mode=Mode(given["mode"]) if given.get("mode") else None,
            known_orders=KnownOrders(given["known_orders"]) if given.get("known_orders") else None,
            extent=Extent.parse(given["extent"]) if given.get("extent") else None,
            max_missing=(
                MissingLimit.parse(given["max_missing"])
                if given.get("max_missing")
                else DEFAULT_LIMIT
            ),
            max_rejects=int(given.get("max_rejects") or 0),
            dry_run=job.kind == "check",
            rejects=rejects,
            job=job.id,
        )
    except ValueError as error:
        raise InvalidInput(
            say(
                "import.option-import-known",
                "An option of the import is not known: {error}.",
                error=error,
            )
        ) from None


def _named(text: str, path: Path) -> str:
    """A message with the file's name instead of the path it has here."""
    return mapped(
        text, lambda part: part.replace(str(path), path.name).replace(f"{path.parent}/", "")
    )


def _without_folder(error: InvalidInput, path: Path) -> InvalidInput:
    # The file of rejects is offered by the page, and has another name there.
    hint = error.hint
    if isinstance(error, TooManyRejects) and hint:
        hint = sentences(hint)[0]
    return type(error)(_named(error.message, path), hint=hint and _named(hint, path))


def _inspection(draft: Draft, shown: Preview, questions: list[str]) -> dict[str, Any]:
    return {
        "known": draft.known,
        "facts": [[label, as_json(text)] for label, text in draft.facts],
        "questions": [as_json(one) for one in questions],
        "mapping": draft.text or None,
        "columns": [{"name": name, "samples": values} for name, values in draft.samples.items()],
        "roles": draft.roles,
        "rows": [[list(item) for item in row.items()] for row in shown.rows],
        "rejected": len(shown.rejects),
        "rejects": [
            {
                "row": one.row,
                "column": one.column,
                "value": one.value,
                "reason": as_json(one.reason),
            }
            for one in shown.rejects[:SHOWN_REJECTS]
        ],
    }


def report_facts(report: Report, path: Path) -> dict[str, Any]:
    """A report as a job has it, with the file's name instead of the path it has here."""
    published = report.published
    changes = published.changes
    return {
        "run": published.run,
        "source": report.source,
        "mode": report.mode.value,
        "rows": {"read": report.rows, "skipped": report.skipped, "rejected": report.rejected},
        "lines": {
            "new": changes.new,
            "changed": changes.changed,
            "missing": changes.missing,
            "again": changes.rebooked,
            "same": changes.same + changes.reversed,
            "repeated": report.staging.repeated,
        },
        "documents": published.documents,
        "totals": {
            currency: {
                name: value if isinstance(value, int) else plain(value)
                for name, value in asdict(sums).items()
            }
            for currency, sums in published.totals.items()
        },
        "overview": _overview(published.overview) if published.overview else None,
        "notes": [as_json(_named(note, path)) for note in remarks(report)],
        "seconds": round(sum(report.seconds.values()), 1),
    }


def run_facts(run: Run) -> dict[str, Any]:
    """The report of an import that was published before."""
    return {
        "run": run.id,
        "source": run.source,
        "mode": run.mode,
        "rows": run.summary.get("rows", {}),
        "lines": {
            "new": run.new,
            "changed": run.changed,
            "missing": run.missing,
            "again": run.again,
            "same": run.same,
            "repeated": 0,
        },
        "documents": run.summary.get("documents", {}),
        "totals": run.summary.get("totals", {}),
        "overview": None,
        "notes": [],
        "seconds": None,
    }


def _overview(found: Overview) -> dict[str, Any]:
    return {
        "first": _instant(found.first),
        "last": _instant(found.last),
        "orders": found.orders,
        "customers": found.customers,
        "products": found.products,
        "reps": found.reps,
        "categories": found.categories,
        "unusual": [as_json(one) for one in found.unusual],
        "lines": [
            {
                name: plain(value)
                if isinstance(value, Decimal)
                else _instant(value)
                if isinstance(value, dt.datetime)
                else value
                for name, value in asdict(line).items()
            }
            for line in found.lines
        ],
    }


def _instant(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat() if at else None
