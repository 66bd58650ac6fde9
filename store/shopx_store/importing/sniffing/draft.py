"""Drafts a mapping from what a file shows: a comment at each guess, a question at each doubt."""

import datetime as dt
import json
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
from shopx_store.importing.sniffing.roles import (
    NUMERIC,
    Amounts,
    Roles,
    amounts,
    currency_of,
    find_roles,
    named_only,
    too_few,
)
from shopx_store.importing.sniffing.typed import sniff_arrow, sniff_json, sniff_parquet
from shopx_store.importing.sniffing.writing import (
    ISO,
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
    pattern = _quoted(f"*{suffix}")
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
    return plain.replace("format: delimited", f"format: workbook\n    sheet: {_quoted(sheet)}")


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
    text = _Writer(layout, roles, amount).text(path, name, time, style, stated, place, zone)
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


class _Writer:
    """Writes the text of a mapping."""

    def __init__(self, layout: Layout, roles: Roles, amount: Amounts) -> None:
        self._layout = layout
        self._roles = roles
        self._amount = amount
        self._aliases: dict[str, str] = {}

    def text(
        self,
        path: Path,
        name: str,
        time: str,
        style: tuple[str, str | None],
        currency: str | None,
        place: str,
        zone: str,
    ) -> str:
        roles, layout = self._roles, self._layout
        of = roles.columns
        at = self._name(of["at"])
        order = [
            self._key(),
            f"  at: {at if time == ISO else _quoted(f'time({at}, {time!r})')}",
            *self._fields(("customer", "rep", "region", "channel"), "by its name"),
        ]
        if currency is None and "currency" in of:
            order.append(f"  currency: {self._name(of['currency'])}")
        line = self._line()
        sections = self._sections()
        body = ["order:", *filter(None, order), "line:", *line, *sections]
        stated = [f"  currency: {currency}  # {place or 'as given'}"] if currency else []
        written = [
            *layout.options,
            *([f"    sheet: {_quoted(layout.sheet)}"] if layout.sheet is not None else []),
            *([f"    encoding: {layout.encoding}"] if layout.encoding not in {"", "utf-8"} else []),
            *(
                [f"    delimiter: {json.dumps(layout.delimiter)}"]
                if layout.delimiter not in {"", ","}
                else []
            ),
            *([f"    skip: {layout.skip}"] if layout.skip else []),
            *([f"    decimal: {_quoted(style[0])}"] if style[0] != "." else []),
            *([f"    thousands: {_quoted(style[1])}"] if style[1] else []),
        ]
        aliases = [f"      {alias}: {_quoted(column)}" for column, alias in self._aliases.items()]
        return "\n".join(
            [
                f"# Drafted from {path.name}; each comment is a guess to look at.",
                "apiVersion: import.shopx.io/v1alpha1",
                "kind: SalesImport",
                "source:",
                f"  name: {name}  # the same for each export of this shop",
                f"  zone: {zone}  # of times without an offset",
                *stated,
                "inputs:",
                "  sales:",
                f"    format: {layout.format}",
                f"    files: {_quoted(path.name)}",
                *written,
                *(["    columns:", *aliases] if aliases else []),
                *body,
                "",
            ]
        )

    def _key(self) -> str:
        column = self._roles.columns.get("key")
        return f"  key: {self._name(column)}" if column else ""

    def _line(self) -> list[str]:
        of, amount = self._roles.columns, self._amount
        product = of.get("sku") or of["name"]
        quantity = self._number("quantity") if "quantity" in of else "1"
        lines = [
            f"  product: {self._name(product)}",
            f"  quantity: {quantity}" + ("" if "quantity" in of else "  # no column has it"),
            f"  gross: {_quoted(self._product(amount.gross))}  # {amount.reason}",
        ]
        if amount.discount is not None:
            lines.append(f"  discount: {_quoted(self._product(amount.discount))}")
        elif amount.open_discount:
            lines.append(
                f"  # {of['discount']!r} is not used: whether {of.get('gross', 'the price')!r} is"
                " before or after it, the file does not show"
            )
        if "cost" in of:
            lines.append(f"  cost: {self._number('cost')}  # of the whole line, by its name")
        elif "profit" in of:
            net = self._product(amount.gross)
            if amount.discount:
                net += f" - {self._product(amount.discount)}"
            cost = _quoted(f"{net} - {self._number('profit')}")
            lines.append(f"  cost: {cost}  # what is left of the amount without the profit")
        if self._roles.totals:
            column, text = self._roles.totals
            label = self._name(column)
            lines.append(
                "  where: " + _quoted(f"coalesce({label}, '') != {text!r}") + "  # no row of totals"
            )
        return lines

    def _sections(self) -> list[str]:
        of = self._roles.columns
        lines: list[str] = []
        products = []
        if "sku" in of and "name" in of:
            products.append(f"  name: {self._name(of['name'])}")
        if "category" in of:
            products.append(f"  category: {self._name(of['category'])}")
        if "unit_cost" in of:
            products.append(f"  unit_cost: {self._number('unit_cost')}")
        if products:
            lines += ["products:", *products]
        customer = of.get("customer")
        people = [
            f"  {key}: {self._name(of[role])}"
            for key, role in (("name", "customer_name"), ("email", "email"), ("country", "country"))
            if role in of and of[role] != customer
        ]
        if customer and people:
            lines += ["customers:", *people]
        return lines

    def _fields(self, roles: tuple[str, ...], why: str) -> list[str]:
        of = self._roles.columns
        return [f"  {role}: {self._name(of[role])}  # {why}" for role in roles if role in of]

    def _product(self, roles: str) -> str:
        return " * ".join(self._number(role) for role in roles.split("*"))

    def _number(self, role: str) -> str:
        column = self._roles.columns[role]
        name = self._name(column)
        sign = self._roles.signs.get(column)
        return f"number(replace({name}, {sign!r}, ''))" if sign else name

    def _name(self, column: str) -> str:
        """The column's name in expressions."""
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) and column not in _WORDS:
            return column
        if column not in self._aliases:
            alias = re.sub(r"\W+", "_", column.lower(), flags=re.ASCII).strip("_")
            if not alias or alias[0].isdigit() or alias in _WORDS:
                alias = f"column_{self._layout.header.index(column) + 1}"
            if alias in self._aliases.values() or alias in self._layout.header:
                alias = f"{alias}_{self._layout.header.index(column) + 1}"
            self._aliases[column] = alias
        return self._aliases[column]


_WORDS: Final = frozenset({"None", "True", "False", "in", "is", "and", "or", "not", "if", "else"})


def _source_name(path: Path) -> str:
    """The file's name without the days or numbers that tell one export from the next."""
    plain = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower())
    return re.sub(r"(-?\d+)+(?=-|$)", "", plain).strip("-")[:60] or "shop"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
