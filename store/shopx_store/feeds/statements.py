"""SQL of feeds, for both drivers; parameters are numbered: `$1`."""

from typing import Any, Final

from shopx_core.domain.feeds import Definition, checked
from shopx_core.resource import cron
from shopx_core.texts import dumps, say

_DEFINED: Final = "name, address, source, mapping, schedule, zone, credential"
_READ: Final = f"""
select f.id, {", ".join(f"f.{name}" for name in _DEFINED.split(", "))}, f.paused, f.created_by,
f.created_at, f.attempted_at, f.succeeded_at, f.failures, f.next_attempt_at, f.problem, f.last_run,
f.refused, f.refused_at, e.waiting, e.waiting_since, e.unreadable, e.unreadable_why,
(select max(j.id) from import_jobs j where j.feed_id = f.id and j.state in ('queued', 'running'))
    as open_job,
(select u.id from import_runs u where u.undoes = f.last_run) as undone_by,
s.name as slot, s.unread_bytes, s.kept_bytes, s.measured_at, s.read_whole_at, s.read_whole_why
from feeds f left join feed_slots s on s.feed_id = f.id cross join lateral (
    select count(*) filter (where problem is null) as waiting,
        min(received_at) filter (where problem is null) as waiting_since,
        count(problem) as unreadable, max(problem) as unreadable_why
    from feed_events where feed_id = f.id and (booked_at is null or problem is not null)) e
"""
# It is read at once, and then on its schedule.
ADD: Final = f"""
insert into feeds ({_DEFINED}, created_by, next_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, now())
on conflict (name) do nothing returning id
"""
# What was read by another definition says nothing about what this one has read, so it reads anew.
# The slot is dropped where the definition before says.
REPLACE: Final = """
with replaced as (
    update feeds f set address = $2, source = $3, mapping = $4, schedule = $5, zone = $6,
        credential = $7, created_by = $8, next_attempt_at = now(), paused = false, position = '{}',
        strict = false, failures = 0, problem = null, last_run = null
    where name = $1 and (schedule is null) = ($5::text is null) and not exists (
        select from import_jobs j where j.feed_id = f.id and j.state in ('queued', 'running'))
    returning id
), detached as (
    update feed_slots set feed_id = null where feed_id in (select id from replaced)
)
select id from replaced
"""
LIST: Final = f"{_READ} order by f.name"
ONE: Final = f"{_READ} where f.name = $1"
SAME_SOURCE: Final = "select name, address, mapping from feeds where source = $1 order by name"
COUNT: Final = "select count(*) as feeds from feeds"
# After its last import was taken back, a feed goes on with what changes from now on: without the
# overlap, which would book a part of it again. One that follows changes reads everything, also
# where its slot is not dropped yet.
PAUSE: Final = f"""
with resumed as (
    update feed_slots s set read_to = null, read_whole_at = null,
        read_whole_why = '{dumps(say("slot.paused", "the feed was paused"))}'
    from feeds f where f.id = s.feed_id and f.name = $1 and f.paused and not $2
        and s.read_to is not null
)
update feeds f set paused = $2,
    scheduled_until = case when paused and not $2 then now() else scheduled_until end,
    next_attempt_at = case when paused and not $2 then null else next_attempt_at end,
    failures = case when paused and not $2 then 0 else failures end,
    problem = case when paused and not $2 then null else problem end,
    strict = strict or exists (select from import_runs u where u.undoes = f.last_run),
    last_run = case when exists (select from import_runs u where u.undoes = f.last_run) and not $2
        then null else last_run end
where name = $1 returning id
"""
PULL: Final = "update feeds set next_attempt_at = now() where name = $1 and not paused returning id"
SLOTS_LEFT: Final = """
select name, address, problem from feed_slots where feed_id is null and problem is not null
order by id
"""
REMOVE: Final = "delete from feeds where name = $1 returning id"


def values(definition: Definition, author: str) -> list[Any]:
    """The parameters of `ADD`, and of `REPLACE`."""
    return [
        definition.name,
        definition.address,
        definition.source,
        definition.mapping,
        definition.schedule,
        definition.zone,
        definition.credential,
        author,
    ]


def kept(definition: Definition) -> Definition:
    """Return a definition that can be kept.

    Raises:
        InvalidInput: A part of it is not valid; the message says which.
    """
    if definition.schedule is not None:
        cron.check(definition.schedule)
    return checked(definition)
