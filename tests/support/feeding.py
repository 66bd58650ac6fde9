"""A ledger with feeds, which a test reads instead of a worker."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shopx_core.domain.feeds import Definition
from shopx_core.jobs import RunImportJob
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.feeds import queue, statements
from shopx_store.importing.runs import list_runs
from shopx_workers.tasks import run_import_job


@dataclass
class Shop:
    """A ledger with feeds, which are read here instead of by a worker."""

    dsn: str
    settings: Settings

    def add(self, **given: Any) -> str:
        """Add a feed; returns its name."""
        defaults = {"name": "shop", "source": "shop", "schedule": "0 6 * * *"}
        definition = statements.kept(Definition(**(defaults | given)))
        assert self.run(statements.ADD, *statements.values(definition, "test"))
        return definition.name

    def run(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one of the statements."""
        with connect(self.settings.database, "test") as connection:
            cursor = psycopg.RawCursor(connection, row_factory=dict_row)
            return cursor.execute(statement, values).fetchall()

    def row(self, name: str = "shop") -> dict[str, Any]:
        """A feed as it is."""
        (row,) = self.run(statements.ONE, name)
        return row

    def pull(self, name: str = "shop") -> dict[str, Any]:
        """Read a feed now; returns it as it is then."""
        self.do(self.ask(name))
        return self.row(name)

    def ask(self, name: str = "shop") -> int:
        """Ask for an attempt now; returns its job."""
        self.run(statements.PULL, name)
        with connect(self.settings.database, "test") as connection:
            made = queue.enqueue_due(connection, lambda *_: False)
        assert len(made) == 1
        return made[0]

    def do(self, job: int) -> dict[str, Any]:
        """Do a job as a worker does."""
        with connect(self.settings.database, "test") as connection:
            return run_import_job.run(connection, RunImportJob(id=job), self.settings)

    def pause(self, name: str = "shop", *, paused: bool) -> None:
        """Pause or resume a feed."""
        assert self.run(statements.PAUSE, name, paused)

    def runs(self) -> list[Any]:
        """The imports, the newest first."""
        with connect(self.settings.database, "test") as connection:
            return list_runs(connection, None, 50)
