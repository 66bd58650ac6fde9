"""Imports may replace the orders that their files have."""

from alembic import op

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None

DROP = "alter table import_runs drop constraint ck_import_runs_mode"
# The table has one row an import: checking them takes no time.
ADD = """
alter table import_runs add constraint ck_import_runs_mode
    check (mode in ('append', 'replace', 'snapshot', 'seed'))
"""


def upgrade() -> None:
    """Releases before this one write no such run, and read its mode nowhere."""
    op.execute(DROP)
    # squawk-ignore constraint-missing-not-valid
    op.execute(ADD)


def downgrade() -> None:
    """What was replaced was also added: the runs are kept as additions."""
    op.execute(DROP)
    op.execute("update import_runs set mode = 'append' where mode = 'replace'")
    # squawk-ignore constraint-missing-not-valid
    op.execute(ADD.replace("'replace', ", ""))
