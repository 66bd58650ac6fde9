"""The materialized views are as of now, and answer where an exchange rate is missing.

An order that is dated ahead belongs to no history yet: it aged every customer, began cohorts of
the future, and moved the year of the product pairs. Each view reads the lines up to the instant of
its refresh. An amount without a rate for its day is left out, and `matview_refreshes.left_out`
says what was. Releases before this one read the new views as the old ones; `rate_of`, which fails
where a rate is missing, stays for them.
"""

from alembic import op

revision = "016"
down_revision = "014"
branch_labels = None
depends_on = None

# NULL where no rate is known: a sum leaves the amount out, and the reader says so.
KNOWN_RATE = """
create function known_rate(code text, at date) returns numeric language plpgsql stable
parallel safe set search_path from current as $$
begin
    return (
        select rate from rates where currency = code and day <= at order by day desc limit 1
    );
end $$
"""
LEFT_OUT = """
alter table matview_refreshes add column left_out jsonb not null default '[]'
"""

SALE_LINE = """case when i.kind = 'sale' then 1
            when i.kind in ('correction', 'void') and i.reverses is not null
                and not i.is_return then -1
            else 0 end"""


def _documents(until: str, rate: str) -> str:
    """One row for each document, day and currency of a customer, and for each of its days."""
    return f"""terms as (
    select timezone as zone, currency as reporting from reporting
), documents as (
    select i.customer_id, i.order_id, (i.booked_at at time zone t.zone)::date as day, i.currency,
        max(i.booked_at) filter (where i.kind = 'sale') as ordered_at,
        sum({SALE_LINE}) > 0 as counts,
        sum(case when i.is_return then 0 else i.gross - i.discount end) as spent,
        sum(i.gross - i.discount) as revenue,
        sum(i.gross - i.discount - i.cost) as profit
    from order_items i cross join terms t
    where i.customer_id is not null{until}
    group by 1, 2, 3, 4
), days as (
    select d.customer_id, d.day,
        count(*) filter (where d.counts) as orders,
        max(d.ordered_at) filter (where d.counts) as last_order_at,
        sum(d.spent * r.rate) filter (where d.counts) as spent,
        coalesce(sum(d.revenue * r.rate), 0) as revenue,
        coalesce(sum(d.profit * r.rate), 0) as profit
    from documents d cross join terms t
    cross join lateral (
        select case when d.currency = t.reporting then 1 else {rate}(d.currency, d.day) end as rate
    ) r
    group by 1, 2
)"""


def _rfm(until: str, rate: str) -> str:
    """Last order, orders, revenue, scores and segment of each customer."""
    return f"""
with {_documents(until, rate)}, lives as (
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
from scored"""


def _purchases(until: str, rate: str) -> str:
    """Purchase days, spend and lifetime value of each customer."""
    return f"""
with {_documents(until, rate)}, lives as (
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
group by customer_id, first_day"""


def _cohorts(until: str, rate: str) -> str:
    """Customers by the period of their first order, and period."""
    return f"""
with {_documents(until, rate)}, periods as (
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
group by 1, 2, 3"""


def _concentration(until: str, rate: str) -> str:
    """The best customers of the 365 days up to the newest sale."""
    return f"""
with terms as (
    select timezone as zone, currency as reporting from reporting
), newest as (
    select i.booked_at from order_items i where not i.is_return{until}
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
        {until}
    group by 1, 2, 3, 4
), buyers as (
    select d.customer_id, coalesce(sum(d.revenue * r.rate), 0) as revenue
    from documents d cross join terms t
    cross join lateral (
        select case when d.currency = t.reporting then 1 else {rate}(d.currency, d.day) end as rate
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
join ranked r on r.place = (r.customers * p.percent + 99) / 100"""


def _baskets(until: str) -> str:
    """The orders of the 365 days that end with the newest sale, and what is in them."""
    return f"""newest as (
    select i.booked_at from order_items i where not i.is_return{until}
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


def _product_orders(until: str) -> str:
    """Baskets with each product."""
    return f"""
