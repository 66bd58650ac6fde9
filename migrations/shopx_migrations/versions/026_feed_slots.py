"""Replication slots that feeds have in databases whose changes they follow."""

from alembic import op

revision = "026"
down_revision = "025"
branch_labels = None
depends_on = None

SLOTS = """
create table feed_slots (
    id bigint generated always as identity,
    feed_id bigint,
    name text not null,
    address text not null,
    credential text,
    origin text,
    read_to bigint,
    read_whole_at timestamptz,
    read_whole_why text,
    unread_bytes bigint,
    kept_bytes bigint,
    measured_at timestamptz,
    unused_since timestamptz,
    tried_at timestamptz,
    problem text,
    constraint pk_feed_slots primary key (id),
    constraint uq_feed_slots_feed_id unique (feed_id),
    constraint uq_feed_slots_name unique (name),
    constraint fk_feed_slots_feed_id_feeds foreign key (feed_id)
        references feeds (id) on delete set null
)
"""


def upgrade() -> None:
    """Releases before this one do not read the table."""
    op.execute(SLOTS)


def downgrade() -> None:
    """The slots stay in the shops' databases, and have to be dropped there."""
    op.execute("drop table feed_slots")
