"""Runs of imports."""

from alembic import op

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None

RUNS = """
create table import_runs (
    id bigint generated always as identity,
    source_id bigint not null,
    published_at timestamptz not null default now(),
    mode text not null,
    content_fields text not null,
    lines_new bigint not null,
    lines_changed bigint not null,
    lines_missing bigint not null,
    lines_again bigint not null,
    lines_same bigint not null,
    summary jsonb not null,
    constraint pk_import_runs primary key (id),
    constraint ck_import_runs_mode check (mode in ('append', 'snapshot', 'seed')),
    constraint fk_import_runs_source_id_sources foreign key (source_id) references sources (id)
);
create index ix_import_runs_source_id_id on import_runs (source_id, id);
"""


def upgrade() -> None:
    """Create the table, empty; staging needs none, for its tables are temporary."""
    op.execute(RUNS)


def downgrade() -> None:
    """Remove it: imports stay idempotent, for that rests on the ledger's identities."""
    op.execute("drop table import_runs")
