"""Sources that are read again on a schedule, and events that shop systems send."""

from alembic import op

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None

FEEDS = """
create table feeds (
    id bigint generated always as identity,
    name text not null,
    address text not null,
    source text not null,
    mapping text not null,
    schedule text,
    zone text,
    credential text,
    paused boolean not null default false,
    created_by text not null,
    created_at timestamptz not null default now(),
    scheduled_until timestamptz not null default now(),
    position jsonb not null default '{}',
    strict boolean not null default false,
    attempted_at timestamptz,
    succeeded_at timestamptz,
    failures integer not null default 0,
    next_attempt_at timestamptz,
    problem jsonb,
    last_run bigint,
    refused bigint not null default 0,
    refused_at timestamptz,
    constraint pk_feeds primary key (id),
    constraint uq_feeds_name unique (name)
)
"""
EVENTS = """
create table feed_events (
    id bigint generated always as identity,
    feed_id bigint not null,
    digest bytea not null,
    body bytea,
    received_at timestamptz not null default now(),
    subject text,
    changed_at timestamptz,
    booked_at timestamptz,
    problem text,
    constraint pk_feed_events primary key (id),
    constraint uq_feed_events_feed_id_digest unique (feed_id, digest),
    constraint fk_feed_events_feed_id_feeds foreign key (feed_id)
        references feeds (id) on delete cascade
)
"""
WAITING = """
-- squawk-ignore require-concurrent-index-creation
create index ix_feed_events_waiting on feed_events (feed_id, id)
    where booked_at is null and problem is null
"""
SUBJECT = """
-- squawk-ignore require-concurrent-index-creation
create index ix_feed_events_subject on feed_events (feed_id, subject, changed_at)
"""
JOBS = "alter table import_jobs add column feed_id bigint"
FEED = """
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
alter table import_jobs add constraint fk_import_jobs_feed_id_feeds foreign key (feed_id)
    references feeds (id) on delete cascade
"""
# Jobs are few, and are removed after some days.
ONE_JOB = """
-- squawk-ignore require-concurrent-index-creation
create unique index ix_import_jobs_open_feed on import_jobs (feed_id)
    where state in ('queued', 'running')
"""
ALL_JOBS = """
-- squawk-ignore require-concurrent-index-creation
create index ix_import_jobs_feed_id on import_jobs (feed_id)
"""


def upgrade() -> None:
    """Releases before this one do not read the tables."""
    for statement in (FEEDS, EVENTS, WAITING, SUBJECT, JOBS, FEED, ONE_JOB, ALL_JOBS):
        op.execute(statement)


def downgrade() -> None:
    """What was imported stays; what is read on a schedule is forgotten."""
    op.execute("drop index ix_import_jobs_feed_id")
    op.execute("drop index ix_import_jobs_open_feed")
    op.execute("alter table import_jobs drop column feed_id")
    op.execute("drop table feed_events")
    op.execute("drop table feeds")
