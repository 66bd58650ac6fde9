"""What goes wrong, with the API's code and what to do about it."""

# ruff: noqa: N818 -- each reads as what went wrong

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final


class ClientError(Exception):
    """Anything that this package reports."""


class ConfigurationError(ClientError):
    """How the client is told to connect is incomplete, or not safe."""


class ConnectionFailed(ClientError):
    """No answer came within the time that the client is patient.

    What was sent may have been carried out. Sending it again is safe for all that has a key.
    """


class UnexpectedAnswer(ClientError):
    """The answer is not one of this API: another server, or another version of it."""


class ApiError(ClientError):
    """The API refused.

    Attributes:
        code: Stable, such as `INVALID_INPUT`: docs/api.md lists them.
        message: What is wrong.
        hint: What to do; None if the API says nothing about it.
        path: The field of the operation, such as `("sales", "kpis")`.
        request_id: Finds the request in the server's log.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        path: tuple[str | int, ...] = (),
        request_id: str | None = None,
    ) -> None:
        where = f" at {'.'.join(map(str, path))}" if path else ""
        told = f" {hint}" if hint else ""
        number = f" (request {request_id})" if request_id else ""
        super().__init__(f"{code}{where}: {message}{told}{number}")
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.request_id = request_id


class InvalidRequest(ApiError):
    """The request breaks a rule: the same fails again."""


class NotAuthorized(ApiError):
    """No token, an unknown one, or one without the scope."""


class NotFound(ApiError):
    """The named object does not exist."""


class Conflict(ApiError):
    """The request contradicts what is stored, such as another order under the same key."""


class SnapshotExpired(ApiError):
    """An as-of token is older than two minutes: read again without it."""


class TryLater(ApiError):
    """The server is busy, limits this caller, or is being upgraded."""


class ServerDefect(ApiError):
    """A defect of the server: its log has the request's id."""


_KINDS: Final[dict[str, type[ApiError]]] = {
    "UNAUTHENTICATED": NotAuthorized,
    "FORBIDDEN": NotAuthorized,
    "NOT_FOUND": NotFound,
    "CONFLICT": Conflict,
    "AS_OF_EXPIRED": SnapshotExpired,
    "AS_OF_INVALID": SnapshotExpired,
    "TOO_MANY_REQUESTS": TryLater,
    "RATE_LIMITED": TryLater,
    "OVERLOADED": TryLater,
    "TIMED_OUT": TryLater,
    "UNAVAILABLE": TryLater,
    "MAINTENANCE": TryLater,
    "INTERNAL": ServerDefect,
}


def api_error(entry: Any, request_id: str | None = None) -> ApiError:
    """The exception of an entry of `errors`."""
    given = entry if isinstance(entry, dict) else {}
    more = given.get("extensions") or {}
    code = str(more.get("code", "UNKNOWN"))
    return _KINDS.get(code, InvalidRequest)(
        code,
        str(given.get("message", "The API gave no reason.")),
        hint=more.get("hint"),
        path=tuple(given.get("path") or ()),
        request_id=more.get("requestId") or request_id,
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item was rejected.

    Attributes:
        code: The API's.
        message: What is wrong.
        hint: What to do.
        field: Where in the item, such as `lines.0.product`.
    """

    code: str
    message: str
    hint: str | None
    field: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that was not booked.

    Attributes:
        index: Its place among all that were sent, from 0.
        key: Its key.
        problems: At least one.
    """

    index: int
    key: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of many items.

    Attributes:
        recorded: Booked, made or changed now.
        repeated: Known with the same content: nothing changed.
        rejected: Not booked.
    """

    recorded: int
    repeated: int
    rejected: tuple[Rejection, ...]


_SHOWN: Final = 5


class ItemsRejected(ClientError):
    """Some items were rejected; all others are booked.

    Attributes:
        result: What became of all of them.
    """

    def __init__(self, result: Recorded) -> None:
        super().__init__(_rejected_text(result.rejected))
        self.result = result


def _rejected_text(rejected: Sequence[Rejection]) -> str:
    lines = [f"{len(rejected)} were rejected; all others are booked."]
    for one in rejected[:_SHOWN]:
        said = "; ".join(
            f"{problem.field or 'item'}: {problem.message} {problem.hint or ''}".rstrip()
            for problem in one.problems
        )
        lines.append(f"  {one.index}, key {one.key!r}: {said}")
    if len(rejected) > _SHOWN:
        lines.append(f"  and {len(rejected) - _SHOWN} more, in result.rejected")
    return "\n".join(lines)
