"""Monthly partitions (UTC) of orders and order_items, made ahead."""

from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None

# A partition is made aside and attached: ATTACH takes SHARE UPDATE EXCLUSIVE on the parent, which
# blocks neither readers nor writers, where CREATE … PARTITION OF takes ACCESS EXCLUSIVE.
FUNCTIONS = """
create function make_partition(parent text, month date) returns boolean language plpgsql as $$
declare
    first date := date_trunc('month', month);
    partition text := format('%s_y%sm%s', parent, to_char(first, 'YYYY'), to_char(first, 'MM'));
begin
    -- The schema of the parent, so that a search_path cannot lead elsewhere.
    if to_regclass(partition) is not null then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('shopx.partitions'));
    if to_regclass(partition) is not null then
        return false;
    end if;
    execute format(
        'create table %I (like %I including defaults including constraints including indexes)',
        partition, parent);
    execute format(
        'create trigger refuse_change before update or delete or truncate on %I'
        ' for each statement execute function refuse_change()', partition);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, partition,
        to_char(first, 'YYYY-MM-DD') || ' 00:00:00+00',
        to_char(first + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    return true;
end $$;

create function make_partitions(first date, last date) returns integer language plpgsql as $$
declare
    month date;
    made integer := 0;
begin
    for month in
        select generate_series(date_trunc('month', first), date_trunc('month', last), '1 month')
    loop
        made := made + make_partition('orders', month)::integer
            + make_partition('order_items', month)::integer;
    end loop;
    return made;
end $$;
"""


def upgrade() -> None:
    """Make this month and the next three; the upkeep task keeps making them ahead."""
    op.execute(FUNCTIONS)
    op.execute(
        "select make_partitions((now() at time zone 'UTC')::date,"
        " ((now() at time zone 'UTC') + interval '3 months')::date)"
    )


def downgrade() -> None:
    """Remove the partitions, and the facts in them."""
    op.execute("""
        do $$
        declare partition regclass;
        begin
            for partition in
                select inhrelid::regclass from pg_inherits
                where inhparent in ('orders'::regclass, 'order_items'::regclass)
            loop
                execute format('drop table %s', partition);
            end loop;
        end $$
    """)
    op.execute("drop function make_partitions, make_partition")
