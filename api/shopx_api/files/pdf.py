"""A page as a PDF: A4, vectors, and a font that has Latin, Greek and Cyrillic letters."""

import io
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.resources import files
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from shopx_api.files import document
from shopx_api.files.charts import ACCENT, INK, MUTED, RULE, trend_chart
from shopx_api.files.number_text import UNKNOWN, is_large, number_text
from shopx_api.files.plots import plot_chart
from shopx_core.domain.metrics import Unit
from shopx_core.speech import Speech
from shopx_core.texts import say

REGULAR: Final = "Roboto"
BOLD: Final = "Roboto-Medium"
_MARGIN: Final = 16 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_FRAME_PADDING: Final = 6.0
_CARDS: Final = 4
_CHART_HEIGHT: Final = 150.0
_PLOT_HEIGHT: Final = 210.0
_HEADING_AND_ROWS: Final = 110.0
_COLOURS: Final = {"GOOD": "#1a7a46", "BAD": "#b3261e", "NEUTRAL": "#66717f"}
_BAND: Final = HexColor("#f5f7fa")
_BAND_ALL: Final = ("BACKGROUND", (0, 0), (-1, -1), _BAND)
_NAMES_SHOWN: Final = 8
_BOX: Final = "\N{REPLACEMENT CHARACTER}"
_SPACE: Final = frozenset("\t\n\r\u00a0\u200b")


def pdf(page: document.Document) -> bytes:
    """Write a document.

    A character that the font lacks is replaced, and a line at the end says so.
    """
    missing = _register(page)
    if missing:
        page = _with_boxes(page, missing)
    out = io.BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        # A frame pads its content.
        leftMargin=_MARGIN - _FRAME_PADDING,
        rightMargin=_MARGIN - _FRAME_PADDING,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 4 * mm,
        title=page.file,
        subject=page.title,
        creator="ShopX Analytics",
        author="",
        lang=page.language,
        # The same document gives the same bytes.
        invariant=1,
    )
    template.build([*_story(page, missing)], canvasmaker=partial(_Numbered, page=page))
    return out.getvalue()


def _register(page: document.Document) -> str:
    """Load the fonts; returns the characters of the document that they lack."""
    folder = files("font_roboto") / "files"
    faces = []
    for name in (REGULAR, BOLD):
        file = "Roboto-Regular.ttf" if name == REGULAR else "Roboto-Medium.ttf"
        font = TTFont(name, io.BytesIO((folder / file).read_bytes()))
        pdfmetrics.registerFont(font)
        faces.append(font.face.charToGlyph)
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD)
    used = set(page.model_dump_json()) - _SPACE
    return "".join(sorted(char for char in used if ord(char) not in faces[0]))


def _with_boxes(page: document.Document, missing: str) -> document.Document:
    boxes = str.maketrans(dict.fromkeys(missing, _BOX))
    # Escapes of JSON are ASCII, which the font has.
    return document.Document.model_validate_json(page.model_dump_json().translate(boxes))


def _style(size: float, colour: Any = INK, **more: Any) -> ParagraphStyle:
    font = more.pop("fontName", REGULAR)
    return ParagraphStyle(
        "", fontName=font, fontSize=size, leading=size * 1.32, textColor=colour, **more
    )


_TITLE: Final = _style(20, fontName=BOLD)
_SECTION: Final = _style(11.5, fontName=BOLD, spaceBefore=12, spaceAfter=5)
_FACT: Final = _style(8, MUTED)
_CELL: Final = _style(8)
_CELL_RIGHT: Final = _style(8, alignment=TA_RIGHT)
_HEAD: Final = _style(7.5, MUTED, fontName=BOLD)
_HEAD_RIGHT: Final = _style(7.5, MUTED, fontName=BOLD, alignment=TA_RIGHT)
_STRONG: Final = _style(8, fontName=BOLD)
_STRONG_RIGHT: Final = _style(8, fontName=BOLD, alignment=TA_RIGHT)
_CARD_NAME: Final = _style(7.5, MUTED)
_CARD_VALUE: Final = _style(14, fontName=BOLD)


