"""Generated sales: exact in number, equal for equal options, and shaped like sales."""

import dataclasses
import datetime as dt
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.forecast import forecast
from shopx_core.errors import InvalidInput
from shopx_store.seeding import copy_binary
from shopx_store.seeding.catalogue import catalogue
from shopx_store.seeding.demand import Chunk, Demand
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.reference_rows import customer_rows, quotas, rates
from shopx_store.seeding.timeline import occasions, timeline

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def options(**changes: Any) -> SeedOptions:
    base: dict[str, Any] = {"orders": 5_000, "start": START, "end": START + dt.timedelta(days=366)}
    return SeedOptions(**base | changes)


def test_no_rep_is_called_as_a_customer_is() -> None:
    """In a mixed list of names, each says which of both it is."""
    wanted = options(orders=20_000, reps=80)
    reps = {word for rep in catalogue(wanted).reps for word in rep.name.split()}
    lines = "".join(customer_rows(wanted, 1, 1)).splitlines()
    customers = {word for line in lines for word in line.split("\t")[3].split()}
    assert len(reps) > 40
    assert len(customers) > 40
    assert reps & customers == set()


def chunks(wanted: SeedOptions) -> list[Chunk]:
    demand = Demand(wanted, catalogue(wanted), timeline(wanted))
    return [chunk for month in range(len(demand.months)) for chunk in demand.chunks(month)]


@given(
    orders=st.integers(1, 3_000),
    start=st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2030, 1, 1)),  # noqa: DTZ001 -- made aware below
    length=st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=800)),
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_orders_are_exactly_as_many_and_in_time(
    orders: int, start: dt.datetime, length: dt.timedelta, zone: str
) -> None:
    """Whatever the span and zone: the count is exact, time ascends and stays within the span."""
    begin = start.replace(tzinfo=dt.UTC)
    wanted = options(orders=orders, start=begin, end=begin + length, zone=zone)
    line = timeline(wanted)
    months = line.months()
    assert months[-1].end == orders
    assert [month.begin for month in months[1:]] == [month.end for month in months[:-1]]
    numbers = np.arange(orders, dtype=np.int64)
    for chance in (0.0, 1 - 1e-9):
        _, instants = line.instants(numbers, np.full(orders, chance))
        assert (np.diff(instants) >= 0).all()
        assert instants[0] >= int(begin.timestamp()) * 1_000_000
        assert instants[-1] <= (begin + length).timestamp() * 1_000_000 + 1


def test_equal_options_give_equal_sales() -> None:
    """And another seed gives others."""
    first, again = chunks(options()), chunks(options())
    for one, two in zip(first, again, strict=True):
        for field in dataclasses.fields(Chunk):
            assert np.array_equal(getattr(one, field.name), getattr(two, field.name)), field.name
    assert not np.array_equal(first[0].ordered_at, chunks(options(seed=1))[0].ordered_at)


def test_a_month_does_not_need_the_ones_before() -> None:
    """So that an interrupted seeding can go on in the middle, in constant memory."""
    wanted = options()
    demand = Demand(wanted, catalogue(wanted), timeline(wanted))
    alone = next(iter(demand.chunks(7)))
    list(demand.chunks(6))
    assert np.array_equal(alone.gross, next(iter(demand.chunks(7))).gross)


