"""What the commands of imports share: the progress on a terminal, and refreshing the views."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import ShopxError
from shopx_core.settings import DatabaseSettings
from shopx_store.commands.progress import Bar
from shopx_store.connection import connect
from shopx_store.matviews.refresh import refresh


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        rows = int(task.fields.get("rows", 0))
        elapsed = task.elapsed or 0
        rate = f"{rows / elapsed:,.0f}/s" if elapsed > 1 else ""
        return Text(f"{rows:,} rows {rate}".rstrip())


class ImportBar(Bar):
    """Shows the progress of an import, on a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console,
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task("", total=None)
        self._rows = 0

    def reading(self, label: str, total: int) -> None:
        """A file or table begins."""
        self._begin(f"read {Path(label).name}", total)

    def read(self, done: int, rows: int) -> None:
        """`done` units of it were read."""
        self._progress.update(self._task, completed=done, rows=rows)
        self._rows = rows

    def step(self, name: str) -> None:
        """A step of publishing begins, of unknown duration."""
        self._begin(name, None)

    def _begin(self, description: str, total: int | None) -> None:
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(description, total=total, rows=self._rows)


def refresh_views(database: DatabaseSettings) -> Iterator[str]:
    """Recompute the materialized views, so that none shows the sales before the import as facts.

    Yields:
        Why a view stays as it was until its schedule; the import is published in any case.
    """
    try:
        with connect(database, "shopx import") as connection:
            for view in MATVIEWS:
                try:
                    refresh(connection, view)
                except ShopxError as error:
                    yield f"The view {view} was not refreshed: {error}"
    except ShopxError as error:
        yield f"The views were not refreshed: {error}"
