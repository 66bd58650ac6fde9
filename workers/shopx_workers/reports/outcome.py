"""How an attempt to send ended: pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from shopx_core.texts import say


class Result(StrEnum):
    """What is known of the message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: another attempt would be refused as well."""
    LATER = "later"
    """It was certainly not accepted; another attempt may succeed."""
    UNKNOWN = "unknown"
    """The hand-over began, and no answer came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result, and the receiver's own words, or ours."""

    result: Result
    detail: str


class NotSent(Exception):  # noqa: N818 -- an outcome, not an error
    """The attempt ended before the hand-over began."""

    def __init__(self, result: Result, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(result, detail)


class HandOver(Protocol):
    """An open connection to the receiver, to which nothing was handed over yet."""

    def send(self) -> Outcome:
        """Hand the message over; from here on it may have arrived."""

    def close(self) -> None:
        """End the connection."""


def cut_off(error: Exception) -> str:
    """What is said of a hand-over without an answer."""
    return say(
        "delivery.cut-off",
        "The connection ended before an answer: {error}",
        error=shortened(error),
    )


def shortened(error: Exception) -> str:
    """A library's words, which may be long."""
    return str(error)[:_LONGEST]


_LONGEST: Final = 500
