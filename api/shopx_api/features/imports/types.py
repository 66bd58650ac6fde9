"""Types of imports: what was imported, jobs about imports, and what they take and give."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.imports import queries
from shopx_api.types.cost import cost
from shopx_api.types.enums import describe
from shopx_core.texts import Text, text_of

JOB_TYPE: Final = "ImportJob"
"""The type within the global ids of jobs."""
RUN_TYPE: Final = "Import"
"""The type within the global ids of imports."""


class ImportMode(enum.StrEnum):
    """What an import did with lines that its files lack."""

    APPEND = "append"
    REPLACE = "replace"
    SNAPSHOT = "snapshot"
    SEED = "seed"
    UNDO = "undo"


describe(
    ImportMode,
    name="ImportMode",
    description="What an import does with lines that its files lack, or what else it was.",
    values={
        ImportMode.APPEND: "Nothing: the files are additions.",
        ImportMode.REPLACE: "It takes them back where the files have their order.",
        ImportMode.SNAPSHOT: "It takes them back: the files are complete.",
        ImportMode.SEED: "It is a generation of sales, not an import.",
        ImportMode.UNDO: "It is the undo of an import.",
    },
)


class JobKind(enum.StrEnum):
    """What a job does."""

    INSPECT = "inspect"
    CHECK = "check"
    IMPORT = "import"
    UNDO = "undo"
    DEMO = "demo"


describe(
    JobKind,
    name="ImportJobKind",
    description="What a job about an import does.",
    values={
        JobKind.INSPECT: "It looks at a file and drafts a mapping.",
        JobKind.CHECK: "It reads a file as an import does, and changes nothing.",
        JobKind.IMPORT: "It imports a file.",
        JobKind.UNDO: "It takes an import back.",
        JobKind.DEMO: "It generates sales, for a look around.",
    },
)


class JobState(enum.StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


describe(
    JobState,
    name="ImportJobState",
    description="How far a job about an import is.",
    values={
        JobState.QUEUED: "It waits for a worker.",
        JobState.RUNNING: "A worker does it; one that dies is followed by another.",
        JobState.DONE: "It has its result.",
        JobState.FAILED: "It changed nothing; `problem` says why.",
    },
)


class DateOrder(enum.StrEnum):
    """How to read 03/02/2026."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


describe(
    DateOrder,
    name="DateOrder",
    description="How to read dates that are ambiguous, such as 03/02/2026.",
    values={
        DateOrder.DAY_FIRST: "As 3 February 2026.",
        DateOrder.MONTH_FIRST: "As 2 March 2026.",
    },
)


class KnownOrdersChoice(enum.StrEnum):
    """What an addition does with new lines of a known order."""

    REFUSE = "refuse"
    EXTEND = "extend"


describe(
    KnownOrdersChoice,
    name="KnownOrders",
    description="What an addition does with new lines, without keys, of a known order.",
    values={
        KnownOrdersChoice.REFUSE: "The import is refused: they may be known lines, read otherwise.",
        KnownOrdersChoice.EXTEND: "They are booked beside what the order has.",
    },
)


@strawberry.input(description="The column of a field.")
class ColumnChoiceInput:
    """A choice in the mapping."""

    field: str = strawberry.field(
        description="The field, such as `at`, `gross` or `customer`; `roles` of an inspection has "
        "their names."
    )
    column: str | None = strawberry.field(
        default=None, description="The column; null = no column has it."
    )


@strawberry.input(description="What a user says where a file leaves it open, or is misunderstood.")
class ImportAnswersInput:
    """Answers to an inspection's questions."""

    dates: DateOrder | None = strawberry.field(
        default=None, description="How to read ambiguous dates."
    )
    decimal: str | None = strawberry.field(
        default=None, description="The decimal separator: `.` or `,`."
    )
    currency: str | None = strawberry.field(
        default=None, description="ISO 4217 code of the amounts, where the file states none."
    )
    zone: str | None = strawberry.field(
        default=None,
        description="IANA zone of times without an offset; that of the figures if null.",
    )
    source: str | None = strawberry.field(
        default=None,
        description="The source's name: small letters, digits, `_`, `.`, `-`. The same for every "
        "export of one shop.",
    )
    columns: list[ColumnChoiceInput] = strawberry.field(
        default_factory=list, description="Columns instead of those that were guessed."
    )