with {_baskets(until)}
select c.product_id, count(*) as orders, t.baskets, t.oversized
from contents c
join baskets b on b.order_id = c.order_id and b.products <= 100
cross join (
    select count(*) filter (where products <= 100) as baskets,
        count(*) filter (where products > 100) as oversized
    from baskets
) t
group by c.product_id, t.baskets, t.oversized"""


def _product_pairs(until: str) -> str:
    """Baskets with two products."""
    return f"""
with {_baskets(until)}, looked_at as materialized (
    select c.order_id, c.product_id from contents c
    join baskets b on b.order_id = c.order_id and b.products between 2 and 100
)
select a.product_id as product_a, b.product_id as product_b, count(*) as orders
from looked_at a join looked_at b on b.order_id = a.order_id and b.product_id > a.product_id
group by 1, 2
having count(*) >= greatest(2, (select count(*) from baskets where products <= 100) / 10000.0)"""


def _views(until: str, rate: str) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Query and indexes of each view; the first index is unique."""
    return {
        "mv_customer_rfm": (
            _rfm(until, rate),
            (
                ("uq_mv_customer_rfm", "(customer_id)"),
                ("ix_mv_customer_rfm_segment", "(segment)"),
            ),
        ),
        "mv_customer_purchases": (
            _purchases(until, rate),
            (("uq_mv_customer_purchases", "(customer_id)"),),
        ),
        "mv_cohorts": (
            _cohorts(until, rate),
            (("uq_mv_cohorts", "(unit, cohort, period)"),),
        ),
        "mv_customer_concentration": (
            _concentration(until, rate),
            (("uq_mv_customer_concentration", "(percent)"),),
        ),
        "mv_product_orders": (
            _product_orders(until),
            (("uq_mv_product_orders", "(product_id)"),),
        ),
        "mv_product_pairs": (
            _product_pairs(until),
            (
                ("uq_mv_product_pairs", "(product_a, product_b)"),
                ("ix_mv_product_pairs_product_b", "(product_b)"),
            ),
        ),
    }


def _replace(until: str, rate: str) -> None:
    """Make the views beside the present ones, and only then put them in their places.

    Readers wait for the exchange alone, which computes nothing.
    """
    views = _views(until, rate)
    for view, (query, indexes) in views.items():
        op.execute(f"create materialized view {view}_next as {query}")
        for n, (index, columns) in enumerate(indexes):
            unique = "" if n else "unique "
            # The view is new: nothing waits for its index.
            op.execute(f"""
                -- squawk-ignore require-concurrent-index-creation
                create {unique}index {index}_next on {view}_next {columns}
            """)
        op.execute(f"analyze {view}_next")
    for view, (_, indexes) in views.items():
        # The comment, and who may read, move with the name.
        op.execute(f"""
            do $$
            declare
                text_of text := obj_description('{view}'::regclass, 'pg_class');
                reader record;
            begin
                execute format('comment on materialized view {view}_next is %L', text_of);
                for reader in
                    select grantee::regrole as name from pg_class, aclexplode(relacl)
                    where oid = '{view}'::regclass and grantee <> relowner and grantee <> 0
                        and privilege_type = 'SELECT'
                loop
                    execute format('grant select on {view}_next to %s', reader.name);
                end loop;
            end $$
        """)
        # In one transaction: clients find a view of that name and form at any time.
        op.execute(f"""
            -- squawk-ignore ban-drop-view
            drop materialized view {view}
        """)
        op.execute(f"""
            -- squawk-ignore renaming-object
            alter materialized view {view}_next rename to {view}
        """)
        for index, _ in indexes:
            op.execute(f"""
                -- squawk-ignore renaming-object
                alter index {index}_next rename to {index}
            """)
    op.execute("""
        update matview_refreshes set as_of = now(), finished_at = clock_timestamp(),
            snapshot = pg_current_snapshot()::text
    """)


def upgrade() -> None:
    """Views of what has happened."""
    op.execute(KNOWN_RATE)
    op.execute(LEFT_OUT)
    _replace(" and i.booked_at <= now()", "known_rate")


def downgrade() -> None:
    """Views of everything that is booked."""
    _replace("", "rate_of")
    op.execute("alter table matview_refreshes drop column left_out")
    op.execute("drop function known_rate")