def _story(page: document.Document, missing: str) -> Iterator[Flowable]:
    speech = Speech(page.language)
    yield Paragraph(escape(page.title), _TITLE)
    yield Spacer(1, 3)
    yield _facts(page.facts)
    for section in page.sections:
        heading = Paragraph(escape(section.title), _SECTION)
        if isinstance(section, document.Figures):
            yield KeepTogether([heading, _cards(section, speech)])
        elif isinstance(section, document.Trend):
            chart = trend_chart(section, _WIDTH, _CHART_HEIGHT, REGULAR, speech)
            yield KeepTogether([heading, chart, *_notes(section.notes)])
        elif isinstance(section, document.Plot):
            plot = plot_chart(section, _WIDTH, _PLOT_HEIGHT, REGULAR, speech)
            yield KeepTogether([heading, plot, *_notes(section.notes)])
        else:
            yield from _table(section, heading, speech)
    yield Paragraph(speech(say("doc.definitions", "Definitions")), _SECTION)
    for title, definition in page.definitions:
        yield Paragraph(f"<font name='{BOLD}'>{escape(title)}</font>: {escape(definition)}", _FACT)
    if missing:
        shown = " ".join(f"U+{ord(char):04X}" for char in missing[:_NAMES_SHOWN])
        note = say(
            "doc.letters",
            "{box} stands for letters that this file's font lacks, such as {shown}. It has Latin,"
            " Greek and Cyrillic ones; the workbook has all letters.",
            box=_BOX,
            shown=shown,
        )
        yield Spacer(1, 6)
        yield Paragraph(speech(note), _FACT)


def _notes(notes: Sequence[str]) -> Iterator[Flowable]:
    for note in notes:
        yield Paragraph(escape(note), _FACT)


def _facts(facts: Sequence[Sequence[str]]) -> Flowable:
    rows = [
        [Paragraph(escape(name), _FACT), Paragraph(escape(" \N{MIDDLE DOT} ".join(values)), _CELL)]
        for name, *values in facts
    ]
    table = Table(rows, colWidths=[34 * mm, _WIDTH - 34 * mm])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
                ("LINEABOVE", (0, 0), (-1, 0), 1.2, ACCENT),
                ("TOPPADDING", (0, 0), (-1, 0), 5),
            ]
        )
    )
    return table


def _cards(figures: document.Figures, speech: Speech) -> Flowable:
    cells: list[Any] = [_card(one, speech, compared=figures.compared) for one in figures.rows]
    empty = -len(cells) % _CARDS
    cells += [""] * empty
    rows = [cells[start : start + _CARDS] for start in range(0, len(cells), _CARDS)]
    table = Table(rows, colWidths=[_WIDTH / _CARDS] * _CARDS)
    table.setStyle(
        TableStyle(
            [
                _BAND_ALL,
                ("BACKGROUND", (_CARDS - empty, -1), (-1, -1), white) if empty else _BAND_ALL,
                ("INNERGRID", (0, 0), (-1, -1), 3, white),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ]
        )
    )
    return table


def _card(figure: document.Figure, speech: Speech, *, compared: bool) -> list[Flowable]:
    shown: list[Flowable] = [
        Paragraph(escape(figure.title), _CARD_NAME),
        Paragraph(speech.number(number_text(figure.value, figure.unit)), _CARD_VALUE),
    ]
    if compared:
        shown.append(Paragraph(_change(figure, speech), _CARD_NAME))
    return shown


def _change(figure: document.Figure, speech: Speech) -> str:
    before = speech.number(number_text(figure.previous, figure.unit))
    if figure.ratio is None:
        return speech(say("doc.card-before", "before: {before}", before=before))
    change = speech.number(number_text(figure.ratio, Unit.RATIO, signed=True))
    colour = _COLOURS.get(figure.verdict, _COLOURS["NEUTRAL"])
    marked = f"<font color='{colour}' name='{BOLD}'>{change}</font>"
    return speech(say("doc.card-change", "{change} from {before}", change=marked, before=before))


