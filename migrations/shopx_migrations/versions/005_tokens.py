"""API tokens."""

from alembic import op

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None

TOKENS = """
create table tokens (
    id bigint generated always as identity,
    name text not null,
    digest bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint pk_tokens primary key (id),
    constraint uq_tokens_digest unique (digest),
    constraint ck_tokens_digest check (octet_length(digest) = 32),
    constraint ck_tokens_scopes check (
        scopes <@ array['read', 'ingest', 'admin'] and scopes <> '{}'
    )
);
"""


def upgrade() -> None:
    """Create them, empty."""
    op.execute(TOKENS)


def downgrade() -> None:
    """Remove them: every client needs a new token afterwards."""
    op.execute("drop table tokens")
