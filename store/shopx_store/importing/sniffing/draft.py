"""Drafts a mapping from what a file shows: a comment at each guess, a question at each doubt."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import joined, say
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers.archive import unpacked
from shopx_store.importing.readers.file_kind import (
    ARCHIVES,
    ARROW,
    GZIP,
    JSON,
    PARQUET,
    TEXT,
    WORKBOOKS,
    expect_readable,
)
from shopx_store.importing.sniffing.facts import facts_of
from shopx_store.importing.sniffing.known_exports import recognised, recognised_json
from shopx_store.importing.sniffing.layout import (
    DELIMITERS,
    SAMPLE_ROWS,
    Layout,
    sniff_layout,
    sniff_workbook,
)
from shopx_store.importing.sniffing.mapping_text import MappingWriter, quoted
from shopx_store.importing.sniffing.roles import (
    NUMERIC,
    Roles,
    amounts,
    currency_of,
    find_roles,
    named_only,
    too_few,
)
from shopx_store.importing.sniffing.typed import sniff_arrow, sniff_json, sniff_parquet
from shopx_store.importing.sniffing.writing import (
    doubtful_number,
    is_number,
    number_styles,
    read_time,
    time_formats,
)

READABLE: Final = frozenset({TEXT, GZIP, JSON, PARQUET, ARROW}) | ARCHIVES | WORKBOOKS
DAY_FIRST: Final = "day-first"
MONTH_FIRST: Final = "month-first"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a user says where a file leaves it open."""

    dates: str | None = None
    """`day-first` or `month-first`."""
    decimal: str | None = None
    currency: str | None = None
    zone: str | None = None
    source: str | None = None
    """The source's name, instead of the file's."""
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """For each role the column that has it, or none; the others are guessed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was understood of a file.

    Attributes:
        text: The mapping; with questions left it cannot be used yet.
        facts: What was seen: the field and the words.
        questions: What the file leaves open, each with the option that answers it.
        known: The known export that it is, if any.
        samples: For each column its first values.
        roles: The column of each role that was guessed or given.
    """

    text: str
    facts: list[tuple[str, str]]
    questions: list[str]
    known: str | None = None
    samples: dict[str, list[str]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


class ColumnsMissing(InvalidInput):
    """No column was found for what a sale needs; choosing columns answers it.

    Attributes:
        draft: What was understood all the same, with the question; it has no mapping.
    """

    def __init__(self, message: str, hint: str, draft: Draft) -> None:
        super().__init__(message, hint=hint)
        self.draft = draft


@dataclass(slots=True)
class _Doubts:
    answers: Answers
    questions: list[str] = field(default_factory=list)


def draft_mapping(path: Path, answers: Answers, zone: str) -> Draft:
    """Look at a file and draft a mapping.

    Args:
        path: The file.
        answers: What the user says.
        zone: Of times without an offset, unless the user says another one.

    Raises:
        InvalidInput: The file is of another kind, damaged, or no table of sales.
    """
    if path.is_dir():
        return _folder(path, answers, zone)
    kind = expect_readable(path, READABLE)
    if kind in ARCHIVES:
        with unpacked(path) as held:
            if held.is_dir():
                raise InvalidInput(
                    say(
                        "file.holds-files",
                        "{path} holds {held} files.",
                        path=path,
                        held=len(list(held.iterdir())),
                    ),
                    hint=say(
                        "file.unpack-give-write-mapping",
                        "Unpack it and give one, or write a mapping: it is read as a folder.",
                    ),
                )
            return draft_mapping(held, answers, zone)
    if kind == JSON and (known := recognised_json(path)) is not None:
        return _known(*known, [("file", say("kind.json", "JSON"))], answers, zone)
    return _drafted(path, _layout(path, kind), kind, answers, zone)


def _layout(path: Path, kind: str) -> Layout:
    if kind in _TYPED:
        return _TYPED[kind](path)
    return sniff_workbook(path) if kind in WORKBOOKS else sniff_layout(path, kind)


def _folder(path: Path, answers: Answers, zone: str) -> Draft:
    """Files of one kind with the same columns, such as one a month, are read as one."""
    files = [one for one in sorted(path.iterdir()) if one.is_file() and one.name[0] != "."]
    suffixes = Counter(one.suffix for one in files)
    if not files:
        raise InvalidInput(say("file.holds-file", "{path} holds no file.", path=path))
    suffix = suffixes.most_common(1)[0][0]
    several = [one for one in files if one.suffix == suffix]
    kinds = {one: expect_readable(one, READABLE - ARCHIVES) for one in several}
    layouts = {one: _layout(one, kinds[one]) for one in several[:_MOST_FILES]}
    first = layouts[several[0]]
    for one, layout in layouts.items():
        if (layout.header, layout.delimiter) != (first.header, first.delimiter):
            raise InvalidInput(
                say(
                    "file.other-columns-instead",
                    "{one} has other columns than {name}: {header} instead of {header2}.",
                    one=one,
                    name=several[0].name,
                    header=list(layout.header),
                    header2=list(first.header),
                ),
                hint=say(
                    "file.import-them-write-mapping",
                    "Import them one by one, or write a mapping with an input for each kind.",
                ),
            )
    share = max(SAMPLE_ROWS // len(layouts), 1)
    rows = [row for layout in layouts.values() for row in layout.rows[:share]]
    merged = replace(first, rows=rows, complete=False, numbers=())
    pattern = quoted(f"*{suffix}")
    draft = _drafted(path, merged, kinds[several[0]], answers, zone)
    text = re.sub(r"^    files: .*$", f"    files: {pattern}", draft.text, flags=re.MULTILINE)
    others = len(files) - len(several)
    fact = f"{len(several)} files {pattern}" + (f"; {others} others are not read" if others else "")
    return replace(draft, text=text, facts=[("folder", fact), *draft.facts])


def _drafted(path: Path, layout: Layout, kind: str, answers: Answers, zone: str) -> Draft:
    if not layout.rows:
        raise InvalidInput(
            say("file.header-row", "{path} has a header and no row.", path=path),
            hint=say("file.export-again", "Export it again."),
        )
    facts = [("file", _words(layout, kind)), ("columns", ", ".join(layout.header))]
    known = recognised(layout.header, layout.delimiter) if layout.format in _TABULAR else None
    if known is not None and layout.sheet is not None:
        known = (known[0], _of_sheet(known[1], layout.sheet))
    if known is not None:
        return replace(_known(*known, facts, answers, zone), samples=_samples(layout))
    return _guessed(path, layout, facts, _Doubts(answers), answers.zone or zone)


def _words(layout: Layout, kind: str) -> str:
    if layout.sheet is not None:
        return say("draft.workbook", "a workbook, sheet {sheet}", sheet=repr(layout.sheet))
    if layout.format != "delimited":
        return layout.format
    packed = "gzip, " if kind == GZIP else ""
    return say(
        "draft.text-file",
        "{encoding}, fields separated by {delimiter}",
        encoding=packed + layout.encoding,
        delimiter=DELIMITERS[layout.delimiter],
    )


_TYPED: Final = {PARQUET: sniff_parquet, ARROW: sniff_arrow, JSON: sniff_json}
_TABULAR: Final = frozenset({"delimited", "workbook"})
_MOST_FILES: Final = 100
_OPEN: Final = r"^  {field}: \S+(?=  # .*set it)"
"""A preset's field that its exports do not state."""


def _known(
    name: str, text: str, facts: list[tuple[str, str]], answers: Answers, zone: str
) -> Draft:
    """The preset of a known export, with what its exports do not state."""
    facts = [*facts, ("known export", name)]
    questions: list[str] = []
    opened = re.compile(_OPEN.format(field="zone"), re.MULTILINE)
    if opened.search(text):
        text = opened.sub(f"  zone: {answers.zone or zone}", text)
        facts.append(("zone", f"{answers.zone or zone}, for the export names none"))
    opened = re.compile(_OPEN.format(field="currency"), re.MULTILINE)
    if opened.search(text):
        if answers.currency is None:
            questions.append(
                say(
                    "draft.export-without-currency",
                    "The export names no currency: --currency USD, for example.",
                )
            )
        else:
            text = opened.sub(f"  currency: {answers.currency}", text)
    if not questions:
        parse_mapping(text, f"the preset {name}")
    return Draft(text, facts, questions, name)


def _of_sheet(text: str, sheet: str) -> str:
    """A preset of a text file, for a sheet of a workbook."""
    plain = re.sub(
        r"^    (?:decimal|thousands|delimiter|encoding): .*\n", "", text, flags=re.MULTILINE
    )
    return plain.replace("format: delimited", f"format: workbook\n    sheet: {quoted(sheet)}")


def _guessed(
    path: Path, layout: Layout, facts: list[tuple[str, str]], doubts: _Doubts, zone: str
) -> Draft:
    roles = find_roles(layout, doubts.answers.columns)
    style = _style(layout, roles, doubts)
    time = _time(layout, roles, doubts)
    amount = amounts(layout, roles, style)
    columns = roles.columns
    product = columns.get("sku") or columns.get("name")
    missing = [
        what
        for what, there in (
            (say("draft.when", "when (a date)"), time is not None),
            (say("draft.what", "what (a product)"), product is not None),
            (
                say("draft.how-much", "how much (an amount, or a quantity and a price)"),
                amount is not None,
            ),
        )
        if not there
    ]
    if missing or amount is None or time is None or product is None:
        asked: list[str] = [
            say(
                "draft.choose-columns",
                "No column of {path} was recognised for {missing}: choose the columns.",
                path=path.name,
                missing=missing,
            )
        ]
        odd = [
            too_few(layout, role, name)
            for name, role in named_only(layout, roles).items()
            if role in _NEEDED
        ]
        asked += odd
        raise ColumnsMissing(
            joined(
                say(
                    "draft.columns-missing",
                    "No column of {path} was recognised for {missing}. Its columns are {columns}.",
                    path=path,
                    missing=missing,
                    columns=[repr(name) for name in layout.header],
                ),
                *odd,
            ),
            say(
                "draft.correct-values",
                "Correct the values, or write a mapping: docs/import.md begins with one of 15"
                " lines.",
            )
            if odd
            else say(
                "draft.rename-columns",
                "Rename the columns, or write a mapping: docs/import.md begins with one of 15"
                " lines.",
            ),
            Draft(
                "",
                facts,
                asked,
                samples=_samples(layout),
                roles=roles.columns,
            ),
        )
    currency, place = currency_of(layout, roles)
    stated = doubts.answers.currency or currency
    if stated is None and not place:
        column = columns.get("currency")
        doubts.questions.append(
            joined(
                column and too_few(layout, "currency", column),
                say("draft.no-currency", "No currency is stated: --currency EUR, for example."),
            )
        )
    name = doubts.answers.source or _source_name(path)
    text = MappingWriter(layout, roles, amount).text(path, name, time, style, stated, place, zone)
    text = "".join(f"# Open: {question}\n" for question in doubts.questions) + text
    if not doubts.questions:
        parse_mapping(text, "the drafted mapping")
    return Draft(
        text,
        [
            *facts,
            *facts_of(layout, roles, time, style, stated or place, by_column=stated is None),
        ],
        doubts.questions,
        samples=_samples(layout),
        roles=roles.columns,
    )


_NEEDED: Final = frozenset({"at", "quantity", "gross", "price"})
_SAMPLES: Final = 3
_SAMPLE_LENGTH: Final = 60


def _samples(layout: Layout) -> dict[str, list[str]]:
    """Each column's first distinct values."""
    return {
        name: [text[:_SAMPLE_LENGTH] for text in dict.fromkeys(layout.column(name))][:_SAMPLES]
        for name in layout.header
    }


def _style(layout: Layout, roles: Roles, doubts: _Doubts) -> tuple[str, str | None]:
    names = {roles.columns[role] for role in NUMERIC if role in roles.columns}
    values = [text for name in sorted(names) for text in layout.column(name) if is_number(text)]
    styles = number_styles(values, mostly=True, decimal=doubts.answers.decimal)
    if not styles:
        if doubts.answers.decimal is not None:
            raise InvalidInput(
                say(
                    "file.every-number-decimal-separator",
                    "Not every number has the decimal separator {decimal}.",
                    decimal=repr(doubts.answers.decimal),
                )
            )
        return ".", None
    if text := doubtful_number(styles, values):
        doubts.questions.append(
            say(
                "draft.which-decimal",
                "{text} may be read with the decimal separator {marks}: --decimal . or --decimal ,",
                text=repr(text),
                marks=" / ".join(repr(style[0]) for style in styles),
            )
        )
    return styles[0]


def _time(layout: Layout, roles: Roles, doubts: _Doubts) -> str | None:
    column = roles.columns.get("at")
    if column is None:
        return None
    values = layout.column(column)
    formats = time_formats(values, mostly=True)
    if len(formats) > 1 and doubts.answers.dates is not None:
        first = "%d" if doubts.answers.dates == DAY_FIRST else "%m"
        formats = [name for name in formats if name.startswith(first)] or formats
    doubtful = (
        (text, days)
        for text in values
        if len(days := list(dict.fromkeys(_days(formats, text)))) > 1
    )
    if found := next(doubtful, None):
        text, days = found
        doubts.questions.append(
            say(
                "draft.which-day",
                "{column}: {text} may be {first} or {second}, and no value decides: --dates"
                " day-first or --dates month-first",
                column=column,
                text=repr(text),
                first=days[0],
                second=days[1],
            )
        )
    return formats[0]


def _days(formats: list[str], text: str) -> Iterator[dt.date]:
    readings = (read_time(name, text) for name in formats)
    return (one.date() for one in readings if isinstance(one, dt.datetime))


def _source_name(path: Path) -> str:
    """The file's name without the days or numbers that tell one export from the next."""
    plain = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower())
    return re.sub(r"(-?\d+)+(?=-|$)", "", plain).strip("-")[:60] or "shop"