@strawberry.input(description="What one import overrides of its mapping.")
class ImportOptionsInput:
    """Options of an import or a check."""

    mode: ImportMode | None = strawberry.field(
        default=None,
        description="What it means that the file lacks a line: APPEND, REPLACE or SNAPSHOT.",
    )
    known_orders: KnownOrdersChoice | None = strawberry.field(
        default=None, description="What an addition does with new lines of a known order."
    )
    extent: str | None = strawberry.field(
        default=None,
        description="The orders that a snapshot stands for: `all`, `files`, or days such as "
        "`2024-02-01..2024-02-29`.",
    )
    max_rejects: int = strawberry.field(
        default=0, description="Rows that may be left out, at most 10000; more abort the import."
    )
    max_missing: str | None = strawberry.field(
        default=None,
        description="Booked lines that may be taken back without others in their place: a number, "
        "or a share such as `5%`, which it is if null.",
    )


@strawberry.type(description="A file or table that an import read.")
class ImportFile:
    """An input."""

    name: str = strawberry.field(description="Its name.")
    bytes: Decimal | None = strawberry.field(description="Its size; null for a table.")
    sha256: str | None = strawberry.field(description="Of its content; null for a table.")


@strawberry.type(description="The totals of an import's source in one currency.")
class ImportTotal:
    """By the definitions of the metrics."""

    currency: str = strawberry.field(description="ISO 4217 code.")
    lines: Decimal = strawberry.field(description="Lines.")
    units: Decimal = strawberry.field(description="Units sold, less those returned.")
    gross: Decimal = strawberry.field(description="Amount before discounts.")
    discounts: Decimal = strawberry.field(description="Discounts.")
    returns: Decimal = strawberry.field(description="Amount of returns.")
    net: Decimal = strawberry.field(description="Revenue.")


@strawberry.type(description="What an import does to the ledger, in lines.")
class ImportLines:
    """Numbers of lines."""

    new: int = strawberry.field(description="Booked that were not known.")
    changed: int = strawberry.field(description="Corrected and booked anew.")
    taken_back: int = strawberry.field(description="Corrected, because the files lack them.")
    again: int = strawberry.field(description="Booked again, after they had been taken back.")
    known: int = strawberry.field(description="Known already: nothing was done.")


@strawberry.type(description="A published import, generation of sales, or undo.")
class ImportRun:
    """What the database knows of an import."""

    id: strawberry.ID = strawberry.field(description="Opaque global id.")
    number: int = strawberry.field(description="As `shopx import list` has it.")
    source: str = strawberry.field(description="The source.")
    published_at: dt.datetime = strawberry.field(description="Since when its lines count.")
    mode: ImportMode = strawberry.field(description="What it did with lines that its files lack.")
    lines: ImportLines = strawberry.field(description="What it did to the ledger.")
    rows_read: int | None = strawberry.field(description="Rows of the files; null if not noted.")
    rows_skipped: int | None = strawberry.field(
        description="Rows that the mapping leaves out; null if not noted."
    )
    rows_rejected: int | None = strawberry.field(
        description="Rows that could not be booked; null if not noted."
    )
    totals: list[ImportTotal] = strawberry.field(description="Of the files, by currency.")
    files: list[ImportFile] | None = strawberry.field(
        description="What it read; null if it was not noted."
    )
    mapping: str | None = strawberry.field(
        description="The text of its mapping; null if it was not noted."
    )
    undone_by: int | None = strawberry.field(
        description="The number of the undo that took it back; null while it counts."
    )
    undone_at: dt.datetime | None = strawberry.field(
        description="When it was taken back; null while it counts."
    )
    undoes: int | None = strawberry.field(
        description="The number of the import that this undo took back."
    )
    undo_obstacle: str | None = strawberry.field(
        description="Why it cannot be taken back, as far as that is known beforehand; null if it "
        "can."
    )
    job_id: strawberry.ID | None = strawberry.field(
        description="The job that imported it, which may have its rejected rows; null if none did."
    )

    @strawberry.field(description="`undoObstacle`, for other languages.")
    def undo_obstacle_text(self) -> Text | None:
        return None if self.undo_obstacle is None else text_of(self.undo_obstacle)


