"""Materialized views (L2): what is heavy to compute and slow to change.

They read the ledger itself, so they owe nothing to the rollups. Each has a unique index, which
REFRESH … CONCURRENTLY needs. Money is in the reporting currency at the rates of the day, days and
months are of the reporting zone: after a change of `reporting` they want a refresh.

A sale line survives while it is not taken back wholly by a correction or a void; an order counts
while one of its sale lines survives.
"""

from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

# The rate of the day: the newest at or before it. A missing rate must stop the query: a sum that
# leaves an amount out looks like a total. REFRESH runs functions with an empty search_path, hence
# the function's own; callers ask for foreign currencies only, since a call costs more than a sum.
RATE_OF = """
create function rate_of(code text, at date) returns numeric language plpgsql stable
parallel safe set search_path from current as $$
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
    -- What the refresh saw, so that `shopx verify` can recompute exactly that.
    snapshot text not null,
    constraint pk_matview_refreshes primary key (view)
);
"""

SALE_LINE = """case when i.kind = 'sale' then 1
            when i.kind in ('correction', 'void') and i.reverses is not null
                and not i.is_return then -1
            else 0 end"""

# One row for each document, day and currency of a customer. A sale and what corrects or voids it
# share the day, so `sale_lines` is right within the row; returns have their own days.
DOCUMENTS = f"""
terms as (
    select timezone as zone, currency as reporting from reporting
), documents as (
    select i.customer_id, i.order_id, (i.booked_at at time zone t.zone)::date as day, i.currency,
        max(i.booked_at) filter (where i.kind = 'sale') as ordered_at,
        sum({SALE_LINE}) > 0 as counts,
        sum(case when i.is_return then 0 else i.gross - i.discount end) as spent,
        sum(i.gross - i.discount) as revenue,
        sum(i.gross - i.discount - i.cost) as profit
    from order_items i cross join terms t
    where i.customer_id is not null
    group by 1, 2, 3, 4
), days as (
    select d.customer_id, d.day,
        count(*) filter (where d.counts) as orders,
        max(d.ordered_at) filter (where d.counts) as last_order_at,
        sum(d.spent * r.rate) filter (where d.counts) as spent,
        sum(d.revenue * r.rate) as revenue,
        sum(d.profit * r.rate) as profit
    from documents d cross join terms t
    cross join lateral (
        select case when d.currency = t.reporting then 1 else rate_of(d.currency, d.day) end as rate
    ) r
    group by 1, 2
)"""

# The score of a value is 1 + the whole fifths of all customers that have less: what breaks at the
# nearest ranks of 20, 40, 60 and 80 % give, in integers, so equal values score alike. Recency ranks
# the age of the last order the same way, where less is better. Segments by recency (rows 1 to 5)
# and by the mean of frequency and monetary score, rounded half up (columns 1 to 5).
RFM = f"""
create materialized view mv_customer_rfm as
with {DOCUMENTS}, lives as (
    select customer_id, max(last_order_at) as last_order_at, sum(orders)::bigint as orders,
        sum(revenue) as revenue
    from days group by customer_id having sum(orders) > 0
), scored as (
    select *,
        5 - 5 * (rank() over (order by last_order_at desc) - 1) / count(*) over () as r,
        1 + 5 * (rank() over (order by orders) - 1) / count(*) over () as f,
        1 + 5 * (rank() over (order by revenue) - 1) / count(*) over () as m
    from lives
)
select customer_id, last_order_at, orders, revenue,
    r::smallint as recency, f::smallint as frequency, m::smallint as monetary,
    (array[
        ['lost', 'lost', 'at_risk', 'at_risk', 'cannot_lose_them'],
        ['hibernating', 'hibernating', 'at_risk', 'at_risk', 'cannot_lose_them'],
        ['about_to_sleep', 'about_to_sleep', 'need_attention', 'loyal', 'loyal'],
        ['promising', 'potential_loyalists', 'potential_loyalists', 'loyal', 'champions'],
        ['new_customers', 'potential_loyalists', 'potential_loyalists', 'champions', 'champions']
    ])[r][(f + m + 1) / 2] as segment
from scored;
create unique index uq_mv_customer_rfm on mv_customer_rfm (customer_id);
create index ix_mv_customer_rfm_segment on mv_customer_rfm (segment);
comment on materialized view mv_customer_rfm is
    'Each customer with an order: last order, orders, revenue, scores 1 (worst) to 5 (best), '
    'segment.';
"""

# The model of purchases looks at days: two orders of one day are one purchase. A return is no
# purchase and its day is not a purchase day, so the mean spend is before returns; `revenue` and
# `profit`, the customer's historic value, are after them.
PURCHASES = f"""
create materialized view mv_customer_purchases as
with {DOCUMENTS}, lives as (
    select *, min(day) filter (where orders > 0) over (partition by customer_id) as first_day
    from days
)
select customer_id, first_day,
    max(day) filter (where orders > 0) as last_day,
    count(*) filter (where orders > 0) as purchase_days,
    count(*) filter (where orders > 0) - 1 as repeat_purchase_days,
    avg(spent) filter (where orders > 0 and day > first_day) as mean_repeat_spend,
    sum(revenue) as revenue,
    sum(profit) as profit
from lives where first_day is not null
group by customer_id, first_day;
create unique index uq_mv_customer_purchases on mv_customer_purchases (customer_id);
comment on materialized view mv_customer_purchases is
    'Each customer with an order: purchase days, mean spend on those after the first (before '
    'returns), lifetime revenue and profit (after returns).';
"""

