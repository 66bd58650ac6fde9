"""A migration that must run alone: it locks the ledger for some seconds."""

from alembic import op

revision = "AFTER"
down_revision = "HEAD"
branch_labels = None
depends_on = None
COMPATIBLE_WITH_OLDER = False


def upgrade() -> None:
    """Reads and writes wait meanwhile, or fail."""
    op.execute("lock table orders, order_items in access exclusive mode")
    op.execute("alter table orders add column note text")
    op.execute("select pg_sleep(6)")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table orders drop column note")
