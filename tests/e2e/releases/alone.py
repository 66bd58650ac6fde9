"""A migration that the release before cannot live with: it takes the ledger away for a while."""

from alembic import op

revision = "AFTER"
down_revision = "HEAD"
branch_labels = None
depends_on = None
COMPATIBLE_WITH_OLDER = False


def upgrade() -> None:
    """Whoever reads or writes meanwhile waits, or fails."""
    op.execute("lock table orders, order_items in access exclusive mode")
    op.execute("alter table orders add column note text")
    op.execute("select pg_sleep(6)")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table orders drop column note")
