"""Products that are no goods: shipping, tax, fees and refunds of imports."""

from alembic import op

revision = "021"
down_revision = "020"
branch_labels = None
depends_on = None

# A constant default writes no row, and the check has nothing to refuse.
KIND = "alter table products add column kind text not null default 'item'"
CHECK = """
-- squawk-ignore constraint-missing-not-valid
alter table products add constraint ck_products_kind
    check (kind in ('item', 'shipping', 'tax', 'fee', 'refund'))
"""


def upgrade() -> None:
    """Releases before this one leave the default: they import items alone."""
    op.execute(KIND)
    op.execute(CHECK)


def downgrade() -> None:
    """Lines of charges stay, as those of products by their names."""
    op.execute("alter table products drop column kind")
