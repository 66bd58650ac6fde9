"""Reports and alerts that are sent on a schedule, and what was sent."""

from alembic import op

revision = "023"
down_revision = "022"
branch_labels = None
depends_on = None

REPORTS = """
create table reports (
    id bigint generated always as identity,
    name text not null,
    page text not null,
    panels text[] not null,
    preset text not null,
    comparison text not null,
    filters jsonb not null,
    zone text,
    formats text[] not null,
    channel text not null,
    targets text[] not null,
    schedule text not null,
    metric text,
    condition text,
    threshold numeric,
    paused boolean not null default false,
    created_by text not null,
    created_at timestamptz not null default now(),
    scheduled_until timestamptz not null default now(),
    condition_met boolean,
    problem text,
    constraint pk_reports primary key (id),
    constraint ck_reports_channel check (channel in ('email', 'slack', 'webhook')),
    constraint ck_reports_alert check (
        (metric is null) = (condition is null) and (metric is null) = (threshold is null)
    )
)
"""
DELIVERIES = """
create table report_deliveries (
    id bigint generated always as identity,
    key uuid not null default gen_random_uuid(),
    report_id bigint not null,
    due_at timestamptz not null,
    target text not null,
    state text not null default 'waiting',
    claim bigint not null default 0,
    attempts bigint not null default 0,
    next_attempt_at timestamptz not null default now(),
    finished_at timestamptz,
    observed text,
    detail text,
    constraint pk_report_deliveries primary key (id),
    constraint uq_report_deliveries_report_id_due_at_target unique (report_id, due_at, target),
    constraint fk_report_deliveries_report_id_reports foreign key (report_id)
        references reports (id) on delete cascade,
    constraint ck_report_deliveries_state check (
        state in ('waiting', 'preparing', 'sending', 'sent', 'failed', 'unknown')
    )
)
"""
OPEN = """
-- squawk-ignore require-concurrent-index-creation
create index ix_report_deliveries_open on report_deliveries (next_attempt_at)
    where state in ('waiting', 'preparing', 'sending')
"""


def upgrade() -> None:
    """Create them, empty."""
    op.execute(REPORTS)
    op.execute(DELIVERIES)
    op.execute(OPEN)


def downgrade() -> None:
    """Remove them: nothing is sent any more, and what was sent is forgotten."""
    op.execute("drop table report_deliveries")
    op.execute("drop table reports")
