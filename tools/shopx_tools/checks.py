"""Run checks and print one line for each: `python -m shopx_tools.checks mypy,ruff pytest`.

Each argument is a stage, and stages run one after another. A stage names tasks of `pyproject.toml`
(`[tool.poe.tasks]`), joined by commas; those run side by side, one per processor, so the longest is
best named first. `--stream NAME ARGUMENTS…` runs one more task last, its output shown as it comes.

Every check runs, also after another has failed. The output of a failed check follows its line in
full, and what it says of errors comes once more at the end, for logs of which only the end is kept.
A task that cannot run on this machine ends with `SKIPPED` and prints the reason last; where
`CI` is set, a skipped check counts as failed. The last line adds up pytest's closing lines.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from shopx_tools import ROOT

SKIPPED: Final = 77
"""Exit code of a check that cannot run here, as in Automake and Meson."""
RUNNER: Final = (sys.executable, "-m", "poethepoet")
_CLOSING: Final = re.compile(
    r"^=*\s*(\d+ (?:passed|failed|error|skipped|deselected).* in [\d.]+s.*?)\s*=*$"
)

_TELLING: Final = re.compile(
    r"\s*(E {3}|FAILED |ERROR |\w*[Ee]rror: |Locator: |Expected|Received|Timeout: )"
)
"""A line of pytest's or Playwright's output that says what is wrong."""
_TOLD: Final = 20
"""Such lines of one check that come again at the end."""


@dataclass(slots=True)
class Report:
    """What the checks of one command found."""

    failed: dict[str, list[str]] = field(default_factory=dict)
    """The names of failed checks, with the lines that say why."""
    closings: list[str] = field(default_factory=list)
    """pytest's closing lines."""
    _printing: threading.Lock = field(default_factory=threading.Lock)

    def check_each(self, names: Sequence[str]) -> None:
        """Run checks side by side."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            # Consuming the results raises what a thread raised.
            list(pool.map(self.check, names))

    def check(self, name: str, *arguments: str, stream: bool = False) -> None:
        """Run one check and print its line; `stream` shows the output as it comes."""
        began = time.monotonic()
        lines = []
        # A task without arguments would take those of the task that runs this.
        environment = {key: value for key, value in os.environ.items() if key != "POE_EXTRA_ARGS"}
        with subprocess.Popen(
            [*RUNNER, name, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                if stream:
                    print(line, end="", flush=True)
                if line.strip():
                    lines.append(line.rstrip())
        seconds = time.monotonic() - began
        with self._printing:
            self._print(name, process.returncode, lines, seconds, shown=stream)

    def _print(
        self, name: str, code: int, lines: Sequence[str], seconds: float, *, shown: bool
    ) -> None:
        if code == SKIPPED:
            print(f"- {name} skipped: {lines[-1] if lines else 'no reason given'}", flush=True)
            if os.environ.get("CI"):
                self.failed[name] = []
            return
        closing = next((m[1] for line in reversed(lines) if (m := _CLOSING.match(line))), None)
        if closing is not None:
            self.closings.append(closing)
        summary = f": {closing}" if closing is not None else ""
        print(f"{'✗' if code else '✓'} {name} ({seconds:.1f} s){summary}", flush=True)
        if code:
            self.failed[name] = [line for line in lines if _TELLING.match(line)][-_TOLD:]
            if not shown:
                print("\n".join(lines), flush=True)

    def end(self) -> int:
        """Print the failed checks and pytest's closing line; returns the exit code."""
        for name, told in self.failed.items():
            for line in told:
                print(f"{name}: {line.strip()}")
        if self.failed:
            print(f"failed: {', '.join(self.failed)}")
        if self.closings:
            print(add_up(self.closings))
        return 1 if self.failed else 0


def add_up(closings: Sequence[str]) -> str:
    """Pytest's closing lines as one: `3 passed, 1 skipped in 4.20s`."""
    counts: dict[str, int] = {}
    seconds = 0.0
    for closing in closings:
        results, _, duration = closing.rpartition(" in ")
        seconds += float(duration.partition("s")[0])
        for result in results.split(", "):
            number, _, what = result.partition(" ")
            what = what.replace("errors", "error").replace("warnings", "warning")
            counts[what] = counts.get(what, 0) + int(number)
    return f"{', '.join(f'{n} {what}' for what, n in counts.items())} in {seconds:.2f}s"


def main(arguments: Sequence[str]) -> int:
    """Run the stages."""
    parser = argparse.ArgumentParser(prog="python -m shopx_tools.checks")
    parser.add_argument("stages", nargs="*", help="names of tasks, joined by commas")
    parser.add_argument("--stream", nargs=argparse.REMAINDER, help="a task and its arguments")
    options = parser.parse_args(arguments)
    report = Report()
    for stage in options.stages:
        report.check_each(stage.split(","))
    if options.stream:
        report.check(*options.stream, stream=True)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