# Distinct customers do not add up, so each unit of time has its own rows. A period in which
# customers of a cohort only returned something has a row with 0 customers. What one returned before
# the first order that is known counts in the cohort's own period: so a cohort's rows add up to the
# whole revenue of its customers, and none lies before it.
COHORTS = f"""
create materialized view mv_cohorts as
with {DOCUMENTS}, periods as (
    select d.customer_id, u.unit,
        case when u.unit = 'week'
            then d.day - (extract(isodow from d.day)::integer - r.week_start + 7) % 7
            else date_trunc(u.unit, d.day::timestamp)::date end as period,
        sum(d.orders)::bigint as orders, sum(d.revenue) as revenue
    from days d cross join reporting r
    cross join (values ('week'), ('month'), ('quarter'), ('year')) u (unit)
    group by 1, 2, 3
), lives as (
    select *, min(period) filter (where orders > 0) over (partition by customer_id, unit) as cohort
    from periods
)
select unit, cohort, greatest(period, cohort) as period,
    count(*) filter (where orders > 0) as customers,
    sum(orders)::bigint as orders,
    sum(revenue) as revenue
from lives where cohort is not null
group by 1, 2, 3;
create unique index uq_mv_cohorts on mv_cohorts (unit, cohort, period);
comment on materialized view mv_cohorts is
    'By unit of time: customers by the period of their first order (cohort) and period: how many '
    'ordered, their orders and revenue.';
"""

# Baskets are the orders of the 365 days that end with the newest sale. Pairs grow with the square
# of a basket: one of 1,000 products would add half a million that mean little, so
# baskets of more than 100 distinct products are left out (and counted).
BASKETS = f"""
newest as (
    select i.booked_at from order_items i where not i.is_return
    group by i.booked_at having sum({SALE_LINE}) > 0
    order by i.booked_at desc limit 1
), span as (
    select n.booked_at as newest,
        ((n.booked_at at time zone r.timezone)::date - 364)::timestamp at time zone r.timezone
            as start
    from newest n cross join reporting r
), contents as materialized (
    select i.order_id, i.product_id
    from order_items i
    where i.booked_at >= (select start from span) and i.booked_at <= (select newest from span)
        and not i.is_return
    group by 1, 2 having sum({SALE_LINE}) > 0
), baskets as (
    select order_id, count(*) as products from contents group by 1
)"""

PRODUCT_ORDERS = f"""
create materialized view mv_product_orders as
with {BASKETS}
select c.product_id, count(*) as orders, t.baskets, t.oversized
from contents c
join baskets b on b.order_id = c.order_id and b.products <= 100
cross join (
    select count(*) filter (where products <= 100) as baskets,
        count(*) filter (where products > 100) as oversized
    from baskets
) t
group by c.product_id, t.baskets, t.oversized;
create unique index uq_mv_product_orders on mv_product_orders (product_id);
comment on materialized view mv_product_orders is
    'Orders with a product in the 365 days up to the newest sale; on every row also the baskets '
    'that were looked at, and those left out for having more than 100 distinct products.';
"""

# Two orders in 10,000 are an accident, not a habit; without a floor that grows with the baskets
# the accidents would make up nearly all of the view and of the time its refresh takes.
PRODUCT_PAIRS = f"""
create materialized view mv_product_pairs as
with {BASKETS}, looked_at as materialized (
    select c.order_id, c.product_id from contents c
    join baskets b on b.order_id = c.order_id and b.products between 2 and 100
)
select a.product_id as product_a, b.product_id as product_b, count(*) as orders
from looked_at a join looked_at b on b.order_id = a.order_id and b.product_id > a.product_id
group by 1, 2
having count(*) >= greatest(2, (select count(*) from baskets where products <= 100) / 10000.0);
create unique index uq_mv_product_pairs on mv_product_pairs (product_a, product_b);
create index ix_mv_product_pairs_product_b on mv_product_pairs (product_b);
comment on materialized view mv_product_pairs is
    'Products bought together in at least two, and one in 10,000, of the baskets that '
    'mv_product_orders counts.';
"""

VIEWS = (RFM, PURCHASES, COHORTS, PRODUCT_ORDERS, PRODUCT_PAIRS)


def upgrade() -> None:
    """Create them, over whatever the ledger holds."""
    op.execute(RATE_OF)
    op.execute(REFRESHES)
    for view in VIEWS:
        op.execute(view)


def downgrade() -> None:
    """Remove them."""
    op.execute(
        "drop materialized view mv_product_pairs, mv_product_orders, mv_cohorts,"
        " mv_customer_purchases, mv_customer_rfm"
    )
    op.execute("drop table matview_refreshes")
    op.execute("drop function rate_of")
