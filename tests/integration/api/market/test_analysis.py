"""Forecasts, Pareto curves, margins and paces say what the ledger says."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from shopx_api.data.operation_data import OperationData
from shopx_api.server.app import create_inner_app
from shopx_api.types.node import row_id
from shopx_core.domain.forecast import HISTORY, forecast
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.pareto import Abc, classify
from shopx_core.domain.periods import Granularity, Range, days_between
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.record import record_orders
from shopx_store.query import Dimension, Filters
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE, NOW, ZONE, Market, nothing, truth
from tests.support.postgres import Database
from tests.support.sales_cases import ARGUMENTS, PANEL, PRODUCT_CASES, SalesCase, days, decimal

FORECAST = f"""
query Forecast({ARGUMENTS}, $metric: MetricId!, $by: Dimension!) {{
  sales({PANEL}) {{ forecast(metric: $metric, explainedBy: $by) {{
    state knownDays neededDays buckets values expected low high
    total {{ expected low high }}
    backTest {{ forecasts days coverage mase naiveMase }}
    unusual {{ bucket value beyond estimate {{ expected low high }}
      mover {{ id label isNone change }} }} }} }} }}"""
SPRING = SalesCase(days=days("2026-04-01", "2026-04-15", ZONE))
BEFORE = SalesCase(days=days("2026-02-01", "2026-03-10", ZONE))


def one_day(day: dt.date, zone: str) -> Range:
    return days_between(day, day, zone)


def by_day(market: Market, case: SalesCase, metric: str) -> tuple[dt.date, list[Decimal]]:
    """The first day with sales of those that are read, and the values from it on."""
    last = case.days.last_day
    first = last - dt.timedelta(days=HISTORY - 1)
    read = days_between(first, last, case.days.zone)
    rows = market.rows(case.query(period=read, granularity=Granularity.DAY))
    booked = {key.astimezone(dt.UTC): row for (key,), row in rows.items()}
    needed = METRICS[metric].measures
    values = []
    for n in range(HISTORY):
        start = one_day(first + n * dt.timedelta(days=1), case.days.zone).start.astimezone(dt.UTC)
        row = booked.get(start)
        if row is not None and any(row[measure] for measure in needed):
            values.append((n, METRICS[metric].value(row)))
    found = dict(values)
    begin = min(found)
    return (
        first + begin * dt.timedelta(days=1),
        [found.get(n) or Decimal(0) for n in range(begin, HISTORY)],
    )


def close(given: str, expected: float) -> bool:
    """Whether they agree to four significant digits."""
    return float(given) == float(f"{expected:.3e}")


@pytest.mark.parametrize("case", [SPRING, replace(SPRING, filters=Filters(channels=(1, 2)))])
@pytest.mark.parametrize("metric", ["revenue", "units", "orders"])
async def test_a_forecast_is_made_of_the_days_of_the_ledger(
    api: Api, market: Market, case: SalesCase, metric: str
) -> None:
    """The known values exactly; estimates as the domain computes them of these, rounded."""
    variables = case.variables | {"metric": metric.upper(), "by": "PRODUCT"}
    given = (await api.data(FORECAST, variables))["sales"]["forecast"]
    first, values = by_day(market, case, metric)
    made = forecast([float(value) for value in values])
    assert made is not None
    assert given["knownDays"] == len(values)
    known = [decimal(value) for value in given["values"] if value is not None]
    assert known == values[-56:]
    assert given["backTest"]["naiveMase"] == f"{made.back_test.naive_mase:.2f}"
    assert given["state"] == ("READY" if made.back_test.is_better else "NOT_BETTER")
    ahead = made.days if made.back_test.is_better else ()
    assert len(given["buckets"]) == len(known) + len(ahead)
    tomorrow = case.days.last_day + dt.timedelta(days=1)
    for n, one in enumerate(ahead, start=len(known)):
        day = one_day(tomorrow + (n - len(known)) * dt.timedelta(days=1), ZONE)
        assert dt.datetime.fromisoformat(given["buckets"][n]) == day.start
        for name in ("expected", "low", "high"):
            assert close(given[name][n], getattr(one, name))
    shown = [one.day for one in made.unusual if one.day >= len(values) - 56] if ahead else []
    assert [dt.datetime.fromisoformat(one["bucket"]) for one in given["unusual"]] == [
        one_day(first + place * dt.timedelta(days=1), ZONE).start for place in reversed(shown)
    ][:5]


@pytest.mark.parametrize(("by", "kind"), [("PRODUCT", "Product"), ("CUSTOMER", "Customer")])
async def test_an_unusual_day_is_explained_by_its_largest_mover(
    changed: Database, by: str, kind: str
) -> None:
    """Against the same day of the week before, in the direction of the day."""
    friday = dt.date(2026, 4, 10)
    large = NewOrder(
        key="large",
        ordered_at=one_day(friday, ZONE).start + dt.timedelta(hours=12),
        lines=(
            NewLine(product="p3", quantity=Decimal(40), gross=Decimal(9000)),
            NewLine(product="p4", quantity=Decimal(10), gross=Decimal(2000)),
        ),
        customer="c7",
    )
    connection = await asyncpg.connect(changed.dsn)
    try:
        await record_orders(connection, "api", [large], NOW)
        market = await truth(connection)
    finally:
        await connection.close()
    async with serving(create_inner_app(settings_for(changed.dsn, api=ALL_AT_ONCE))) as api:
        variables = SPRING.variables | {"metric": "REVENUE", "by": by}
        given = (await api.data(FORECAST, variables))["sales"]["forecast"]
    assert given["state"] == "READY"
    one = next(
        one for one in given["unusual"]
        if dt.datetime.fromisoformat(one["bucket"]) == one_day(friday, ZONE).start
    )  # fmt: skip
    day = SPRING.query(period=one_day(friday, ZONE))
    assert decimal(one["value"]) == market.value(day, "revenue")
    beyond = Decimal(one["value"]) - Decimal(one["estimate"]["high"])
    assert abs(Decimal(one["beyond"]) - beyond) < 10
    changes: defaultdict[int, Decimal] = defaultdict(Decimal)
    for date, sign in ((friday, 1), (friday - dt.timedelta(days=7), -1)):
        query = SPRING.query(Dimension[by], period=one_day(date, ZONE))
        for key, value in market.values(query, "revenue").items():
            changes[key] += sign * (value or Decimal(0))
    table, name = ("products", "p3") if by == "PRODUCT" else ("customers", "c7")
    assert row_id(one["mover"]["id"], kind) == market.ids[table][name]
    assert decimal(one["mover"]["change"]) == max(changes.values())


async def test_a_short_history_is_said_to_be_short(api: Api) -> None:
    """And so is a metric without a sum of every day."""
    variables = BEFORE.variables | {"metric": "REVENUE", "by": "PRODUCT"}
    given = (await api.data(FORECAST, variables))["sales"]["forecast"]
    assert given["state"] == "TOO_SHORT"
    assert given["knownDays"] < given["neededDays"] == 56
    assert (given["backTest"], given["total"], given["unusual"]) == (None, None, [])
    error = await api.error(FORECAST, variables | {"metric": "MARGIN"})
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("case", PRODUCT_CASES)
@pytest.mark.parametrize("by", [Dimension.PRODUCT, Dimension.CUSTOMER])
@pytest.mark.parametrize("metric", ["revenue", "profit"])
async def test_a_pareto_curve_has_the_classes_of_the_definition(
    api: Api, market: Market, case: SalesCase, by: Dimension, metric: str
) -> None:
    document = f"""
