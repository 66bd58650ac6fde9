"""What one process takes from its connections: the limits, what is held, what was refused."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

KEEP_ALIVE_SECONDS: Final = 3630
"""How long an idle connection stays open: longer than proxies keep theirs (Envoy an hour, load
balancers some minutes), so that none sends a request on a connection that closes here."""


class Reason(StrEnum):
    """Why a request or a connection was refused; values of the label `reason`."""

    CONNECTIONS = "connections"
    """Too many connections, all of them busy."""
    IDLE = "idle"
    """The connection was idle, and its place was needed or its time was over."""
    HEAD = "head"
    """Too many header lines, or too long."""
    BODY = "body"
    """A body over the limit."""
    MEMORY = "memory"
    """The requests and responses under way hold as many bytes as they may."""
    SLOW = "slow"
    """A request did not arrive, or a response was not read, within its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """The limits of one process."""

    body: int
    """Bytes of one body."""
    head: int = 32 * 1024
    """Bytes of a request line and its header lines."""
    headers: int = 100
    """Header lines."""
    connections: int = 4096
    """Open connections."""
    held: int = 32 * 1024**2
    """Bytes of all requests under way and of responses that are not read yet."""
    first_seconds: float = 60.0
    """Until the first request of a connection begins."""
    head_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body_seconds: float = 30.0
    """From there to the end of its body."""
    unread_seconds: float = 30.0
    """That a client may leave a response unread."""


class Intake:
    """Shared by all connections of a process.

    Args:
        limits: The limits.
    """

    def __init__(self, limits: IntakeLimits) -> None:
        self.limits = limits
        self.held = 0
        """Bytes of the requests under way."""
        self.unread = 0
        """Bytes of responses that clients have not read, at the last look."""
        self.refused: Counter[str] = Counter()
        """Requests and connections, by `Reason`."""
        self.idle: dict[Any, None] = {}
        """The connections without a request, those that are idle for longest first."""

    def take(self, count: int) -> bool:
        """Hold more bytes of a request; `False` = it must be refused instead."""
        if self.held + self.unread + count > self.limits.held:
            return False
        self.held += count
        return True

    def give(self, count: int) -> None:
        """Hold these bytes no longer."""
        self.held -= count
