"""A migration that the release before cannot live with, and that fails half-way."""

from alembic import op

revision = "AFTER"
down_revision = "HEAD"
branch_labels = None
depends_on = None
COMPATIBLE_WITH_OLDER = False


def upgrade() -> None:
    """Take something away that the release before needs, then meet what was not foreseen."""
    op.execute("alter table orders rename column ordered_at to happened_at")
    op.execute("do $$ begin raise exception 'a line is older than its order'; end $$")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table orders rename column happened_at to ordered_at")