query Curve({ARGUMENTS}, $by: Dimension!, $metric: MetricId!) {{
  sales({PANEL}) {{ pareto(by: $by, metric: $metric) {{
    members classA classB counts shares membersBelow }} }}
  products({PANEL}) {{ abc(by: $metric) {{ classes {{ name products }} }} }} }}"""
    variables = case.variables | {"by": by.name, "metric": metric.upper()}
    data = await api.data(document, variables)
    found, classes = data["sales"]["pareto"], data["products"]["abc"]["classes"]
    needed = METRICS[metric].measures
    listed = {
        key for (key,), row in market.rows(case.query(by)).items()
        if key and any(row[measure] for measure in needed)
    }  # fmt: skip
    values = market.values(case.query(by), metric)
    ranked = classify(
        sorted((key, value) for key, value in values.items() if key in listed and value is not None)
    )
    assert found["members"] == len(ranked)
    assert found["classA"] == sum(one.abc is Abc.A for one in ranked)
    assert found["classB"] == sum(one.abc is Abc.B for one in ranked)
    assert found["membersBelow"] == sum(one.value <= 0 for one in ranked)
    if by is Dimension.PRODUCT:
        assert [found["classA"], found["classB"]] == [row["products"] for row in classes[:2]]
    positive = [one.value for one in ranked if one.value > 0]
    assert found["counts"][0] == 0
    assert found["counts"][-1] == len(ranked)
    assert {found["classA"], found["classA"] + found["classB"]} <= set(found["counts"])
    for count, value in zip(found["counts"], found["shares"], strict=True):
        assert decimal(value) == share(sum(positive[:count]), sum(positive))


@pytest.mark.parametrize("case", PRODUCT_CASES)
@pytest.mark.parametrize("volume", ["revenue", "units"])
async def test_margins_are_those_of_the_ledger(
    api: Api, market: Market, case: SalesCase, volume: str
) -> None:
    """Those without a known cost or without revenue are counted, never drawn."""
    document = f"""
