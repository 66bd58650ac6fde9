"""What requests for files have in common: their bodies, their operations and their responses."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import replace
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from shopx_api.asgi import Headers, Scope
from shopx_api.compute import call
from shopx_api.compute.call import Compute, Origin
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.callers import MAX_STRANGERS_BODY
from shopx_core.errors import InvalidInput, ShopxError

CLIENT_ERROR: Final = 400
CHUNK_BYTES: Final = 1 << 16


class Failed(Exception):  # noqa: N818 -- a response, not an error of this module
    """An operation that had no answer, with the response that says why."""

    def __init__(self, response: call.Response) -> None:
        self.response = response


class Operations:
    """Operations of one caller, all as of the snapshot of the first one.

    Args:
        compute: Computes them.
        origin: The caller's request.
        seconds: How long one may take.
    """

    def __init__(self, compute: Compute, origin: Origin, seconds: float) -> None:
        self._compute = compute
        self._origin = origin
        self._seconds = seconds
        self.snapshot: str | None = None
        """The token of the snapshot, once there is one."""
        self.as_of: str | None = None
        """Its instant."""

    async def run(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an operation.

        Raises:
            Failed: It has errors.
        """
        body = orjson.dumps({"query": query, "variables": variables})
        made = await self._compute.respond(replace(self._origin, body=body), None, self._seconds)
        answer = orjson.loads(made.body)
        if "errors" in answer:
            raise Failed(replace(made, status=max(made.status, CLIENT_ERROR)))
        if self.snapshot is None:
            self.snapshot = answer["extensions"]["snapshot"]
            self.as_of = answer["extensions"]["asOf"]
            headers = [one for one in self._origin.headers if one[0] != AS_OF_HEADER]
            header = (AS_OF_HEADER, self.snapshot.encode())
            self._origin = replace(self._origin, headers=[*headers, header])
        data: dict[str, Any] = answer["data"]
        return data


async def rendered(kind: str, target: str, given: bytes) -> None:
    """Make a file in a process of its own; see `shopx_api.files.render_pdf`.

    Raises:
        RuntimeError: The process failed; its message goes to the log alone.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"shopx_api.files.render_{kind}", target),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, problem = await process.communicate(given)
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        message = f"writing a {kind} file failed: {problem.decode(errors='replace')[-2000:]}"
        raise RuntimeError(message)


def streamed(
    content: AsyncIterator[str] | Iterator[bytes],
    media: str,
    name: str,
    headers: dict[str, str] | None = None,
) -> Response:
    """A file for saving."""
    return StreamingResponse(
        content,
        media_type=media,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **(headers or {}),
        },
    )


def file_name(text: str) -> str:
    """Letters that every file system takes."""
    return re.sub(r"[^A-Za-z0-9 .,_-]", "", text)


def origin_of(scope: Scope) -> Origin:
    """The caller's request as one for an operation."""
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


async def variables_of(request: Request, known: Collection[str]) -> dict[str, Any]:
    """The variables that a request sends as JSON.

    Raises:
        InvalidInput: It sends something else, too much, or a variable that is not known.
    """
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
    unknown = sorted(variables.keys() - set(known))
    if unknown:
        raise InvalidInput(
            f"There is no variable {unknown[0]!r}.", hint=f"There are {', '.join(sorted(known))}."
        )
    return variables


def refused(error: ShopxError, status: int = CLIENT_ERROR) -> Response:
    """An error in the form of the other errors."""
    return sent(call.failure(error, status))


def sent(response: call.Response) -> Response:
    """A response of the endpoint as one of this server."""
    headers = {
        name.decode(): value.decode()
        for name, value in response.headers
        if name != b"content-length"
    }
    return Response(response.body, response.status, headers)
