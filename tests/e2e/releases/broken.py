"""A migration that fails half-way."""

from alembic import op

revision = "AFTER"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change something, then meet what was not foreseen."""
    op.execute("alter table orders add column note text")
    op.execute("do $$ begin raise exception 'the ledger has an unforeseen line'; end $$")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table orders drop column note")
