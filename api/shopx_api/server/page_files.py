"""Pages as files: what a page shows, as of one snapshot, to read, to calculate with, or to send."""

import asyncio
import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from starlette.responses import Response

from shopx_api.files.document import Column, Document, Figures, Plot, Section, Table, Trend
from shopx_api.files.pages import Page, page
from shopx_api.files.panels import Panel, Ranked, option_label
from shopx_api.panels import wording
from shopx_api.panels.csv_text import csv_text
from shopx_api.server.file_requests import Operations, file_name, rendered, streamed
from shopx_api.server.list_files import list_part, list_parts
from shopx_api.server.workbook import MEDIA_TYPE, Workbook
from shopx_api.types.enums import DimensionName, LanguageName
from shopx_core.domain.metrics import METRICS, Unit
from shopx_core.domain.periods import local_day, zone
from shopx_core.errors import InvalidInput
from shopx_core.speech import Speech
from shopx_core.texts import Text, say

NOT_IN_FONT: Final = frozenset({LanguageName.AR, LanguageName.JA})
"""Languages whose letters the font of PDF files lacks: their PDF is in English (ADR 75)."""
FORMATS: Final = ("pdf", "xlsx", "json")
VARIABLES: Final = frozenset({"period", "comparison", "zone", "filters", "panels", "language"})
"""What a caller may send."""
SNAPSHOT: Final = "x-shopx-as-of"
"""The response's header with the token of the snapshot: sent with a further request, it makes a
file of the same one."""

_FACTS: Final = """
query PageFacts(
  $period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput
) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    period { firstDay lastDay zone isRunning }
    comparison { firstDay lastDay }
    leftOut { currency amount }
  }
  reporting { currency firstSaleAt }
}"""
_NAMES: Final = """
query PageFilters($dimension: Dimension!, $ids: [ID!]!) {
  filterOptions(dimension: $dimension, ids: $ids) { nodes { id label } }
}"""
_DIMENSIONS: Final = {
    "categories": DimensionName.CATEGORY,
    "products": DimensionName.PRODUCT,
    "customers": DimensionName.CUSTOMER,
    "segments": DimensionName.SEGMENT,
    "reps": DimensionName.REP,
    "regions": DimensionName.REGION,
    "channels": DimensionName.CHANNEL,
}
_GRANULARITIES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "minute": say("doc.minute", "Minute"),
        "quarter_hour": say("doc.quarter-hour", "Quarter hour"),
        "hour": say("doc.hour", "Hour"),
        "day": say("doc.day", "Day"),
        "week": say("doc.week", "Week"),
        "month": say("doc.month", "Month"),
        "quarter": say("doc.quarter", "Quarter"),
        "year": say("doc.year", "Year"),
    }
)


async def page_file(name: str, operations: Operations, asked: dict[str, Any]) -> Response:
    """The response with a page.

    Args:
        name: The page and the format, such as `overview.pdf`.
        operations: The caller's.
        asked: The variables of every panel, `panels`: the names of some; all where it is left
            out, and `language`: a value of the enum `Language`, English where it is left out.

    Raises:
        InvalidInput: There is no such panel.
        Failed: An operation failed, before the first byte is sent.
    """
    which, _, format_ = name.partition(".")
    shown = page(which)
    panels = shown.chosen(_panel_names(asked.pop("panels", None)))
    language = _language(asked.pop("language", LanguageName.EN.name))
    if format_ == "pdf" and language in NOT_IN_FONT:
        language = LanguageName.EN
    document = await _document(which, shown, panels, operations, asked, Speech(language.value))
    file = f"{document.file}.{format_}"
    headers = {SNAPSHOT: operations.snapshot or ""}
    if format_ == "json":
        content = document.model_dump_json().encode()
        return streamed(iter([content]), "application/json", file, headers)
    if format_ == "xlsx":
        book = await _workbook(document, panels, operations, asked)
        return streamed(book.chunks(), MEDIA_TYPE, file, headers)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.pdf"
        await rendered("pdf", str(target), document.model_dump_json().encode())
        content = target.read_bytes()
    return streamed(iter([content]), "application/pdf", file, headers)


def _language(given: object) -> LanguageName:
    if given not in LanguageName.__members__:
        raise InvalidInput(
            f"There is no language {given!r}.",
            hint=f"There are {', '.join(LanguageName.__members__)}.",
        )
    return LanguageName[str(given)]


def _panel_names(given: object) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidInput("`panels` is not a list of names.")
    return given


async def _document(
    which: str,
    shown: Page,
    panels: Sequence[Panel],
    operations: Operations,
    asked: dict[str, Any],
    speech: Speech,
) -> Document:
    given = await operations.run(_FACTS, asked)
    facts = await _facts(given, operations, asked)
    sections = [panel.section(await operations.run(panel.query, asked), speech) for panel in panels]
    metrics = dict.fromkeys(metric for panel in panels for metric in panel.metrics)
    period = given["sales"]["period"]
    return Document(
        page=which,
        language=speech.language,
        title=speech(shown.title),
        currency=given["reporting"]["currency"],
        facts=[[speech(cell) for cell in fact] for fact in facts],
        definitions=[
            (speech(wording.title(METRICS[one])), speech(wording.definition(METRICS[one])))
            for one in metrics
        ],
        sections=sections,
        file=file_name(f"{shown.title} {period['firstDay']} to {period['lastDay']}"),
    )


