"""Aggregation tables (L3) and the fold's watermark."""

from alembic import op

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

MEASURES = """
    gross numeric not null,
    discounts numeric not null,
    returns numeric not null,
    cost numeric not null,
    units numeric not null,
    returned_units numeric not null,
    lines bigint not null
"""

SALES_KEY = """
    currency text not null,
    region_id bigint not null,
    channel_id bigint not null,
    rep_id bigint not null"""

ROLLUPS = f"""
create table rollup_sales_quarter (
    bucket timestamptz not null, {SALES_KEY},
    orders bigint not null, {MEASURES},
    constraint pk_rollup_sales_quarter
        primary key (bucket, currency, region_id, channel_id, rep_id)
);
create table rollup_sales_day (
    day date not null, {SALES_KEY},
    orders bigint not null, {MEASURES},
    constraint pk_rollup_sales_day primary key (day, currency, region_id, channel_id, rep_id)
);
create table rollup_product_day (
    day date not null, currency text not null, product_id bigint not null, {MEASURES},
    constraint pk_rollup_product_day primary key (day, currency, product_id)
);
create index ix_rollup_product_day_product_id_day on rollup_product_day (product_id, day);
create table rollup_product_week (
    week date not null, currency text not null, product_id bigint not null, {MEASURES},
    constraint pk_rollup_product_week primary key (week, currency, product_id)
);
create table rollup_customer_day (
    customer_id bigint not null, day date not null, currency text not null,
    orders bigint not null, {MEASURES},
    constraint pk_rollup_customer_day primary key (customer_id, day, currency)
);
create index ix_rollup_customer_day_day on rollup_customer_day (day);
create table rollup_customer (
    customer_id bigint not null, currency text not null,
    orders bigint not null, first_order_at timestamptz, last_order_at timestamptz, {MEASURES},
    constraint pk_rollup_customer primary key (customer_id, currency)
);
create index ix_rollup_customer_first_order_at on rollup_customer (first_order_at);
create table rollup_order (
    order_id bigint not null,
    ordered_at timestamptz not null,
    currency text not null,
    customer_id bigint not null,
    rep_id bigint not null,
    region_id bigint not null,
    channel_id bigint not null,
    sale_lines bigint not null,
    constraint pk_rollup_order primary key (order_id)
);
create index ix_rollup_order_ordered_at on rollup_order (ordered_at);
create index ix_rollup_order_customer_id_ordered_at on rollup_order (customer_id, ordered_at);
create table customer_day_cells (
    day date not null, previous_day date not null, customers bigint not null,
    constraint pk_customer_day_cells primary key (day, previous_day)
);
"""

WATERMARK = """
create table watermark (
    singleton boolean not null default true,
    folded_below xid8 not null,
    system_identifier bigint not null,
    restored_through bigint not null default 0,
    trusted boolean not null default true,
    folded_at timestamptz not null default now(),
    constraint pk_watermark primary key (singleton),
    constraint ck_watermark_singleton check (singleton)
);
-- 3 is the first normal transaction id: everything there is, is still to be folded.
insert into watermark (folded_below, system_identifier)
    select '3', system_identifier from pg_control_system();
create table folded_xids (
    xid xid8 not null,
    constraint pk_folded_xids primary key (xid)
);
"""

TABLES = (
    "folded_xids, watermark, customer_day_cells, rollup_order, rollup_customer,"
    " rollup_customer_day, rollup_product_week, rollup_product_day, rollup_sales_day,"
    " rollup_sales_quarter"
)


def upgrade() -> None:
    """Create them; the fold fills them from the first line on."""
    op.execute(ROLLUPS)
    op.execute(WATERMARK)


def downgrade() -> None:
    """Remove them: the ledger has all that they held."""
    op.execute(f"drop table {TABLES}")
