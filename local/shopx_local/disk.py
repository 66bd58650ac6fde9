"""Free disk space: a check before the start, and a warning while running."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from shopx_core.errors import Unavailable

MEGABYTE = 1024**2
LEAST_TO_START = 300 * MEGABYTE
"""What a new database and its first writes need."""
LOW = 100 * MEGABYTE
"""Below it there is a warning."""
ENOUGH = 200 * MEGABYTE
"""Above it the next shortage is worth another warning."""


def free(path: Path) -> int:
    """Bytes that may still be written to a folder's disk."""
    return shutil.disk_usage(path).free


def check(path: Path) -> None:
    """Refuse to start with too little free space.

    Raises:
        Unavailable: There is too little free space.
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
    """Warns once about low space, and again only after there was enough in between."""

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