def test_sales_look_like_sales() -> None:
    """Weeks, seasons, favourites, loyalty, discounts and returns are there."""
    wanted = options(orders=60_000)
    world = catalogue(wanted)
    parts = chunks(wanted)

    def all_of(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    days = all_of("ordered_at") // 86_400_000_000
    weekdays = np.bincount((days + 3) % 7, minlength=7)
    assert weekdays[4] > weekdays[0] > weekdays[6]
    by_month = [month.end - month.begin for month in timeline(wanted).months()]
    assert by_month[11] > 1.3 * by_month[6]
    products = np.sort(np.bincount(all_of("product"), minlength=wanted.products))[::-1]
    assert products[: wanted.products // 5].sum() > 0.55 * products.sum()
    assert products[0] < 0.06 * products.sum()
    customers = all_of("customer")
    assert 0.04 < (customers < 0).mean() < 0.06
    assert customers.max() < wanted.customer_count
    bought = np.bincount(customers[customers >= 0])
    assert np.count_nonzero(bought) > 0.4 * wanted.customer_count
    assert bought.max() > 5 * bought[bought > 0].mean()
    assert 3.3 < len(all_of("order")) / wanted.orders < 3.8
    net = (all_of("gross") - all_of("discount")).sum()
    assert 0.15 < (net - all_of("cost").sum()) / net < 0.6
    back = all_of("returned_at") > 0
    assert 0.02 < back.mean() < 0.08
    assert (all_of("discount") <= all_of("gross")).all()
    assert (all_of("gross") > 0).all()
    first = parts[0]
    assert (first.returned_at[first.returned_at > 0]
            > first.ordered_at[first.order][first.returned_at > 0]).all()  # fmt: skip
    assert (world.costs > 0).all()
    # Not all the same to everybody: attained quotas spread around what was asked.
    asked = sum(amount for _, _, amount in quotas(wanted, world, timeline(wanted).months()))
    assert 0.8 < net / 100 / asked < 1.3


def test_customers_stay_with_their_region() -> None:
    """A regular buys where they live, and in its currency."""
    wanted = options(orders=3_000, customers=50, currencies=("USD", "EUR", "GBP"))
    regions: dict[int, set[int]] = {}
    currencies: dict[int, set[int]] = {}
    for part in chunks(wanted):
        for customer, region, currency in zip(
            part.customer.tolist(), part.region.tolist(), part.currency.tolist(), strict=True
        ):
            if customer >= 0:
                regions.setdefault(customer, set()).add(region)
            currencies.setdefault(region, set()).add(currency)
    assert all(len(places) == 1 for places in regions.values())
    assert all(len(codes) == 1 for codes in currencies.values())
    assert set.union(*currencies.values()) == {0, 1, 2}


def test_rates_are_known_for_every_month() -> None:
    """For each foreign currency, near its mean, and none for the reporting one."""
    wanted = options(currencies=("USD", "EUR"))
    months = timeline(wanted).months()
    found = list(rates(wanted, "USD", months))
    assert [(code, day) for code, day, _ in found] == [("EUR", month.first) for month in months]
    assert all(Decimal("0.9") < Decimal(rate) < Decimal("1.3") for _, _, rate in found)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"orders": 0}, "--orders must be from 1", id="no-orders"),
        pytest.param({"products": 9}, "--products must be from 10", id="few-products"),
        pytest.param({"end": START}, "is not after --from", id="no-time"),
        pytest.param({"end": START + dt.timedelta(days=20_000)}, "years apart", id="too-long"),
        pytest.param({"zone": "Mars/Base"}, "is no IANA time zone", id="zone"),
        pytest.param({"currencies": ("USD", "XXX")}, "No rate is known for XXX", id="currency"),
    ],
)
def test_options_have_bounds(changes: dict[str, Any], says: str) -> None:
    """A seeding that makes no sense is refused before anything is touched."""
    with pytest.raises(InvalidInput) as caught:
        options(**changes)
    assert says in caught.value.message


def _numeric(data: bytes) -> Decimal:
    """PostgreSQL's `numeric_recv`, in Python."""
    count, weight, sign, scale = struct.unpack(">hhHh", data[:8])
    digits = struct.unpack(f">{count}h", data[8:])
    value = sum((Decimal(d).scaleb(4 * (weight - n)) for n, d in enumerate(digits)), Decimal(0))
    assert all(0 <= digit < 10_000 for digit in digits)
    return (-value if sign == 0x4000 else value).quantize(Decimal(1).scaleb(-scale))


@given(
    st.lists(st.integers(-copy_binary.MAX_CENTS, copy_binary.MAX_CENTS), min_size=1, max_size=20)
)
def test_numeric_on_the_wire(values: list[int]) -> None:
    """Hundredths and whole numbers arrive as they were."""
    array = np.array(values, dtype=np.int64)
    for field, scale in ((copy_binary.cents(array), 2), (copy_binary.whole(array), 0)):
        data = copy_binary.rows([field], len(values))
        width = len(data) // len(values)
        for n, value in enumerate(values):
            row = data[n * width : (n + 1) * width]
            assert struct.unpack(">hi", row[:6]) == (1, width - 6)
            assert _numeric(row[6:]) == Decimal(value).scaleb(-scale)


def test_amounts_beyond_the_wire_are_refused() -> None:
    """Rather than wrapped around."""
    with pytest.raises(OverflowError):
        copy_binary.cents(np.array([copy_binary.MAX_CENTS + 1]))


@pytest.mark.parametrize("week", range(0, 52, 3))
def test_a_day_that_a_forecast_finds_unusual_has_an_occasion(week: int) -> None:
    """Whenever a demonstration begins, what is out of the ordinary has a note that says why."""
    end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(weeks=week)
    line = timeline(options(orders=100_000, start=end - dt.timedelta(days=365), end=end))
    made = forecast(np.diff(line.bounds).astype(float).tolist())
    assert made is not None
    named = occasions(line.days[0], line.days[-1])
    unusual = [line.days[one.day] for one in made.unusual]
    assert [day for day in unusual if not any(o.first <= day <= o.last for o in named)] == []


def test_black_friday_and_christmas_are_named_in_order() -> None:
    """Those that a span touches, whole."""
    found = occasions(dt.date(2025, 11, 30), dt.date(2026, 11, 30))
    assert [(str(one.first), str(one.last), one.text) for one in found] == [
        ("2025-11-28", "2025-12-01", "Black Friday"),
        ("2025-12-01", "2025-12-24", "Before Christmas"),
        ("2025-12-25", "2026-01-14", "After Christmas"),
        ("2026-11-27", "2026-11-30", "Black Friday"),
    ]
    assert occasions(dt.date(2026, 2, 1), dt.date(2026, 11, 1)) == []
