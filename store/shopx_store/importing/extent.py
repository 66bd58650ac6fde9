"""What a snapshot stands for: all orders of its source, or those of some days."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

ALL = "all"
FILES = "files"
_FORMS = "`all`, `files`, or the first and last day, such as 2024-02-01..2024-02-29"


@dataclass(frozen=True, slots=True)
class Extent:
    """The booked orders that a snapshot may take back, by the days they were placed on."""

    of_files: bool = False
    """The days from the first to the last order in the files."""
    first: dt.date | None = None
    last: dt.date | None = None
    """Both of the source's zone; `None` without bound."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `all`, `files` or FIRST..LAST.

        Raises:
            ValueError: The text has another form.
        """
        if text in (ALL, FILES):
            return cls(of_files=text == FILES)
        first, found, last = text.partition("..")
        try:
            extent = cls(
                first=dt.date.fromisoformat(first) if first else None,
                last=dt.date.fromisoformat(last) if last else None,
            )
        except ValueError:
            found = ""
        if not found or text == ".." or (first and last and first > last):
            raise ValueError(f"{text!r} is no extent: {_FORMS}")
        return extent

    def __str__(self) -> str:
        """As a user writes it."""
        if self.of_files:
            return FILES
        if self.first is None and self.last is None:
            return ALL
        return f"{self.first or ''}..{self.last or ''}"
