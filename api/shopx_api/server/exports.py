"""Lists as files: streamed part by part, so that any number of rows takes little memory.

Each part is a GraphQL operation as of the first one's snapshot, with the caller's credentials, so a
file is subject to the same rights, costs and quotas as the pages, and says what they say.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from shopx_api.asgi import Headers, Receive, Scope, Send
from shopx_api.compute import call
from shopx_api.compute.call import Compute, Origin
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.callers import MAX_STRANGERS_BODY
from shopx_api.server.workbook import MEDIA_TYPE, Workbook
from shopx_core import logging
from shopx_core.errors import InvalidInput, NotFound, Unavailable

PATH: Final = "/exports/{name:path}"
CSV: Final = "sales.csv"
XLSX: Final = "sales.xlsx"
AT_ONCE: Final = 2
"""Files that one process writes at the same time."""
PART_ROWS: Final = 5000

_QUERY: Final = """
query SalesCsv(
  $period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput,
  $by: Dimension!, $metrics: [MetricId!], $orderBy: MetricId, $sort: SortValue! = VALUE,
  $direction: SortDirection! = DESC, $search: String, $lossesOnly: Boolean! = false,
  $membersOnly: Boolean! = false,
  $rows: Int!, $after: String
) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    csv(
      by: $by, metrics: $metrics, orderBy: $orderBy, sort: $sort, direction: $direction,
      search: $search, lossesOnly: $lossesOnly, membersOnly: $membersOnly, rows: $rows,
      after: $after
    ) { name text textColumns endCursor }
  }
}"""
_VARIABLES: Final = frozenset(re.findall(r"\$(\w+):", _QUERY)) - {"rows", "after"}
"""What a caller may send."""
_CLIENT_ERROR: Final = 400
_NOT_FOUND: Final = 404
_METHOD_NOT_ALLOWED: Final = 405
_log = logging.get(__name__)


class _Failed(Exception):  # noqa: N818 -- a response, not an error of this module
    def __init__(self, response: call.Response) -> None:
        self.response = response


class Exports:
    """Serves files of lists.

    Args:
        compute: Computes the parts.
        seconds: How long a part may take.
    """

    def __init__(self, compute: Compute, seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._writing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a POST of the variables of `_QUERY` as JSON."""
        request = Request(scope, receive)
        refused = _refused(request)
        if refused is not None:
            await refused(scope, receive, send)
            return
        if self._writing >= AT_ONCE:
            busy = Unavailable("Other files are being written.", hint="Try again in a moment.")
            await _sent(call.failure(busy, 503, retry_after=5))(scope, receive, send)
            return
        self._writing += 1
        try:
            response = await self._response(request)
            await response(scope, receive, send)
        finally:
            self._writing -= 1

    async def _response(self, request: Request) -> Response:
        try:
            variables = await _variables(request)
        except InvalidInput as error:
            return _sent(call.failure(error, _CLIENT_ERROR))
        origin = _origin(request.scope)
        try:
            part, token = await self._part(origin, variables, None)
        except _Failed as failed:
            return _sent(failed.response)
        parts = self._parts(origin, variables, part, token)
        if request.path_params["name"] == CSV:
            return _streamed(_marked(parts), "text/csv; charset=utf-8", part["name"])
        book = Workbook(part["textColumns"])
        try:
            # A workbook is complete before its first byte can be sent.
            async for text in parts:
                await asyncio.to_thread(book.write, text)
        except _Failed as failed:
            return _sent(failed.response)
        name = part["name"].removesuffix(".csv") + ".xlsx"
        return _streamed(book.chunks(), MEDIA_TYPE, name)

    async def _parts(
        self, origin: Origin, variables: dict[str, Any], part: dict[str, Any], token: str
    ) -> AsyncIterator[str]:
        yield part["text"]
        # The first part's snapshot is every part's.
        headers = [header for header in origin.headers if header[0] != AS_OF_HEADER]
        origin = replace(origin, headers=[*headers, (AS_OF_HEADER, token.encode())])
        try:
            while part["endCursor"] is not None:
                part, _ = await self._part(origin, variables, part["endCursor"])
                yield part["text"]
        except _Failed as failed:
            # The connection ends before the body does, so the client knows that rows are missing.
            _log.warning("export_failed", response=failed.response.body[:500].decode())
            raise

    async def _part(
        self, origin: Origin, variables: dict[str, Any], after: str | None
    ) -> tuple[dict[str, Any], str]:
        """A part, and the token of the snapshot that it is as of."""
        body = orjson.dumps(
            {"query": _QUERY, "variables": variables | {"rows": PART_ROWS, "after": after}}
        )
        made = await self._compute.respond(replace(origin, body=body), None, self._seconds)
        answer = orjson.loads(made.body)
        if "errors" in answer:
            raise _Failed(replace(made, status=max(made.status, _CLIENT_ERROR)))
        return answer["data"]["sales"]["csv"], answer["extensions"]["snapshot"]


async def _marked(parts: AsyncIterator[str]) -> AsyncIterator[str]:
    # The mark makes spreadsheets read the file as UTF-8.
    yield "\ufeff"
    async for text in parts:
        yield text


def _streamed(content: AsyncIterator[str] | Iterator[bytes], media: str, name: str) -> Response:
    return StreamingResponse(
        content,
        media_type=media,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


def _refused(request: Request) -> Response | None:
    """What is no request for a file, in the form of the other errors."""
    name = request.path_params["name"]
    if name not in {CSV, XLSX}:
        missing = NotFound(f"There is no file {name!r}.", hint=f"There are {CSV} and {XLSX}.")
        return _sent(call.failure(missing, _NOT_FOUND))
    if request.method != "POST":
        wrong = InvalidInput(
            f"A file is asked for by POST, not {request.method}.",
            hint="Send the variables of the list as JSON.",
        )
        response = _sent(call.failure(wrong, _METHOD_NOT_ALLOWED))
        response.headers["allow"] = "POST"
        return response
    return None


def _origin(scope: Scope) -> Origin:
    kept: Headers = [
        (name, value)
        for name, value in scope["headers"]
        if name not in {b"accept", b"content-length", b"content-type", b"accept-encoding"}
    ]
    json = b"application/json"
    return replace(
        call.origin_of(scope, b""),
        headers=[*kept, (b"accept", json), (b"content-type", json)],
    )


async def _variables(request: Request) -> dict[str, Any]:
    # Other sites cannot send this media type without asking first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InvalidInput("The body is not of the type application/json.")
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_STRANGERS_BODY:
                raise InvalidInput(f"The body is larger than {MAX_STRANGERS_BODY} bytes.")
        variables = orjson.loads(body)
    except (ClientDisconnect, orjson.JSONDecodeError):
        variables = None
    if not isinstance(variables, dict):
        raise InvalidInput(
            "The body is not a JSON object.", hint='Send the variables, such as {"by": "PRODUCT"}.'
        )
    # GraphQL ignores unknown variables, so a typing mistake would give the file of another list.
    unknown = sorted(variables.keys() - _VARIABLES)
    if unknown:
        raise InvalidInput(
            f"There is no variable {unknown[0]!r}.",
            hint=f"There are {', '.join(sorted(_VARIABLES))}.",
        )
    return variables


def _sent(response: call.Response) -> Response:
    headers = {
        name.decode(): value.decode()
        for name, value in response.headers
        if name not in {b"content-length", b"content-type"}
    }
    return JSONResponse(orjson.loads(response.body), response.status, headers)
