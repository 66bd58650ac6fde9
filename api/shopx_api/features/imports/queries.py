"""SQL of imports: what was published, and the jobs about imports."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson

from shopx_api.data.connections import none_came
from shopx_api.data.context import Context
from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.errors import Conflict, NotFound, TooManyRequests
from shopx_core.texts import say
from shopx_store.sql import bind, raw, sql

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

Row = dict[str, Any]

OPEN_JOBS: Final = 50
"""Jobs that may wait or run at the same time."""

RUNS: Final = Keyset("imports", (Column("id", "bigint", descending=True),))

_PAGE: Final = """
select r.id, s.name as source, r.published_at, r.mode, r.lines_new as new,
    r.lines_changed as changed, r.lines_missing as missing, r.lines_again as again,
    r.lines_same as same, r.summary, r.inputs, r.mapping, r.undoes, r.xid::text as xid, r.job_id,
    u.id as undone_by, u.published_at as undone_at,
    coalesce((
        select array_agg(b.id order by b.id) from import_runs b
        where r.id = any(b.builds_on) and not exists (
            select from import_runs v where v.undoes = b.id)
    ), '{{}}') as built_upon
from (
    select * from import_runs
    where {after} and ({source} is null
        or source_id = (select n.id from sources n where n.name = {source}))
    order by {order} limit {limit}
) r join sources s on s.id = r.source_id
left join import_runs u on u.undoes = r.id
order by r.id desc
"""
_COUNT: Final = """
select count(*) from import_runs where {source} is null
    or source_id = (select n.id from sources n where n.name = {source})
"""
# An undo books what its import had taken back, and takes back what that had booked: so all add up.
_SOURCES: Final = """
select s.name, count(r.id) filter (where r.undoes is null and u.id is null) as imports,
    coalesce(sum(r.lines_new + r.lines_again - r.lines_missing), 0) as lines,
    max(r.published_at) filter (where r.undoes is null and u.id is null) as last_at
from sources s left join import_runs r on r.source_id = s.id
left join import_runs u on u.undoes = r.id
group by s.name order by last_at desc nulls last, s.name limit 200
"""

_JOB_COLUMNS: Final = """
id, kind, state, file_name, created_by, created_at, step, done, total, rows_read, result, error,
rejects is not null as has_rejects
"""
_JOB: Final = f"select {_JOB_COLUMNS} from import_jobs where id = $1"
_REJECTS: Final = "select rejects from import_jobs where id = $1"
# What a feed's attempts before its newest came to is over: it failed and then succeeded, or again.
_OPEN: Final = f"""
select {_JOB_COLUMNS} from import_jobs
where kind in ('import', 'undo', 'demo') and (state in ('queued', 'running')
    or finished_at > now() - interval '1 day' and (feed_id is null or id in (
        select max(id) from import_jobs where finished_at is not null group by feed_id)))
