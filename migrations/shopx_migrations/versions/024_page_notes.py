"""What users keep about the pages: saved views, and annotations of days."""

from alembic import op

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None

VIEWS = """
create table saved_views (
    id bigint generated always as identity,
    owner text not null,
    name text not null,
    path text not null,
    is_shared boolean not null,
    saved_at timestamptz not null default now(),
    constraint pk_saved_views primary key (id),
    constraint uq_saved_views_owner_name unique (owner, name)
)
"""
ANNOTATIONS = """
create table annotations (
    id bigint generated always as identity,
    owner text not null,
    author text not null,
    first_day date not null,
    last_day date not null,
    text text not null,
    written_at timestamptz not null default now(),
    constraint pk_annotations primary key (id),
    constraint ck_annotations_days check (first_day <= last_day)
)
"""


def upgrade() -> None:
    """Releases before this one do not read the tables."""
    op.execute(VIEWS)
    op.execute(ANNOTATIONS)


def downgrade() -> None:
    """What users kept is lost."""
    op.execute("drop table annotations")
    op.execute("drop table saved_views")
