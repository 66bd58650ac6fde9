"""Imports can be taken back: which lines they booked, and what they replaced, is noted."""

from alembic import op

revision = "020"
down_revision = "018"
branch_labels = None
depends_on = None

COLUMNS = """
alter table import_runs
    add column xid xid8,
    add column first_line bigint,
    add column last_line bigint,
    add column builds_on bigint[],
    add column inputs jsonb,
    add column mapping text,
    add column undoes bigint
"""
# Imports write a row each: indexing them takes no time.
TAKEN_BACK_ONCE = """
-- squawk-ignore require-concurrent-index-creation
create unique index ix_import_runs_undoes on import_runs (undoes)
"""
REPLACEMENTS = """
create table import_replacements (
    run_id bigint not null,
    relation text not null,
    row_key text not null,
    before jsonb not null,
    after jsonb not null,
    constraint pk_import_replacements primary key (run_id, relation, row_key),
    constraint fk_import_replacements_run_id_import_runs foreign key (run_id)
        references import_runs (id)
)
"""
DROP = """
-- squawk-ignore ban-drop-constraint
alter table import_runs drop constraint ck_import_runs_mode
"""
ADD = """
-- squawk-ignore constraint-missing-not-valid
alter table import_runs add constraint ck_import_runs_mode
    check (mode in ('append', 'replace', 'snapshot', 'seed', 'undo'))
"""


def upgrade() -> None:
    """Releases before this one leave the columns empty: their imports cannot be taken back."""
    op.execute(COLUMNS)
    op.execute(TAKEN_BACK_ONCE)
    op.execute(REPLACEMENTS)
    op.execute(DROP)
    op.execute(ADD)


def downgrade() -> None:
    """What was taken back stays so, for that is in the ledger; it is kept as a replacing import."""
    op.execute("drop table import_replacements")
    op.execute(DROP)
    op.execute("update import_runs set mode = 'replace' where mode = 'undo'")
    op.execute(ADD.replace(", 'undo'", ""))
    op.execute("drop index ix_import_runs_undoes")
    for name in ("xid", "first_line", "last_line", "builds_on", "inputs", "mapping", "undoes"):
        op.execute(f"alter table import_runs drop column {name}")
