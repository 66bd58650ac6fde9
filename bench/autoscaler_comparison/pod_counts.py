"""The number of pods over time."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.kubectl import Kubectl


@dataclass(slots=True)
class Pods:
    """The numbers of pods requested, each with the time of the change."""

    changes: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since 1970 and the number from then on."""

    def between(self, begin: float, end: float) -> list[tuple[float, int]]:
        """Seconds and the number of pods during them, between two times."""
        edges = [*self.changes[1:], (end, 0)]
        lasted = [
            (min(until, end) - max(since, begin), count)
            for (since, count), (until, _) in zip(self.changes, edges, strict=True)
        ]
        return [(seconds, count) for seconds, count in lasted if seconds > 0]

    def minutes(self, begin: float, end: float) -> float:
        """Pods times minutes."""
        return sum(seconds * count for seconds, count in self.between(begin, end)) / 60

    def most(self, begin: float, end: float) -> int:
        """The highest number at a time."""
        return max(count for _, count in self.between(begin, end))


@contextmanager
def pods_of(kubectl: Kubectl, deployment: str) -> Iterator[Pods]:
    """Watch a Deployment until the block ends."""
    found = Pods()
    process = subprocess.Popen(
        [
            *("kubectl", "--context", kubectl.context, "--namespace", kubectl.namespace),
            *("get", "deployment", deployment, "--watch", "-o", 'jsonpath={.spec.replicas}{"\\n"}'),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            count = int(line)
            if not found.changes or found.changes[-1][1] != count:
                found.changes.append((time.time(), count))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        process.terminate()
        process.wait()
        reader.join()
