"""What a run of faults looked like, second by second."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Series:
    """One value a second of each.

    Attributes:
        began: The monotonic time of the first second.
        slowest: Milliseconds of the slowest cached answer; 0 = none arrived.
        memory: MiB of the API's processes.
        faults: The number of the fault that is under way, from 1; 0 = none.
        fault: The same, now.
    """

    began: float = field(default_factory=time.monotonic)
    slowest: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    fault: int = 0

    def answered(self, milliseconds: float) -> None:
        """Note a cached answer that has arrived now."""
        second = int(time.monotonic() - self.began)
        self.slowest += [0.0] * (second + 1 - len(self.slowest))
        self.slowest[second] = max(self.slowest[second], milliseconds)

    def sample(self, memory: float) -> None:
        """Note the memory and the fault of now; seconds that were missed had the same."""
        missing = int(time.monotonic() - self.began) + 1 - len(self.memory)
        self.memory += [memory] * missing
        self.faults += [self.fault] * missing

    def write(self, file: Path) -> None:
        """As JSON, for `bench/fault_plots.py`."""
        found = {"slowest": self.slowest, "memory": self.memory, "faults": self.faults}
        file.write_text(json.dumps(found), "utf-8")
