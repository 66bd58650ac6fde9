"""Real worker and beat processes, and what they log."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any


@dataclass(slots=True)
class Role:
    """A running process of the workers' package."""

    process: subprocess.Popen[str]
    lines: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    seen: list[str] = field(default_factory=list)

    def read(self, stream: IO[str]) -> None:
        """Collect what it writes, so that it never waits for a reader."""
        for line in stream:
            self.lines.put(line)

    def wait_for(self, event: str, **facts: Any) -> dict[str, Any]:
        """The next log line of that event with these facts."""
        while True:
            line = self.next_line(f"{event} {facts or ''}")
            if line.startswith("{"):
                logged: dict[str, Any] = json.loads(line)
                if event in logged["event"] and facts.items() <= logged.items():
                    return logged

    def wait_for_text(self, text: str) -> None:
        """Return at the next line with that text: Celery prints some things past the log."""
        while text not in self.next_line(text):
            pass

    def next_line(self, awaited: str) -> str:
        """The next line, until the time limit."""
        try:
            line = self.lines.get(timeout=60)
        except queue.Empty:
            said = "".join(self.seen)
            raise AssertionError(f"no {awaited!r}, and nothing for 60 s:\n{said}") from None
        self.seen.append(line)
        return line


@contextlib.contextmanager
def running(role: str, environment: dict[str, str]) -> Iterator[Role]:
    """Start a worker, a beat or the queue exporter; and end it afterwards in any case."""
    apart = role == "queue_exporter"
    module = [f"shopx_workers.{role}"] if apart else ["shopx_workers", role]
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        env={k: v for k, v in os.environ.items() if not k.startswith("SHOPX_")} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A process group of its own, so that the pool's processes can be ended with it.
        start_new_session=True,
    )
    assert process.stdout is not None
    running_role = Role(process)
    reader = threading.Thread(target=running_role.read, args=(process.stdout,))
    reader.start()
    try:
        yield running_role
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        reader.join()
        process.stdout.close()
