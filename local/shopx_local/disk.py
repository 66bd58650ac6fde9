"""Room on the disk: enough to start, and a warning before it runs out."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from shopx_core.errors import Unavailable

MEGABYTE = 1024**2
LEAST_TO_START = 300 * MEGABYTE
"""What a new database and its first writes need."""
LOW = 100 * MEGABYTE
"""Below it a person should act."""
ENOUGH = 200 * MEGABYTE
"""Above it the next shortage is worth another warning."""


def free(path: Path) -> int:
    """Bytes that may still be written to a folder's disk."""
    return shutil.disk_usage(path).free


def check(path: Path) -> None:
    """Refuse to start what would soon stand still.

    Raises:
        Unavailable: There is too little room.
    """
    left = free(path)
    if left < LEAST_TO_START:
        raise Unavailable(
            f"The disk of {path} has {left // MEGABYTE} MB free;"
            f" at least {LEAST_TO_START // MEGABYTE} MB are needed to start.",
            hint="Make room, or name another place with --state.",
        )


@dataclass(slots=True)
class Watch:
    """Says once that room runs out, and again only after there was enough in between."""

    warned: bool = False

    def observe(self, left: int) -> bool:
        """Whether to warn now.

        Args:
            left: Bytes that may still be written.
        """
        if left >= ENOUGH:
            self.warned = False
        if left >= LOW or self.warned:
            return False
        self.warned = True
        return True