query Margins({ARGUMENTS}, $volume: MetricId!) {{ products({PANEL}) {{
  margins(volume: $volume, points: 5) {{
    typicalVolume margin others withoutCost withoutRevenue
    points {{ product {{ id }} volume revenue profit margin }} }} }} }}"""
    data = await api.data(document, case.variables | {"volume": volume.upper()})
    found = data["products"]["margins"]
    rows = {
        key: row
        for (key,), row in market.rows(case.query(Dimension.PRODUCT)).items()
        if key and any(row[m] for m in METRICS["profit"].measures | METRICS["units"].measures)
    }
    known = {key: row for key, row in rows.items() if METRICS["margin"].value(row) is not None}
    without_cost = sum(METRICS["profit"].value(row) is None for row in rows.values())
    assert found["withoutCost"] == without_cost
    assert found["withoutRevenue"] == len(rows) - len(known) - without_cost
    sizes = {key: METRICS[volume].value(row) or Decimal(0) for key, row in known.items()}
    order = sorted(known, key=lambda key: (-sizes[key], key))
    assert [row_id(one["product"]["id"], "Product") for one in found["points"]] == order[:5]
    assert found["others"] == max(0, len(order) - 5)
    median = sorted(sizes.values())[(len(sizes) - 1) // 2] if sizes else None
    assert decimal(found["typicalVolume"]) == median
    whole = {m: sum(row[m] for row in known.values()) for m in METRICS["profit"].measures}
    assert decimal(found["margin"]) == METRICS["margin"].value(nothing() | whole)
    for key, one in zip(order, found["points"], strict=False):
        assert decimal(one["volume"]) == sizes[key]
        for name in ("revenue", "profit", "margin"):
            assert decimal(one[name]) == METRICS[name].value(known[key])


PACE = f"""
query Pace({ARGUMENTS}, $unit: PaceUnit!, $team: String) {{ reps({PANEL}) {{
  pace(unit: $unit, team: $team, rows: 100) {{
    firstDay lastDay today daysLeft elapsed state weeks members
    total {{ quota booked attained expected expectedAttained }}
    rows {{ rep {{ id }} figures {{ quota booked attained expected expectedAttained }} }}
  }} }} }}"""


async def pace(api: Api, last: str, unit: str = "MONTH") -> Any:
    case = SalesCase(days=days("2026-02-01", last, ZONE))
    return (await api.data(PACE, case.variables | {"unit": unit, "team": None}))["reps"]["pace"]


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the present of every operation: noon of a day of the market."""

    def on(day: str) -> None:
        noon = dt.datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(ZONE))

        async def now(_: OperationData) -> dt.datetime:
            return noon

        monkeypatch.setattr(OperationData, "now", now)

    return on


