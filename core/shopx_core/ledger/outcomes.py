"""What became of each item of a batch: shared by everything that takes items one by one."""

from dataclasses import dataclass
from enum import StrEnum

from shopx_core.errors import Conflict, InvalidInput, NotFound, ShopxError


class Status(StrEnum):
    """What became of an item."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item was not taken.

    Attributes:
        code: A stable code, as of `ShopxError`.
        message: What is wrong.
        field: The path within the item, such as `lines.2.quantity`; None for the item as a whole.
        hint: What to do about it.
    """

    code: str
    message: str
    field: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item; `id` is None where it was rejected."""

    key: str
    status: Status
    id: int | None = None
    problems: tuple[Problem, ...] = ()


def rejected(key: str, problems: list[Problem]) -> Outcome:
    """The outcome of an item that was not taken."""
    return Outcome(key, Status.REJECTED, problems=tuple(problems))


def invalid(message: str, field: str | None = None, hint: str | None = None) -> Problem:
    """A problem of the item's own making."""
    return Problem(InvalidInput.code, message, field, hint)


def unknown(what: str, key: str, field: str | None, hint: str | None = None) -> Problem:
    """A problem with something that the item refers to."""
    return Problem(NotFound.code, f"There is no {what} with the key {key!r}.", field, hint)


def conflict(message: str, field: str | None = None, hint: str | None = None) -> Problem:
    """A problem with something that is there already."""
    return Problem(Conflict.code, message, field, hint)


def refused(error: ShopxError, field: str | None = None) -> Problem:
    """A problem that was raised."""
    return Problem(error.code, error.message, field, error.hint)
