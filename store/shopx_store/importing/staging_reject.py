"""A staged row that is rejected, and where it is told."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StagedReject:
    """A staged row that is rejected."""

    row_no: int
    column: str
    value: str
    reason: str


Sink = Callable[[StagedReject], None]