@pytest.mark.parametrize(
    ("last", "now", "unit", "first"),
    [("2026-03-20", "2026-03-20", "MONTH", "2026-03-01"),
     # The default view ends yesterday; a chosen month ends with its last day.
     ("2026-03-29", "2026-03-30", "MONTH", "2026-03-01"),
     ("2026-03-31", "2026-03-30", "MONTH", "2026-03-01"),
     ("2026-03-15", "2026-03-30", "MONTH", "2026-03-01"),
     ("2026-04-09", "2026-04-09", "MONTH", "2026-04-01"),
     # A period that ends in a month to come has the running one.
     ("2026-12-31", "2026-04-09", "MONTH", "2026-04-01"),
     ("2026-02-25", "2026-03-25", "QUARTER", "2026-01-01")],
)  # fmt: skip
async def test_a_pace_adds_up_the_weekdays_that_are_left(
    api: Api, market: Market, present: Callable[[str], None],
    last: str, now: str, unit: str, first: str,
) -> None:  # fmt: skip
    """Computed a day at a time from the ledger; the parts of all reps make the whole."""
    present(now)
    found = await pace(api, last, unit)
    assert (found["state"], found["firstDay"], found["today"]) == ("EXPECTED", first, now)
    today = dt.date.fromisoformat(now)
    case = SalesCase(days=days(first, now, ZONE))

    def revenue(start: dt.date, end: dt.date) -> dict[int, Decimal]:
        query = case.query(Dimension.REP, period=days_between(start, end, ZONE))
        return {key: value or Decimal(0) for key, value in market.values(query, "revenue").items()}

    day = dt.timedelta(days=1)
    weeks = found["weeks"]
    since = today - weeks * 7 * day
    recent = [revenue(since + n * day, since + n * day) for n in range(weeks * 7)]
    final = dt.date.fromisoformat(found["lastDay"])
    left = [today + n * day for n in range((final - today).days + 1)]
    assert found["daysLeft"] == len(left)
    whole = sum((sum(one.values()) for one in recent), Decimal(0))
    ahead = sum(
        (
            sum((sum(recent[n].values()) for n in range(weeks * 7)
                 if (since + n * day).weekday() == one.weekday()), Decimal(0)) / weeks
            for one in left
        ),
        Decimal(0),
    )  # fmt: skip
    complete = revenue(dt.date.fromisoformat(first), today - day)
    booked = revenue(dt.date.fromisoformat(first), today)
    for row in found["rows"]:
        key, figures = row_id(row["rep"]["id"], "SalesRep"), row["figures"]
        assert decimal(figures["booked"]) == booked.get(key, Decimal(0))
        part = sum((one.get(key, Decimal(0)) for one in recent), Decimal(0)) / whole
        expected = max(booked.get(key, Decimal(0)), complete.get(key, Decimal(0)) + part * ahead)
        assert abs(Decimal(figures["expected"]) - expected) < Decimal("0.01")
    members = [row["figures"] for row in found["rows"] if row["figures"]["quota"] is not None]
    for name in ("quota", "booked", "expected"):
        assert decimal(found["total"][name]) == sum(Decimal(one[name]) for one in members)
    ratios = [Decimal(one["attained"]) for one in members if one["attained"] is not None]
    assert ratios == sorted(ratios, reverse=True)


async def test_what_cannot_be_expected_is_unknown(api: Api, present: Callable[[str], None]) -> None:
    """In the first days, and without four weeks of sales."""
    for day, state in (("2026-04-03", "EARLY"), ("2026-02-10", "SHORT_HISTORY")):
        present(day)
        found = await pace(api, "2026-04-30")
        assert found["state"] == state
        assert found["total"]["expected"] is None
        assert {row["figures"]["expected"] for row in found["rows"]} == {None}


@pytest.mark.parametrize("last", ["2026-03-02", "2026-03-15", "2026-03-31"])
async def test_a_month_that_is_over_has_its_booked_total(
    api: Api, market: Market, present: Callable[[str], None], last: str
) -> None:
    """Whichever of its days the period ends on."""
    present("2026-04-01")
    over = await pace(api, last)
    assert (over["state"], over["daysLeft"], over["elapsed"]) == ("OVER", 0, "1")
    assert (over["firstDay"], over["today"]) == ("2026-03-01", "2026-03-31")
    march = days("2026-03-01", "2026-03-31", ZONE)
    truth_of = market.values(SalesCase(days=march).query(Dimension.REP), "revenue")
    for row in over["rows"]:
        booked = truth_of.get(row_id(row["rep"]["id"], "SalesRep")) or Decimal(0)
        assert decimal(row["figures"]["booked"]) == booked
        assert row["figures"]["expected"] == row["figures"]["booked"]


async def test_a_pace_of_a_team_has_its_reps_alone(api: Api) -> None:
    everybody = await pace(api, "2026-03-20")
    case = SalesCase(days=days("2026-02-01", "2026-03-20", ZONE))
    variables = case.variables | {"unit": "MONTH", "team": "no such team"}
    none = (await api.data(PACE, variables))["reps"]["pace"]
    assert everybody["members"] > 0
    assert (none["members"], none["rows"], none["total"]["booked"]) == (0, [], "0")
