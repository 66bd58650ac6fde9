"""A row by which replicas prove what they have of the leader."""

from alembic import op

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None

# The row is replaced each second: room for its versions on one page, where they are pruned.
MARK = """
create table replication_mark (
    singleton boolean not null default true,
    server text not null,
    snapshot text not null,
    xid xid8 not null,
    at timestamptz not null,
    constraint pk_replication_mark primary key (singleton),
    constraint ck_replication_mark_singleton check (singleton)
) with (fillfactor = 10)
"""


def upgrade() -> None:
    """Releases before this one do not read the table."""
    op.execute(MARK)


def downgrade() -> None:
    """Without it reads go to the leader."""
    op.execute("drop table replication_mark")