async def _facts(
    given: dict[str, Any], operations: Operations, asked: dict[str, Any]
) -> list[list[str]]:
    """What the figures are of, a line each; the names are those of the lists' files."""
    period, compared = given["sales"]["period"], given["sales"]["comparison"]
    facts: list[list[str]] = [[wording.PERIOD, _days(period), period["zone"]]]
    if compared is not None:
        facts.append([wording.COMPARED, _days(compared)])
        first_sale = given["reporting"]["firstSaleAt"]
        began = first_sale and local_day(
            dt.datetime.fromisoformat(first_sale), zone(period["zone"])
        )
        if began and dt.date.fromisoformat(compared["firstDay"]) < began:
            facts.append([wording.COMPARISON_CUT, wording.sales_begin(began)])
    if period["isRunning"]:
        facts.append([wording.NOT_COMPLETE, wording.STILL_RUNNING])
    facts.append([wording.CURRENCY, given["reporting"]["currency"]])
    for field, dimension in _DIMENSIONS.items():
        ids = (asked.get("filters") or {}).get(field)
        if ids:
            found = await operations.run(_NAMES, {"dimension": dimension.name, "ids": ids})
            labels = [option_label(dimension, one) for one in found["filterOptions"]["nodes"]]
            facts.append([wording.FILTER, wording.DIMENSIONS[dimension], *labels])
    facts.append([wording.AS_OF, operations.as_of or ""])
    missing = given["sales"]["leftOut"]
    facts += [[wording.LEFT_OUT, one["currency"], one["amount"]] for one in missing]
    return facts


def _days(period: Mapping[str, str]) -> Text:
    return say("doc.days", "{first} to {last}", first=period["firstDay"], last=period["lastDay"])


async def _workbook(
    document: Document, panels: Sequence[Panel], operations: Operations, asked: dict[str, Any]
) -> Workbook:
    """A worksheet for each panel; lists have all their rows."""
    book = Workbook(runs_from_right=document.language == "ar")
    for panel, section in zip(panels, document.sections, strict=True):
        if isinstance(panel, Ranked):
            language = LanguageName(document.language).name
            variables = asked | panel.list_variables | {"language": language}
            part = await list_part(operations, variables, None)
            texts = list_parts(operations, variables, part)
            columns = part["textColumns"]
        else:
            texts = None
            columns = _text_columns(section)
        book.add_list(columns, section.title)
        if texts is None:
            await asyncio.to_thread(book.write, _section_text(document, panel, section))
        else:
            async for text in texts:
                await asyncio.to_thread(book.write, text)
    return book


def _text_columns(section: Section) -> int:
    if isinstance(section, Table | Plot):
        return sum(column.unit is None for column in section.columns)
    return 1


def _section_text(document: Document, panel: Panel, section: Section) -> str:
    """A panel's rows as the lists' files have them: notes, an empty line, the header, the rows."""
    notes: list[list[str]] = [[section.title], *document.facts]
    speech = Speech(document.language)
    notes += [
        [wording.DEFINITION, wording.title(METRICS[one]), wording.definition(METRICS[one])]
        for one in panel.metrics
    ]
    header: list[str]
    rows: list[list[str | None]]
    if isinstance(section, Figures):
        header = [
            say("doc.figure", "Figure"),
            _VALUE,
            wording.BEFORE,
            say("doc.difference", "Difference"),
            wording.as_ratio(wording.CHANGE),
        ]
        rows = [
            [one.title, one.value, one.previous, one.difference, one.ratio] for one in section.rows
        ]
    elif isinstance(section, Trend):
        header, rows = _trend_rows(section)
        notes += [[note] for note in section.notes]
    else:
        header = [_title(column) for column in section.columns]
        rows = [list(row) for row in section.rows]
        notes += [[note] for note in section.notes]
    lines = [*notes, [], header, *([cell or "" for cell in row] for row in rows)]
    return csv_text([[speech(cell) for cell in line] for line in lines])


def _trend_rows(trend: Trend) -> tuple[list[str], list[list[str | None]]]:
    """The header, and a row for each bucket."""
    first = _GRANULARITIES[trend.granularity]
    if trend.outlook is not None:
        ahead = trend.outlook
        columns = (trend.buckets, trend.current, ahead.expected, ahead.low, ahead.high)
        header: list[str] = [
            first,
            _VALUE,
            wording.EXPECTED,
            say("doc.at-least", "At least"),
            say("doc.at-most", "At most"),
        ]
        return header, [list(row) for row in zip(*columns, strict=True)]
    previous = trend.previous or [None] * len(trend.buckets)
    rows: list[list[str | None]] = [
        [begins, value, before, "1" if place in trend.partial else "0"]
        for place, (begins, value, before) in enumerate(
            zip(trend.buckets, trend.current, previous, strict=True)
        )
    ]
    plain: list[str] = [first, _VALUE, wording.BEFORE, wording.NOT_COMPLETE]
    return plain, rows


_VALUE: Final = say("doc.value", "Value")


def _title(column: Column) -> str:
    return wording.as_ratio(column.title) if column.unit is Unit.RATIO else column.title
