"""Which generation of rollups the database has, so that a fold of another release leaves them."""

from alembic import op

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Folds of the earlier revision keep working: they fill the same rollups."""
    op.execute("alter table watermark add column generation bigint not null default 1")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table watermark drop column generation")
