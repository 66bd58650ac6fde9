"""Requests as they are sent, and what their responses mean; nothing is sent here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shopx_client.errors import ApiError, ClientError, TryLater, UnexpectedAnswer, api_error
from shopx_client.operation import Document
from shopx_client.retries import BUSY

AS_OF: Final = "X-ShopX-As-Of"
_OK: Final = 200
_MOVED: Final = range(300, 400)
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Send:
    """A POST to carry out.

    Attributes:
        path: Below the dashboard's URL.
        body: JSON.
        headers: Beside those of every request.
        into: The file that a response of the status 200 is written to, whole or not at all.
    """

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    into: Path | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """A response.

    Attributes:
        status: HTTP's.
        headers: Their names are in lower case.
        body: Empty where it went into a file.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class NoReply:
    """No response came.

    Attributes:
        error: Why.
        was_sent: Whether the server may have read the request.
    """

    error: Exception
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Payload:
    """A response of GraphQL without errors."""

    data: Any
    extensions: Mapping[str, Any]


def graphql(document: Document, *, snapshot: str | None = None, is_fresh: bool = False) -> Send:
    """The request of an operation, as of a snapshot's token, or exactly now."""
    body = json.dumps(
        {"query": document.text, "variables": document.variables}, ensure_ascii=False
    ).encode()
    headers = {} if snapshot is None else {AS_OF: snapshot}
    if is_fresh:
        headers["Cache-Control"] = "no-cache"
    return Send("graphql", body, headers)


def payload(reply: Reply) -> Payload:
    """What GraphQL answered.

    Raises:
        ApiError: It refused.
        UnexpectedAnswer: It is no answer of this API.
    """
    found = _json(reply)
    if not isinstance(found, dict) or not ("data" in found or "errors" in found):
        raise unexpected(reply)
    if found.get("errors"):
        raise api_error(found["errors"][0], reply.headers.get("x-request-id"))
    return Payload(found["data"], found.get("extensions") or {})


def refusal(reply: Reply) -> ClientError:
    """The error of a response that is not of the status 200."""
    found = _json(reply)
    if isinstance(found, dict) and found.get("errors"):
        return api_error(found["errors"][0], reply.headers.get("x-request-id"))
    return unexpected(reply)


def unexpected(reply: Reply) -> ClientError:
    """Says what came instead of an answer of the API."""
    if reply.status in _MOVED:
        return UnexpectedAnswer(
            f"The server is elsewhere ({reply.status}): {reply.headers.get('location', '?')}."
            " Redirects are not followed, because they would get the token: pass that URL."
        )
    if reply.status in BUSY:
        return TryLater("UNAVAILABLE", f"HTTP {reply.status}, not of the API itself.")
    begins = reply.body[:_SHOWN].decode(errors="replace")
    return UnexpectedAnswer(
        f"The answer is not one of this API: HTTP {reply.status}, {begins!r}."
        " Does the URL name the dashboard?"
    )


def is_busy(error: ClientError) -> bool:
    """Whether the reason passes by itself."""
    return isinstance(error, ApiError) and error.code in _PASSING


_PASSING: Final = frozenset({
    "TOO_MANY_REQUESTS", "RATE_LIMITED", "OVERLOADED", "TIMED_OUT", "UNAVAILABLE", "MAINTENANCE",
})  # fmt: skip


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None
