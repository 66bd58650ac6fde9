"""One partition a year for what is long past, and a bound on the dates that are booked."""

from alembic import op

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None

# The bounds are those of `shopx_core.domain.booking_window` and `ledger_partitions`. Months that
# have partitions keep them; the upkeep merges whole years of them (`shopx_store.partition_merge`).
YEARLY = """
create or replace function make_partition(parent text, month date) returns boolean
language plpgsql as $$
declare
    today date := (now() at time zone 'UTC')::date;
    first date := date_trunc('month', month);
    year text := to_char(first, 'YYYY');
    monthly text := format('%s_y%sm%s', parent, year, to_char(first, 'MM'));
    yearly text := format('%s_y%s', parent, year);
    partition text := monthly;
    span interval := '1 month';
begin
    -- The schema of the parent, so that a search_path cannot lead elsewhere.
    if to_regclass(monthly) is not null or to_regclass(yearly) is not null then
        return false;
    end if;
    if first < '1970-01-01' or first > today + 731 then
        raise exception 'no order is booked in %: it lies before 1970 or over two years ahead',
            to_char(first, 'YYYY-MM')
            using errcode = 'datetime_field_overflow', hint = 'Correct the date of the order.';
    end if;
    perform pg_advisory_xact_lock(hashtext('shopx.partitions'));
    if to_regclass(monthly) is not null or to_regclass(yearly) is not null then
        return false;
    end if;
    if year::integer < extract(year from today) - 2 and not exists (
        select from generate_series(1, 12) as n (month)
        where to_regclass(format('%s_y%sm%s', parent, year, to_char(n.month, 'FM00'))) is not null
    ) then
        partition := yearly;
        span := '1 year';
        first := date_trunc('year', first);
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
        to_char(first + span, 'YYYY-MM-DD') || ' 00:00:00+00');
    return true;
end $$;
"""
MONTHLY = """
create or replace function make_partition(parent text, month date) returns boolean
language plpgsql as $$
declare
    first date := date_trunc('month', month);
    partition text := format('%s_y%sm%s', parent, to_char(first, 'YYYY'), to_char(first, 'MM'));
begin
    -- A year that has a partition of its own keeps it: its months would overlap.
    if to_regclass(partition) is not null
        or to_regclass(format('%s_y%s', parent, to_char(first, 'YYYY'))) is not null then
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
"""


def upgrade() -> None:
    """Make years from now on; no partition is touched."""
    op.execute(YEARLY)


def downgrade() -> None:
    """Make months again; partitions of years stay."""
    op.execute(MONTHLY)
