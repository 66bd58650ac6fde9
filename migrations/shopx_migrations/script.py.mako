"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# Whether the release before works on, right, while this runs and afterwards. False costs an
# upgrade with a maintenance page (docs/operations.md): prefer to expand now and contract later.
COMPATIBLE_WITH_OLDER = True


def upgrade() -> None:
    """Apply."""
    ${upgrades if upgrades else "op.execute(\"\")"}


def downgrade() -> None:
    """Undo."""
    ${downgrades if downgrades else "op.execute(\"\")"}
