"""Lists and pages as files: `POST /exports/NAME` with what they are of as JSON.

Each part is a GraphQL operation as of the first one's snapshot, with the caller's credentials, so a
file is subject to the same rights, costs and quotas as the pages, and says what they say.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.compute.call import Compute
from shopx_api.files.pages import PAGES
from shopx_api.server import list_files, page_files
from shopx_api.server.file_requests import (
    Failed,
    Operations,
    origin_of,
    refused,
    sent,
    variables_of,
)
from shopx_core.errors import InvalidInput, NotFound, ShopxError, Unavailable

PATH: Final = "/exports/{name:path}"
AT_ONCE: Final = 2
"""Files that one process writes at the same time."""

_NOT_FOUND: Final = 404
_METHOD_NOT_ALLOWED: Final = 405
_UNAVAILABLE: Final = 503


class Exports:
    """Serves files of lists and pages.

    Args:
        compute: Computes the parts.
        seconds: How long a part may take.
    """

    def __init__(self, compute: Compute, seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._writing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        request = Request(scope, receive)
        problem = _refusal(request)
        if problem is not None:
            await problem(scope, receive, send)
            return
        if self._writing >= AT_ONCE:
            busy = Unavailable("Other files are being written.", hint="Try again in a moment.")
            response = refused(busy, _UNAVAILABLE)
            response.headers["retry-after"] = "5"
            await response(scope, receive, send)
            return
        self._writing += 1
        try:
            response = await self._response(request)
            await response(scope, receive, send)
        finally:
            self._writing -= 1

    async def _response(self, request: Request) -> Response:
        name = request.path_params["name"]
        operations = Operations(self._compute, origin_of(request.scope), self._seconds)
        try:
            if name in list_files.LISTS:
                asked = await variables_of(request, list_files.VARIABLES)
                return await list_files.list_file(name, operations, asked)
            asked = await variables_of(request, page_files.VARIABLES)
            return await page_files.page_file(name, operations, asked)
        except Failed as failed:
            return sent(failed.response)
        except ShopxError as error:
            return refused(error)


def _refusal(request: Request) -> Response | None:
    """What is no request for a file, in the form of the other errors."""
    name = request.path_params["name"]
    page, _, format_ = name.partition(".")
    if name not in list_files.LISTS and not (page in PAGES and format_ in page_files.FORMATS):
        missing = NotFound(
            f"There is no file {name!r}.",
            hint=f"There are {', '.join(list_files.LISTS)}, and {', '.join(PAGES)}, each with"
            f" {', '.join(f'.{one}' for one in page_files.FORMATS)}.",
        )
        return refused(missing, _NOT_FOUND)
    if request.method != "POST":
        wrong = InvalidInput(
            f"A file is asked for by POST, not {request.method}.",
            hint="Send the variables of the list as JSON.",
        )
        response = refused(wrong, _METHOD_NOT_ALLOWED)
        response.headers["allow"] = "POST"
        return response
    return None
