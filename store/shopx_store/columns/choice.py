"""Whether a base may answer for a snapshot: pure, so that each refusal is a row of a test."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shopx_store.columns.base import Generation
from shopx_store.query.snapshots import Snapshot


class Refusal(StrEnum):
    """Why PostgreSQL answers."""

    NO_BASE = "no_base"
    """No file is open, or none of the open ones is known to the database."""
    STANDBY = "standby"
    """The reader's snapshot was taken on a standby, which does not list running transactions."""
    RESTORED = "restored"
    """The database was restored, and transaction ids mean nothing yet."""
    AS_OF = "as_of"
    """The snapshot does not see everything that the base holds."""
    BEHIND = "behind"
    """More lines were booked since the base than a tail takes."""
    SERVER = "server"
    """The tail was pulled from another run of the server, or the server cannot be reached."""
    AMOUNTS = "amounts"
    """A line's amount is not held exactly."""
    ORDERS = "orders"
    """The lines of an order disagree, so that orders cannot be counted from them."""
    ROWS = "rows"
    """The answer is made of more rows than a process should hold."""
    FAILED = "failed"
    """DuckDB failed: memory, disk, or a defect."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader's transaction says.

    Attributes:
        as_of: What the answer is to see.
        standby: Whether the server is a standby.
        server: The run of the server (`shopx_store.query.replication`).
        database: Which database of which cluster.
        restored_through: Lines up to this id came with a dump.
        same_cluster: Whether transaction ids mean anything.
        generations: The builds that the transaction sees, by id.
    """

    as_of: Snapshot
    standby: bool
    server: str
    database: str
    restored_through: int
    same_cluster: bool
    generations: Mapping[uuid.UUID, Generation]


def refusal_of_reader(facts: Facts) -> Refusal | None:
    """Why no base at all may answer this reader."""
    if facts.standby:
        return Refusal.STANDBY
    if not facts.same_cluster:
        return Refusal.RESTORED
    return None if facts.generations else Refusal.NO_BASE


def refusal_of_base(facts: Facts, generation: Generation, seen: Snapshot) -> Refusal | None:
    """Why a base may not answer this reader.

    Args:
        facts: The reader's.
        generation: What the file says.
        seen: The file's snapshot.
    """
    belongs = (
        facts.generations.get(generation.id) == generation
        and generation.database == facts.database
        and generation.restored_through == facts.restored_through
    )
    if not belongs:
        return Refusal.NO_BASE
    return None if facts.as_of.contains(seen) else Refusal.AS_OF
