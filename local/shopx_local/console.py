"""The terminal output: one line for each step, and the processes' lines with a coloured prefix."""

import os
import sys
from typing import TextIO

from shopx_core.logging import redact_text

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_WIDTH = 9


class Console:
    """Writes lines to a stream; colours only on a terminal, and never when NO_COLOR is set."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._stream = stream or sys.stderr
        self._colour = (
            self._stream.isatty() and "NO_COLOR" not in os.environ if colour is None else colour
        )
        self._seen: dict[str, int] = {}

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            # The reader is gone (a closed terminal, `| head`); the dashboard continues.
            self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 -- kept open in place of the lost stream

    def step(self, text: str) -> None:
        """Report a finished step."""
        self._write(f"{self._paint('✓', 32)} {redact_text(text)}")

    def note(self, text: str) -> None:
        """Report something worth knowing."""
        self._write(f"{self._paint('•', 34)} {redact_text(text)}")

    def warn(self, text: str) -> None:
        """Report something wrong."""
        self._write(f"{self._paint('!', 33)} {redact_text(text)}")

    def line(self, text: str = "") -> None:
        """Write plain text, such as the summary."""
        self._write(redact_text(text))

    def process_line(self, name: str, text: str) -> None:
        """Write one line of a process."""
        component = name.partition(".")[0]
        colour = _COLOURS[self._seen.setdefault(component, len(self._seen)) % len(_COLOURS)]
        self._write(f"{self._paint(f'{name:<{_WIDTH}}│', colour)} {redact_text(text)}")