@strawberry.type(description="Where sales come from.")
class DataSource:
    """A source of the ledger."""

    name: str = strawberry.field(description="Its name.")
    imports: int = strawberry.field(
        description="Imports and generations into it that were not taken back."
    )
    imported_lines: Decimal = strawberry.field(
        description="Lines that these booked and that count. Lines recorded one by one through the "
        "API are not among them."
    )
    last_import_at: dt.datetime | None = strawberry.field(
        description="When the last of them was published; null without any: its orders, if it has "
        "some, were recorded through the API."
    )


@strawberry.type(description="What is allowed to be uploaded.")
class ImportLimits:
    """The limits of this installation."""

    file_bytes: Decimal = strawberry.field(description="The largest file.")
    keep_days: int = strawberry.field(
        description="Days after which a file that was not imported is removed."
    )
    can_generate: bool = strawberry.field(
        description="Whether `generateDemo` is allowed: not in production."
    )


@strawberry.type(description="Why something could not be done, in words.")
class ImportProblem:
    """An error of a job."""

    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="What is wrong and where.")
    hint: str | None = strawberry.field(description="What to do.")

    @strawberry.field(description="The message, for other languages.")
    def message_text(self) -> Text:
        return text_of(self.message)

    @strawberry.field(description="The hint, for other languages.")
    def hint_text(self) -> Text | None:
        return None if self.hint is None else text_of(self.hint)


@strawberry.type(description="A row that cannot be booked.")
class RejectedRow:
    """One reason for one row."""

    row: int = strawberry.field(description="Its number in the file.")
    column: str = strawberry.field(description="The field or column.")
    value: str = strawberry.field(description="What it has.")
    reason: str = strawberry.field(description="Why that cannot be booked.")

    @strawberry.field(description="The reason, for other languages.")
    def reason_text(self) -> Text:
        return text_of(self.reason)


@strawberry.type(description="Something that was seen about a file.")
class ImportFact:
    """A label and a text."""

    label: str = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="What was seen.")

    @strawberry.field(description="The same, for other languages.")
    def said_text(self) -> Text:
        return text_of(self.text)


@strawberry.type(description="A column of a file.")
class ImportColumn:
    """A column."""

    name: str = strawberry.field(description="Its name.")
    samples: list[str] = strawberry.field(description="Its first values that differ.")


@strawberry.type(description="A field of a sale, and the column that it is read from.")
class ImportRole:
    """A role of columns."""

    field: str = strawberry.field(description="The field.")
    column: str | None = strawberry.field(description="The column; null = none has it.")


@strawberry.type(description="What was understood of a file.")
class ImportInspection:
    """The result of an inspection."""

    known_export: str | None = strawberry.field(
        description="The export that it is recognised as, which is read by a mapping of its own."
    )
    facts: list[ImportFact] = strawberry.field(description="What was seen.")
    questions: list[str] = strawberry.field(
        description="What the file leaves open; answer them, and inspect it again."
    )
    columns: list[ImportColumn] = strawberry.field(description="The columns, in order.")
    roles: list[ImportRole] = strawberry.field(
        description="Every field that a column may have, with the column; none for a known export."
    )
    mapping: str | None = strawberry.field(
        description="The drafted mapping, to import with or to correct; null where it is open."
    )
    rows: list[list[ImportFact]] = strawberry.field(
        description="The first rows as they would be booked: fields and values."
    )
    rejected: int = strawberry.field(
        description="Rows of the beginning that could not be booked so."
    )
    rejects: list[RejectedRow] = strawberry.field(description="The first of them.")

    @strawberry.field(description="The questions, for other languages.")
    def question_texts(self) -> list[Text]:
        return [text_of(one) for one in self.questions]


