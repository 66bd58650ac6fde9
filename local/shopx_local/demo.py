"""Generated sales for a manifest that asks for a demonstration."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from shopx_core.resource.v1beta1.upkeep import Demo

STALE_AFTER = dt.timedelta(days=2)
"""The age from which the missing last days are worth a note."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """A seeding that was begun; another attempt must have the same terms to complete it."""

    orders: int
    random_seed: int
    end: str
    """The first instant without generated sales, ISO 8601."""
    done: bool = False

    def words(self) -> list[str]:
        """The arguments of `shopx seed`."""
        return [
            "--orders",
            str(self.orders),
            "--seed",
            str(self.random_seed),
            "--to",
            self.end,
        ]


def load(path: Path) -> Seeding | None:
    """The stored seeding; `None` = none was begun."""
    try:
        return Seeding(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def store(path: Path, seeding: Seeding) -> None:
    """Store a seeding; an interrupted write counts as none."""
    path.write_text(json.dumps(asdict(seeding)), encoding="utf-8")


def decide(
    demo: Demo | None, begun: Seeding | None, *, has_sales: bool, now: dt.datetime
) -> Seeding | None:
    """The seeding to run now; `None` = none.

    Args:
        demo: The manifest's `spec.demo`.
        begun: The seeding of an earlier run.
        has_sales: Whether the database has any sales.
        now: The present instant.
    """
    if begun is not None:
        return None if begun.done else begun
    if demo is None or not demo.orders or has_sales:
        return None
    return Seeding(demo.orders, demo.random_seed, now.replace(microsecond=0).isoformat())


def is_stale(begun: Seeding | None, now: dt.datetime) -> bool:
    """Whether the generated sales ended too long ago."""
    return begun is not None and now - dt.datetime.fromisoformat(begun.end) > STALE_AFTER


def has_sales(dsn: str) -> bool:
    """Whether a database has any order."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select exists (select from orders)").fetchone()
    return bool(row and row[0])