order by id desc limit $1
"""
_BUSY: Final = "select count(*) from import_jobs where state in ('queued', 'running')"
_TOUCH: Final = "update uploads set touched_at = now() where id = $1 returning name"
_ADD: Final = """
insert into import_jobs (kind, upload_id, file_name, request, request_key, created_by)
values ($1, $2, $3, $4, $5, $6) on conflict (request_key) do nothing returning id
"""
_SAME: Final = (
    "select id, kind, request = $2::jsonb as same from import_jobs where request_key = $1"
)
_RUN_SOURCE: Final = """
select s.name from import_runs r join sources s on s.id = r.source_id where r.id = $1
"""


async def runs(
    data: OperationData, source: str | None, *, first: int, after: Key | None
) -> list[Row]:
    """A page of runs, the newest first; one more than `first` where there are more."""
    query = sql(
        _PAGE,
        after=RUNS.after(after),
        order=RUNS.order_by,
        limit=bind(first + 1, "bigint"),
        source=bind(source, "text"),
    )
    rows = await data.fetch(query.reading(DependencyTag.LEDGER, DependencyTag.CATALOGUE))
    return [dict(row) for row in rows]


async def count_runs(data: OperationData, source: str | None) -> int:
    """Count the runs on all pages."""
    query = sql(_COUNT, source=bind(source, "text"))
    rows = await data.fetch(query.reading(DependencyTag.LEDGER, DependencyTag.CATALOGUE))
    return int(rows[0][0])


async def sources(data: OperationData) -> list[Row]:
    """Every source with its imports, that of the newest import first."""
    tags = (DependencyTag.LEDGER, DependencyTag.CATALOGUE)
    return [dict(row) for row in await data.fetch(raw(_SOURCES).reading(*tags))]


@asynccontextmanager
async def primary(context: Context) -> AsyncIterator["Connection"]:
    """A connection to the primary, past the operation's snapshot.

    Raises:
        TooManyRequests: None is free in time.
        Unavailable: The database accepts none.
    """
    writes, seconds = context.services.writes, context.services.settings.database.acquire_timeout
    try:
        # It is also the time limit of giving the connection back.
        connection = await writes.acquire(timeout=seconds)
    except TimeoutError:
        busy = TooManyRequests(
            say("request.writes-busy", "Every connection for writes is busy."),
            hint=say("again.in-moment", "Try again in a moment."),
        )
        raise none_came(writes, busy) from None
    try:
        yield connection
    finally:
        await writes.release(connection)


async def job(connection: "Connection", number: int) -> Row:
    """A job, without its rejected rows.

    Raises:
        NotFound: There is none with this id, or it was removed.
    """
    row = await connection.fetchrow(_JOB, number)
    if row is None:
        raise NotFound(
            say("import.such-job", "There is no such job."),
            hint=say(
                "import.jobs-removed-some-days", "Jobs are removed some days after they ended."
            ),
        )
    return dict(row)


async def rejects(connection: "Connection", number: int) -> str | None:
    """A job's rejected rows as CSV; `None` without."""
    listed: str | None = await connection.fetchval(_REJECTS, number)
    return listed


async def open_jobs(connection: "Connection", first: int) -> list[Row]:
    """The imports and undos of the last day and those under way, the newest first.

    Of each feed its newest attempt that ended is among them, and not those before.
    """
    return [dict(row) for row in await connection.fetch(_OPEN, first)]


async def add_job(
    connection: "Connection",
    kind: str,
    request: Mapping[str, Any],
    *,
    upload: uuid.UUID | None = None,
    key: str | None = None,
    by: str,
) -> int:
    """Add a job, which a worker will do; returns its number.

    Args:
        connection: For writes.
        kind: inspect, check, import, undo or demo.
        request: What to do; see `shopx_store.importing.job_run`.
        upload: The file.
        key: The caller's, with which the same request again is the same job.
        by: The caller's name.

    Raises:
        NotFound: There is no such upload.
        Conflict: Another request has the key.
        TooManyRequests: Too many jobs wait.
    """
    name = None
    if upload is not None:
        name = await connection.fetchval(_TOUCH, upload)
        if name is None:
            raise NotFound(
                say("upload.none", "There is no such upload."),
                hint=say("upload.again", "Upload the file again."),
            )
    if await connection.fetchval(_BUSY) >= OPEN_JOBS:
        raise TooManyRequests(
            say(
                "import.jobs-wait-run-already",
                "{open_jobs} jobs wait or run already.",
                open_jobs=OPEN_JOBS,
            ),
            hint=say("import.wait-until-some-done", "Wait until some are done."),
        )
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS).decode()
    added = await connection.fetchval(_ADD, kind, upload, name, text, key, by)
    if added is not None:
        return int(added)
    row = await connection.fetchrow(_SAME, key, text)
    if row is None or row["kind"] != kind or not row["same"]:
        raise Conflict(
            say(
                "import.another-request-had-idempotency",
                "Another request had this idempotency key.",
            ),
            hint=say("import.choose-another-key", "Choose another key."),
        )
    return int(row["id"])


async def source_of_run(connection: "Connection", number: int) -> str:
    """The source of an import.

    Raises:
        NotFound: There is none with this id.
    """
    name: str | None = await connection.fetchval(_RUN_SOURCE, number)
    if name is None:
        raise NotFound(say("import.such-import", "There is no such import."))
    return name
