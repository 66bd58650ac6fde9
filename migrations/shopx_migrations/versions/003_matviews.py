"""Materialized views (L2): what is heavy to compute and slow to change."""

from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

# The rate of the day: the newest at or before it. A missing rate must stop the query: a sum that
# leaves an amount out looks like a total.
RATE_OF = """
create function rate_of(code text, at date) returns numeric language plpgsql stable as $$
declare
    found_rate numeric;
begin
    select rate into found_rate from rates
    where currency = code and day <= at order by day desc limit 1;
    if found_rate is null then
        raise exception 'no rate of % for %', code, at
            using errcode = 'SX001', hint = 'Add a row to "rates" for that day or an earlier one.';
    end if;
    return found_rate;
end $$;
"""

REFRESHES = """
create table matview_refreshes (
    view text not null,
    as_of timestamptz not null,
    finished_at timestamptz not null,
    seconds double precision not null,
    constraint pk_matview_refreshes primary key (view)
);
"""


def upgrade() -> None:
    """Create them."""
    op.execute(RATE_OF)
    op.execute(REFRESHES)


def downgrade() -> None:
    """Remove them."""
    op.execute("drop table matview_refreshes")
    op.execute("drop function rate_of")
