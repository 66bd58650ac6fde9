"""How revenue spreads over customers: what share of it the best customers make."""

from alembic import op

revision = "011"
down_revision = "010"
branch_labels = None
depends_on = None

SALE_LINE = """case when i.kind = 'sale' then 1
            when i.kind in ('correction', 'void') and i.reverses is not null
                and not i.is_return then -1
            else 0 end"""

# The 365 local days that end with the day of the newest sale, as far as it survives. Equal revenues
# may be in any order: sums over the first customers are the same.
CONCENTRATION = f"""
create materialized view mv_customer_concentration as
with terms as (
    select timezone as zone, currency as reporting from reporting
), newest as (
    select i.booked_at from order_items i where not i.is_return
    group by i.booked_at having sum({SALE_LINE}) > 0
    order by i.booked_at desc limit 1
), span as (
    select ((n.booked_at at time zone t.zone)::date - 364)::timestamp at time zone t.zone as start,
        ((n.booked_at at time zone t.zone)::date + 1)::timestamp at time zone t.zone as stop
    from newest n cross join terms t
), documents as (
    select i.customer_id, i.order_id, (i.booked_at at time zone t.zone)::date as day, i.currency,
        sum({SALE_LINE}) > 0 as counts,
        sum(i.gross - i.discount) as revenue
    from order_items i cross join terms t
    where i.customer_id is not null
        and i.booked_at >= (select start from span) and i.booked_at < (select stop from span)
    group by 1, 2, 3, 4
), buyers as (
    select d.customer_id, sum(d.revenue * r.rate) as revenue
    from documents d cross join terms t
    cross join lateral (
        select case when d.currency = t.reporting then 1 else rate_of(d.currency, d.day) end as rate
    ) r
    group by 1 having bool_or(d.counts)
), ranked as (
    select row_number() over best as place, sum(revenue) over best as revenue,
        count(*) over () as customers
    from buyers
    window best as (order by revenue desc rows unbounded preceding)
)
select p.percent::smallint as percent, r.place as customers, r.revenue
from generate_series(1, 100) p (percent)
join ranked r on r.place = (r.customers * p.percent + 99) / 100;
-- The view is new: nothing waits for its index.
-- squawk-ignore require-concurrent-index-creation
create unique index uq_mv_customer_concentration on mv_customer_concentration (percent);
comment on materialized view mv_customer_concentration is
    'For 1 to 100 percent of the customers with an order in the 365 days up to the newest sale, '
    'the best first: how many they are (rounded up) and their revenue of those days.';
"""


def upgrade() -> None:
    """Releases before this one do not know the view and never refresh it."""
    op.execute(CONCENTRATION)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop materialized view mv_customer_concentration")
    op.execute("delete from matview_refreshes where view = 'mv_customer_concentration'")
