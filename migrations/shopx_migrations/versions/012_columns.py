"""Which builds of the columnar replica belong to this database."""

from alembic import op

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None

# Text where PostgreSQL has a type of its own: a reader compares what the file says, letter by
# letter.
GENERATIONS = """
create table columns_generations (
    id uuid not null,
    snapshot text not null,
    restored_through bigint not null,
    database text not null,
    built_at timestamptz not null,
    rows bigint not null,
    bytes bigint not null,
    seconds double precision not null,
    constraint pk_columns_generations primary key (id)
);
create index ix_columns_generations_built_at on columns_generations (built_at);
"""


def upgrade() -> None:
    """Create the table, empty: without a row in it, PostgreSQL answers everything."""
    op.execute(GENERATIONS)


def downgrade() -> None:
    """Remove it; the files are then of no use to any reader."""
    op.execute("drop table columns_generations")
