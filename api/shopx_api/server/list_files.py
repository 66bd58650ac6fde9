"""Lists as files: streamed part by part, so that any number of rows takes little memory."""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.responses import Response

from shopx_api.server.file_requests import CHUNK_BYTES, Failed, Operations, rendered, streamed
from shopx_api.server.workbook import MEDIA_TYPE, Workbook
from shopx_core import logging

CSV: Final = "sales.csv"
XLSX: Final = "sales.xlsx"
PARQUET: Final = "sales.parquet"
LISTS: Final = (CSV, XLSX, PARQUET)
PART_ROWS: Final = 5000

_QUERY: Final = """
query SalesCsv(
  $period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput,
  $by: Dimension!, $metrics: [MetricId!], $orderBy: MetricId, $sort: SortValue! = VALUE,
  $direction: SortDirection! = DESC, $search: String, $lossesOnly: Boolean! = false,
  $membersOnly: Boolean! = false, $language: Language! = EN,
  $rows: Int!, $after: String
) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    csv(
      by: $by, metrics: $metrics, orderBy: $orderBy, sort: $sort, direction: $direction,
      search: $search, lossesOnly: $lossesOnly, membersOnly: $membersOnly, rows: $rows,
      after: $after, language: $language
    ) { name text textColumns endCursor }
  }
}"""
VARIABLES: Final = frozenset(re.findall(r"\$(\w+):", _QUERY)) - {"rows", "after"}
"""What a caller may send."""
_log = logging.get(__name__)

Part = dict[str, Any]


async def list_file(name: str, operations: Operations, variables: dict[str, Any]) -> Response:
    """The response with a list in the format of a name of `LISTS`.

    Raises:
        Failed: A part could not be computed, before the first byte is sent.
    """
    if name == PARQUET:
        # Its columns are names for data tools.
        variables = variables | {"language": "EN"}
    part = await list_part(operations, variables, None)
    parts = list_parts(operations, variables, part)
    if name == CSV:
        return streamed(_marked(parts), "text/csv; charset=utf-8", part["name"])
    stem = part["name"].removesuffix(".csv")
    if name == PARQUET:
        file = await _parquet(part, parts)
        return streamed(file, "application/vnd.apache.parquet", f"{stem}.parquet")
    book = Workbook(runs_from_right=variables.get("language") == "AR")
    book.add_list(part["textColumns"])
    # A workbook is complete before its first byte can be sent.
    async for text in parts:
        await asyncio.to_thread(book.write, text)
    return streamed(book.chunks(), MEDIA_TYPE, f"{stem}.xlsx")


async def list_part(operations: Operations, variables: dict[str, Any], after: str | None) -> Part:
    """A part of a list's CSV file.

    Raises:
        Failed: It could not be computed.
    """
    paged = variables | {"rows": PART_ROWS, "after": after}
    part: Part = (await operations.run(_QUERY, paged))["sales"]["csv"]
    return part


async def list_parts(
    operations: Operations, variables: dict[str, Any], part: Part
) -> AsyncIterator[str]:
    """The text of a list's first part and of all that follow."""
    yield part["text"]
    try:
        while part["endCursor"] is not None:
            part = await list_part(operations, variables, part["endCursor"])
            yield part["text"]
    except Failed as failed:
        # The connection ends before the body does, so the client knows that rows are missing.
        _log.warning("export_failed", response=failed.response.body[:500].decode())
        raise


async def _parquet(part: Part, parts: AsyncIterator[str]) -> Iterator[bytes]:
    """A Parquet file; it is complete before its first byte can be sent."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        header: list[str] = []
        with source.open("w", encoding="utf-8", newline="") as rows:
            async for text in parts:
                if not header:
                    # What the rows are of has no place in a table of typed columns.
                    _, _, below = text.partition("\r\n\r\n")
                    lines = io.StringIO(below, newline="")
                    header = next(csv.reader([lines.readline()]))
                    text = lines.read()  # noqa: PLW2901 -- without the lines above the rows
                await asyncio.to_thread(rows.write, text)
        asked = {"source": str(source), "columns": header, "text_columns": part["textColumns"]}
        await rendered("parquet", str(target), orjson.dumps(asked))
        # The open file outlives its folder.
        return _chunks(target.open("rb"))


def _chunks(file: io.BufferedReader) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def _marked(parts: AsyncIterator[str]) -> AsyncIterator[str]:
    # The mark makes spreadsheets read the file as UTF-8.
    yield "\ufeff"
    async for text in parts:
        yield text
