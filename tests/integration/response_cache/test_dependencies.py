"""Every table has a slice, and every slice is watched."""

import asyncpg

from shopx_core.caching.dependencies import DependencyTag
from shopx_core.caching.table_dependencies import TABLES

NEVER_CACHED = {
    "alembic_version",
    "columns_generations",
    "feed_events",
    "feed_slots",
    "feeds",
    "import_jobs",
    "import_replacements",
    "reference_changes",
    "replication_mark",
    "schedule_runs",
    "tokens",
    "upload_chunks",
    "uploads",
}
"""What reads these is computed each time: their changes are not observed."""

RELATIONS = """
select relname, relkind = 'm' as is_view from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'm') and not relispartition
"""
TRIGGERS = """
select tgrelid::regclass::text as relation, tgtype, encode(tgargs, 'escape') as arguments
from pg_trigger where tgfoid = 'note_change'::regproc
"""
INSERT, DELETE, UPDATE = 4, 8, 16


async def test_a_new_table_must_be_given_a_slice(pool: asyncpg.Pool) -> None:
    """Or be named here: until then what reads it is computed each time."""
    rows = await pool.fetch(RELATIONS)
    assert {row["relname"] for row in rows} - NEVER_CACHED <= set(TABLES)
    assert not NEVER_CACHED & set(TABLES)


async def test_whatever_changes_without_a_transaction_id_is_watched_by_triggers(
    pool: asyncpg.Pool,
) -> None:
    """Inserts, updates and deletes, under the slice that readers depend on."""
    watched: dict[str, tuple[set[int], set[str]]] = {}
    for row in await pool.fetch(TRIGGERS):
        events, slices = watched.setdefault(row["relation"], (set(), set()))
        events.add(row["tgtype"] & (INSERT | DELETE | UPDATE))
        slices.add(row["arguments"].removesuffix("\\000"))
    relations = {row["relname"]: row["is_view"] for row in await pool.fetch(RELATIONS)}
    for name, part in TABLES.items():
        # The facts carry their transactions; a view changes with its row in matview_refreshes.
        if part in {None, DependencyTag.LEDGER} or relations.get(name, True):
            continue
        assert watched[name] == ({INSERT, UPDATE, DELETE}, {part.value}), name
