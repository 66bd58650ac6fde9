"""What became of each item of a batch: shared by everything that takes items one by one."""

from dataclasses import dataclass
from enum import StrEnum

from shopx_core.errors import Conflict, InvalidInput, NotFound, ShopxError


class ItemStatus(StrEnum):
    """What became of an item."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rejection:
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
class ItemOutcome:
    """What became of one item; `id` is None where it was rejected."""

    key: str
    status: ItemStatus
    id: int | None = None
    problems: tuple[Rejection, ...] = ()


def rejected(key: str, problems: list[Rejection]) -> ItemOutcome:
    """The outcome of an item that was not taken."""
    return ItemOutcome(key, ItemStatus.REJECTED, problems=tuple(problems))


def invalid(message: str, field: str | None = None, hint: str | None = None) -> Rejection:
    """A problem of the item's own making."""
    return Rejection(InvalidInput.code, message, field, hint)


def unknown(what: str, key: str, field: str | None, hint: str | None = None) -> Rejection:
    """A problem with something that the item refers to."""
    return Rejection(NotFound.code, f"There is no {what} with the key {key!r}.", field, hint)


def conflict(message: str, field: str | None = None, hint: str | None = None) -> Rejection:
    """A problem with something that is there already."""
    return Rejection(Conflict.code, message, field, hint)


def refused(error: ShopxError, field: str | None = None) -> Rejection:
    """A problem that was raised."""
    return Rejection(error.code, error.message, field, error.hint)
