"""Clocks that a test sets wrong, for programs that it starts."""

import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock_shim.c")


def missing() -> str | None:
    """What this machine lacks for it; `None` = nothing."""
    return None if shutil.which("cc") else "a C compiler"


class WrongClock:
    """The clock of the processes that have its environment.

    Args:
        folder: For its two files; every account may read them.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._offset = folder / f"clock-{name}"
        self._library = folder / "clock_shim.so"
        if not self._library.exists():
            subprocess.run(
                ["cc", "-shared", "-fPIC", "-O1", "-o", self._library, _SOURCE, "-ldl"], check=True
            )
        self.set(0)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that takes this clock."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_OFFSET": str(self._offset)}

    def set(self, seconds: int) -> None:
        """Set it that far ahead (or back, below 0), also for the processes that run."""
        # In place: the processes have mapped the file.
        handle = os.open(self._offset, os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(handle, seconds.to_bytes(8, "little", signed=True))
        os.close(handle)