def _table(section: document.Table, heading: Flowable, speech: Speech) -> Iterator[Flowable]:
    numbers = [column.unit is not None for column in section.columns]
    head = [
        Paragraph(escape(column.title), _HEAD_RIGHT if is_number else _HEAD)
        for column, is_number in zip(section.columns, numbers, strict=True)
    ]
    rows: list[list[Any]] = [
        head,
        *(_row(section, row, (_CELL, _CELL_RIGHT), speech) for row in section.rows),
    ]
    style: list[tuple[Any, ...]] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
    ]
    if section.total is not None:
        rows.append(_row(section, section.total, (_STRONG, _STRONG_RIGHT), speech))
        style += [
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, MUTED),
            ("BACKGROUND", (0, -1), (-1, -1), _BAND),
        ]
    table = Table(rows, colWidths=_widths(numbers), repeatRows=1)
    table.setStyle(TableStyle(style))
    note = _rows_note(section, speech)
    # A heading is never the last line of a page.
    yield CondPageBreak(_HEADING_AND_ROWS)
    yield heading
    yield table
    if note is not None:
        yield note
    yield from _notes(section.notes)


def _row(
    section: document.Table,
    row: Sequence[str | None],
    styles: tuple[ParagraphStyle, ParagraphStyle],
    speech: Speech,
) -> list[Flowable]:
    text, right = styles
    cells: list[Flowable] = []
    for place, (column, value) in enumerate(zip(section.columns, row, strict=True)):
        if column.unit is None:
            cells.append(Paragraph(escape(value or UNKNOWN), text))
        else:
            whole = _is_whole(section, place)
            shown = number_text(value, column.unit, signed=column.is_change, whole=whole)
            cells.append(Paragraph(speech.number(shown), right))
    return cells


def _is_whole(section: document.Table, place: int) -> bool:
    """Whether a column's amounts have no places, as where one of them is large."""
    rows = [*section.rows, *([section.total] if section.total else [])]
    return any(is_large(row[place]) for row in rows if section.columns[place].unit)


def _widths(numbers: Sequence[bool]) -> list[float]:
    """Texts share what numbers leave; the first text has twice the room of the others."""
    number = min(26 * mm, _WIDTH * 0.64 / max(sum(numbers), 1))
    texts = len(numbers) - sum(numbers)
    room = (_WIDTH - number * sum(numbers)) / texts if texts else 0
    return [number if is_number else room for is_number in numbers]


def _rows_note(section: document.Table, speech: Speech) -> Flowable | None:
    if not section.rows:
        return Paragraph(speech(say("doc.nothing-to-list", "There is nothing to list.")), _FACT)
    if section.count <= len(section.rows):
        return None
    note = say(
        "doc.first-rows",
        "The first {shown} of {count, number} rows; the workbook has all of them.",
        shown=len(section.rows),
        count=section.count,
    )
    return Paragraph(speech(note), _FACT)


class _Numbered(Canvas):
    """Writes "page 2 of 5" at the foot, which needs the number of pages first."""

    def __init__(self, *arguments: Any, page: document.Document, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._document = page
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 -- the library's name
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs lack it

    def save(self) -> None:
        """Write all pages with their feet."""
        for number, state in enumerate(self._pages, 1):
            self.__dict__.update(state)
            self._foot(number, len(self._pages))
            super().showPage()
        super().save()

    def _foot(self, number: int, count: int) -> None:
        self.setFont(REGULAR, 7)
        self.setFillColor(MUTED)
        self.setStrokeColor(RULE)
        self.setLineWidth(0.5)
        y = 11 * mm
        self.line(_MARGIN, y + 4 * mm, A4[0] - _MARGIN, y + 4 * mm)
        self.drawString(_MARGIN, y, self._document.file[:110])
        page = say("doc.page", "Page {number} of {count}", number=number, count=count)
        self.drawRightString(A4[0] - _MARGIN, y, Speech(self._document.language)(page))
