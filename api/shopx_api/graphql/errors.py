"""How failures look to clients: a stable code, a message, a hint; never an unexpected detail."""

from collections.abc import Callable
from typing import Any

import asyncpg
from graphql import GraphQLError

from shopx_core import logging
from shopx_core.errors import InvalidInput, ShopxError, TimedOut, Unavailable

_log = logging.get(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
INTERNAL = "INTERNAL"

DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    ConnectionError,
    OSError,
)

# PostgreSQL's text holds every character but NUL.
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def expected(error: BaseException) -> ShopxError | None:
    """The failure that an exception stands for; `None` for a defect."""
    if isinstance(error, ShopxError):
        return error
    if isinstance(error, asyncpg.QueryCanceledError | TimeoutError):
        return TimedOut("The answer took too long.", hint="Ask for a shorter period or fewer rows.")
    if isinstance(error, asyncpg.InFailedSQLTransactionError):
        return Unavailable("Another part of this operation failed, and this one with it.")
    if isinstance(error, _UNSTORABLE):
        return InvalidInput(
            "A text has a character that cannot be stored or searched for, such as NUL."
        )
    if isinstance(error, DATABASE_AWAY):
        return Unavailable("The database is away.", hint="Try again in a moment.")
    return None


def shopx_error(error: ShopxError) -> dict[str, Any]:
    """One entry of `errors` for a failure outside of any field."""
    extensions: dict[str, Any] = {"code": error.code, **error.details}
    if error.hint:
        extensions["hint"] = error.hint
    return {"message": error.message, "extensions": extensions}


def request_error(message: str, code: str, hint: str | None = None) -> dict[str, Any]:
    """One entry of `errors` for a request that is not even an operation."""
    extensions = {"code": code} | ({"hint": hint} if hint else {})
    return {"message": message, "extensions": extensions}


def format_error(
    error: GraphQLError, request_id: str, *, otherwise: str, on_defect: Callable[[], None]
) -> dict[str, Any]:
    """One entry of `errors`.

    Args:
        error: As the executor made it.
        request_id: Shown with a defect, so that its log lines can be found.
        otherwise: The code of an error that GraphQL itself found.
        on_defect: Called when the failure is this side's: a defect, or something is away.
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
        "message": "Something went wrong here; it has been logged.",
        "extensions": {"code": INTERNAL, "requestId": request_id},
    }