@strawberry.type(description="A line as it would be booked.")
class CheckedLine:
    """Amounts are in the order's currency."""

    order: str = strawberry.field(description="The order's key.")
    at: dt.datetime = strawberry.field(description="When it counts.")
    kind: str = strawberry.field(description="sale, return or correction.")
    customer: str | None = strawberry.field(description="The customer's key.")
    product: str = strawberry.field(description="The product.")
    quantity: Decimal = strawberry.field(description="How many.")
    gross: Decimal = strawberry.field(description="The amount before discount.")
    discount: Decimal = strawberry.field(description="The discount.")
    cost: Decimal | None = strawberry.field(description="The cost; null where none is known.")
    currency: str = strawberry.field(description="ISO 4217 code.")


@strawberry.type(description="What a file has, as a check found it.")
class ImportOverview:
    """Counts and days of the whole file."""

    first: dt.datetime | None = strawberry.field(description="The time of the first line.")
    last: dt.datetime | None = strawberry.field(description="The time of the last line.")
    orders: int = strawberry.field(description="Orders.")
    customers: int = strawberry.field(description="Customers.")
    products: int = strawberry.field(description="Products.")
    reps: int = strawberry.field(description="Sales reps.")
    categories: int = strawberry.field(description="Categories.")
    unusual: list[str] = strawberry.field(description="Values that are rare in sales.")
    lines: list[CheckedLine] = strawberry.field(description="The first lines.")

    @strawberry.field(description="The unusual values, for other languages.")
    def unusual_texts(self) -> list[Text]:
        return [text_of(one) for one in self.unusual]


@strawberry.type(description="What an import did, or a check found that it would do.")
class ImportReport:
    """The result of an import or a check."""

    run: int | None = strawberry.field(description="The import's number; null for a check.")
    source: str = strawberry.field(description="The source.")
    rows_read: int = strawberry.field(description="Rows of the file.")
    rows_skipped: int = strawberry.field(description="Rows that the mapping leaves out.")
    rows_rejected: int = strawberry.field(description="Rows that cannot be booked.")
    lines: ImportLines = strawberry.field(description="What is done to the ledger.")
    repeated: int = strawberry.field(description="Lines that are in the file once more.")
    totals: list[ImportTotal] = strawberry.field(description="Of the file, by currency.")
    notes: list[str] = strawberry.field(
        description="What is booked as mapped, and may be meant otherwise."
    )
    overview: ImportOverview | None = strawberry.field(description="Of a check.")

    @strawberry.field(description="The notes, for other languages.")
    def note_texts(self) -> list[Text]:
        return [text_of(one) for one in self.notes]


@strawberry.type(description="What an undo did.")
class UndoReport:
    """The result of an undo."""

    run: int = strawberry.field(description="The number of the import that is taken back.")
    taken_back: int = strawberry.field(description="Lines of it that no longer count.")
    restored: int = strawberry.field(description="Lines that it had taken back and count again.")
    before: dt.datetime | None = strawberry.field(
        description="When it had been taken back already; then nothing was changed."
    )


@strawberry.type(description="An inspection, check, import or undo, which a worker does.")
class ImportJob:
    """A job; ask for it again until it is DONE or FAILED."""

    id: strawberry.ID = strawberry.field(description="Opaque global id.")
    kind: JobKind = strawberry.field(description="What it does.")
    state: JobState = strawberry.field(description="How far it is.")
    file_name: str | None = strawberry.field(description="The uploaded file's name.")
    created_by: str = strawberry.field(description="The token's name.")
    created_at: dt.datetime = strawberry.field(description="When it was asked for.")
    step: str | None = strawberry.field(description="What is being done.")
    progress: float | None = strawberry.field(
        description="The part of the step that is done, 0 to 1; null where that is not known."
    )
    rows: int = strawberry.field(description="Rows that were read.")
    problem: ImportProblem | None = strawberry.field(description="Why it failed.")
    inspection: ImportInspection | None = strawberry.field(description="Of an inspection.")
    report: ImportReport | None = strawberry.field(description="Of a check or an import.")
    undo: UndoReport | None = strawberry.field(description="Of an undo.")
    has_rejects: bool = strawberry.field(description="Whether `rejects` lists rows.")
    number: strawberry.Private[int]

    @strawberry.field(
        description="The rejected rows as CSV that no spreadsheet takes for formulas; null "
        "without.",
        metadata=cost(8),
    )
    async def rejects(self, info: Info) -> str | None:
        async with queries.primary(info.context) as connection:
            return await queries.rejects(connection, self.number)
