"""The outcome of each item of a batch."""

from dataclasses import dataclass
from enum import StrEnum

from shopx_core.errors import Conflict, InvalidInput, NotFound, ShopxError


class ItemStatus(StrEnum):
    """Whether an item was recorded."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an item was rejected.

    Attributes:
        code: A stable code, as of `ShopxError`.
        message: The problem.
        field: The path within the item, such as `lines.2.quantity`; None for the item as a whole.
        hint: What to do.
    """

    code: str
    message: str
    field: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The outcome of one item; `id` is None where it was rejected."""

    key: str
    status: ItemStatus
    id: int | None = None
    problems: tuple[Rejection, ...] = ()


def rejected(key: str, problems: list[Rejection]) -> ItemOutcome:
    """The outcome of a rejected item."""
    return ItemOutcome(key, ItemStatus.REJECTED, problems=tuple(problems))


def invalid(message: str, field: str | None = None, hint: str | None = None) -> Rejection:
    """A problem of the item itself."""
    return Rejection(InvalidInput.code, message, field, hint)


def unknown(what: str, key: str, field: str | None, hint: str | None = None) -> Rejection:
    """A reference of the item to something that does not exist."""
    return Rejection(NotFound.code, f"There is no {what} with the key {key!r}.", field, hint)


def conflict(message: str, field: str | None = None, hint: str | None = None) -> Rejection:
    """A conflict with something that exists."""
    return Rejection(Conflict.code, message, field, hint)


def refused(error: ShopxError, field: str | None = None) -> Rejection:
    """An error that was raised, as a rejection."""
    return Rejection(error.code, error.message, field, error.hint)
