"""Errors as clients see them: a stable code, a message, a hint; never an internal detail."""

from collections.abc import Callable
from typing import Any

import asyncpg
from graphql import GraphQLError

from shopx_core import logging
from shopx_core.errors import InvalidInput, ShopxError, TimedOut, Unavailable
from shopx_core.sqlstates import says_unavailable
from shopx_core.texts import say

_log = logging.get(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
INTERNAL = "INTERNAL"

SERVER_FAILED = "The server failed; the failure has been logged."
"""The message for a defect, with the code `INTERNAL`."""

DATABASE_UNREACHABLE = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that was closed while it was idle
    OSError,
)
"""Besides what `says_unavailable` tells of PostgreSQL's own errors."""

# PostgreSQL's text type holds every character but NUL.
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def expected(error: BaseException) -> ShopxError | None:
    """The expected failure behind an exception; `None` for a defect."""
    if isinstance(error, ShopxError):
        return error
    if isinstance(error, asyncpg.QueryCanceledError | TimeoutError):
        return TimedOut(
            say("request.request-took-too-long", "The request took too long."),
            hint=say("request.use-shorter-period-fewer", "Use a shorter period or fewer rows."),
        )
    if isinstance(error, asyncpg.InFailedSQLTransactionError):
        return Unavailable(
            say(
                "request.another-field-operation-failed",
                "Another field of this operation failed, and this one with it.",
            )
        )
    if isinstance(error, _UNSTORABLE):
        return InvalidInput(
            say(
                "request.unstorable-character",
                "A text has a character that cannot be stored or searched for, such as NUL.",
            )
        )
    return _unavailable(error)


def _unavailable(error: BaseException) -> Unavailable | None:
    if isinstance(error, DATABASE_UNREACHABLE):
        message = say("request.database-away", "The database is unreachable.")
    elif isinstance(error, asyncpg.PostgresError) and says_unavailable(
        error.sqlstate, error.server_source_filename
    ):
        message = say(
            "request.database-full", "The database is unreachable, or has no room for this now."
        )
    else:
        return None
    return Unavailable(message, hint=say("again.in-seconds", "Try again in a few seconds."))


def shopx_error(error: ShopxError) -> dict[str, Any]:
    """An entry of `errors` for a failure outside of any field."""
    return {"message": error.message, "extensions": {**error.details, **error.extensions()}}


def request_error(message: str, code: str, hint: str | None = None) -> dict[str, Any]:
    """An entry of `errors` for a malformed request."""
    extensions = {"code": code} | ({"hint": hint} if hint else {})
    return {"message": message, "extensions": extensions}


def format_error(
    error: GraphQLError, request_id: str, *, otherwise: str, on_defect: Callable[[], None]
) -> dict[str, Any]:
    """An entry of `errors`.

    Args:
        error: The executor's error.
        request_id: Shown with a defect, to find its log lines.
        otherwise: The code of an error found by GraphQL itself.
        on_defect: Called when the server is at fault: a defect, or an unreachable database.
    """
    formatted: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if original is None or isinstance(original, GraphQLError):
        formatted["extensions"] = {**formatted.get("extensions", {}), "code": otherwise}
        return formatted
    known = expected(original)
    if isinstance(known, Unavailable) or known is None:
        on_defect()
    if known is not None:
        return formatted | shopx_error(known)
    _log.error(
        "defect",
        request_id=request_id,
        path=".".join(map(str, error.path or ())),
        exc_info=original,
    )
    return formatted | {
        "message": SERVER_FAILED,
        "extensions": {"code": INTERNAL, "requestId": request_id},
    }
