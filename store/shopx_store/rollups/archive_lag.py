"""How far the archive of the write-ahead log is behind, as PostgreSQL itself reports it."""

import psycopg

# A segment that is not finished waits for nothing. Names order segments on one timeline, and a
# later timeline's are greater.
_QUERY = """
    select case
        when current_setting('archive_mode') = 'off' then null
        when pg_is_in_recovery() then null
        when stats.failed_at > coalesce(stats.archived_at, '-infinity')
            or coalesce(stats.archived, '') < pg_walfile_name(pg_current_wal_lsn() - 16777216)
        then extract(epoch from now() - coalesce(stats.archived_at, stats.since))
        else 0
    end::float8
    from (
        select substr(last_archived_wal, 1, 24) archived, last_archived_time archived_at,
            last_failed_time failed_at, greatest(stats_reset, pg_postmaster_start_time()) since
        from pg_stat_archiver
    ) stats
"""


def archive_lag(connection: psycopg.Connection) -> float | None:
    """Seconds since a segment last reached the archive, while finished ones wait; 0 = none waits.

    Returns:
        `None` = nothing is archived here.
    """
    row = connection.execute(_QUERY).fetchone()
    return row[0] if row is not None else None
