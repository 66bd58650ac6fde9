"""What a PostgreSQL snapshot sees: the rules of `pg_snapshot`, in Python."""

from dataclasses import dataclass
from itertools import chain
from typing import Self


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A `pg_snapshot`: which transactions count as committed.

    Attributes:
        xmin: Every transaction below this one had ended.
        xmax: No transaction at or past this one had begun to commit.
        running: Those between the two that had not ended, ascending.
    """

    xmin: int
    xmax: int
    running: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read PostgreSQL's text form, `xmin:xmax:xid,xid,…`.

        Raises:
            ValueError: The text has another form.
        """
        xmin, xmax, running = text.split(":")
        return cls(int(xmin), int(xmax), tuple(int(xid) for xid in running.split(",") if xid))

    @property
    def text(self) -> str:
        """PostgreSQL's text form."""
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"

    def sees(self, xid: int) -> bool:
        """Whether the effects of a committed transaction are visible (`pg_visible_in_snapshot`)."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.running)

    def contains(self, other: "Snapshot") -> bool:
        """Whether this snapshot sees every transaction that the other one sees."""
        return not any(other.sees(xid) for xid in chain(self.running, range(self.xmax, other.xmax)))
