"""The reps page says what the ledger and the quotas say, to the cent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from shopx_api.types.node import global_id, row_id
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.periods import Granularity
from shopx_core.domain.ranking import competition_ranks
from shopx_store.query import Dimension, Filters
from tests.support.api import Api
from tests.support.market_dataset import RATES, REPS, ZONE, Market, nothing
from tests.support.sales_cases import ARGUMENTS, FIGURES, PANEL, SalesCase, days, decimal

REP = Dimension.REP
FIRST = SalesCase(
    days=days("2026-03-01", "2026-03-31", ZONE),
    earlier=days("2026-02-01", "2026-02-28", ZONE),
)
CASES = [
    pytest.param(FIRST, id="months"),
    pytest.param(
        SalesCase(
            days=days("2026-02-15", "2026-03-10", "Asia/Tokyo"),
            earlier=days("2026-01-22", "2026-02-14", "Asia/Tokyo"),
        ),
        id="parts of months in another zone",
    ),
    pytest.param(
        SalesCase(
            days=days("2026-02-01", "2026-04-30", ZONE),
            filters=Filters(categories=(1, 5), regions=(0,)),
        ),
        id="filtered, not compared",
    ),
    pytest.param(
        SalesCase(days=days("2026-03-01", "2026-03-31", ZONE), filters=Filters(reps=(1, 2))),
        id="two of them",
    ),
    pytest.param(
        SalesCase(
            days=days("2025-05-01", "2025-05-31", ZONE),
            earlier=days("2026-03-01", "2026-03-31", ZONE),
        ),
        id="neither sales nor quotas",
    ),
]

BOARD = f"""
query Board(
    {ARGUMENTS}, $by: LeaderboardOrder!, $team: String, $first: Int!, $after: String
) {{
  reps({PANEL}) {{
    leaderboard(by: $by, team: $team, first: $first, after: $after) {{
      totalCount
      nodes {{
        rank isTied previousRank rankChange rep {{ id name team }}
        figures {{ ...Parts }} attainment {{ quota revenue ratio }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
{FIGURES}"""


async def board(api: Api, case: SalesCase, **more: Any) -> Any:
    given = {"by": "REVENUE", "first": 100} | more
    return (await api.data(BOARD, case.variables | given))["reps"]["leaderboard"]


def month_length(month: dt.date) -> int:
    after = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return (after - month).days


def quota(market: Market, rep: int, first: dt.date, last: dt.date) -> Decimal | None:
    """Day by day: each day has its part of its month's quota."""
    key = next(key for key, value in market.ids["sales_reps"].items() if value == rep)
    number = int(key[1:])
    if number == REPS - 1:
        return None
    amount, day, found = Decimal(0), first, False
    while day <= last:
        month = day.replace(day=1)
        if month.year == 2026 and month.month <= 4:
            found = True
            rate = RATES[max(known for known in RATES if known <= month)] if number == 1 else 1
            amount += Decimal(1000 + 100 * number) * rate / month_length(month)
        day += dt.timedelta(days=1)
    return amount if found else None


def close(given: Decimal | None, expected: Decimal | None) -> bool:
    """Equal but for the rounding of a sum of daily parts."""
    if given is None or expected is None:
        return given is expected
    return abs(given - expected) < Decimal("1e-20")


def standing(
    market: Market, case: SalesCase, by: str, *, earlier: bool = False
) -> dict[int, Decimal | None]:
    """What each rep who sold or was to sell is ranked by."""
    period = case.earlier if earlier else case.days
    if period is None:
        return {}
    rows = market.rows(case.query(REP, period=period))
    values: dict[int, Decimal | None] = {}
    for rep in market.ids["sales_reps"].values():
        target = quota(market, rep, period.first_day, period.last_day)
        if (rep,) not in rows and target is None:
            continue
        row = rows.get((rep,), nothing())
        if by == "attainment":
            revenue = METRICS["revenue"].value(row) or Decimal(0)
            values[rep] = None if target is None else share(revenue, target)
        else:
            values[rep] = METRICS[by].value(row)
    return values


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("by", ["revenue", "profit", "orders", "average_order_value", "attainment"])
async def test_the_leaderboard_is_that_of_the_ledger(
    api: Api, market: Market, case: SalesCase, by: str
) -> None:
    """Who takes part, places, ties, changes, figures with shares, and attainment."""
    found = await board(api, case, by=by.upper())
    values = standing(market, case, by)
    ranks = competition_ranks(values)
    places = competition_ranks(standing(market, case, by, earlier=True))
    # Who sold before and not since is listed, without a place.
    ranks = dict.fromkeys(places) | ranks
    given = {row_id(node["rep"]["id"], "SalesRep"): node for node in found["nodes"]}
    assert {key: node["rank"] for key, node in given.items()} == ranks
    assert found["totalCount"] == len(ranks)
    assert list(given) == sorted(ranks, key=lambda key: (ranks[key] is None, ranks[key] or 0, key))
    rows = market.rows(case.query(REP))
    for key, node in given.items():
        assert node["previousRank"] == places.get(key)
        shared = [rank for rank in ranks.values() if rank is not None and rank == ranks[key]]
        assert node["isTied"] == (len(shared) > 1)
        if node["rank"] and node["previousRank"]:
            assert node["rankChange"] == node["previousRank"] - node["rank"]
        else:
            assert node["rankChange"] is None
        row = rows.get((key,), nothing())
        for figure in node["figures"]:
            name = figure["metric"].lower()
            value = METRICS[name].value(row)
            assert decimal(figure["value"]) == value
            if name in {"revenue", "profit", "orders"}:
                whole = market.value(case.query(), name) or 0
                assert decimal(figure["share"]) == share(value or 0, whole)
        attainment = node["attainment"]
        target = quota(market, key, case.days.first_day, case.days.last_day)
        revenue = METRICS["revenue"].value(row) or Decimal(0)
        assert close(decimal(attainment["quota"]), target)
        assert decimal(attainment["revenue"]) == revenue
        ratio = None if target is None else share(revenue, target)
        assert close(decimal(attainment["ratio"]), ratio)


async def test_a_rep_with_nothing_but_a_quota_is_last(api: Api) -> None:
    """The one who neither sold nor was to sell is not on the board at all."""
    found = await board(api, FIRST)
    names = [node["rep"]["name"] for node in found["nodes"]]
    assert names[-1] == f"Rep {REPS - 2}"
    assert f"Rep {REPS - 1}" not in names


async def test_a_team_is_ranked_among_itself(api: Api) -> None:
    case = FIRST
    whole = await board(api, case)
    team = await board(api, case, team="a")
    expected = [node["rep"] for node in whole["nodes"] if node["rep"]["team"] == "a"]
    assert [node["rep"] for node in team["nodes"]] == expected
    assert [node["rank"] for node in team["nodes"]] == list(range(1, len(expected) + 1))
    assert (await board(api, case, team="unknown"))["nodes"] == []


@pytest.mark.parametrize("by", ["REVENUE", "ATTAINMENT"])
async def test_pages_of_the_board_follow_each_other(api: Api, by: str) -> None:
    case = FIRST
    whole = await board(api, case, by=by)
    walked: list[Any] = []
    after, more = None, True
    while more:
        page = await board(api, case, by=by, first=2, after=after)
        walked += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert walked == whole["nodes"]


ONE = """
query One($id: ID!, $period: PeriodInput!, $zone: String) {
  rep(id: $id) {
    id key name team region manager { name manager { name } }
    attainment(period: $period, zone: $zone) { quota revenue ratio }
    monthlyAttainment(period: $period, zone: $zone) {
      month isRunning attainment { quota revenue ratio }
    }
    sales(period: $period, zone: $zone) {
      kpis(metrics: [REVENUE, ORDERS]) { value }
      customers: breakdown(by: CUSTOMER, metrics: [REVENUE], first: 100) {
        nodes { id figures { value } }
      }
      products: breakdown(by: PRODUCT, metrics: [REVENUE], first: 100) {
        nodes { id figures { value } }
      }
      series(metrics: [REVENUE], granularity: WEEK) { lines { current } }
    }
  }
}"""


@pytest.mark.parametrize(
    ("first", "last", "zone"),
    [
        ("2026-02-01", "2026-04-30", ZONE),
        ("2026-01-25", "2026-03-10", "Asia/Tokyo"),
    ],
)
async def test_one_rep(api: Api, market: Market, first: str, last: str, zone: str) -> None:
    """Figures, top customers and products, and the quota month by month."""
    key = market.ids["sales_reps"]["r1"]
    case = SalesCase(days=days(first, last, zone), filters=Filters(reps=(key,)))
    variables = {
        "id": global_id("SalesRep", key), "period": case.variables["period"], "zone": zone,
    }  # fmt: skip
    found = (await api.data(ONE, variables))["rep"]
    assert (found["name"], found["team"], found["region"]) == ("Rep 1", "b", "north")
    assert found["manager"] == {"name": "Rep 0", "manager": None}
    revenue = market.value(case.query(), "revenue")
    assert decimal(found["sales"]["kpis"][0]["value"]) == revenue
    (line,) = found["sales"]["series"]["lines"]
    assert sum(decimal(value) or 0 for value in line["current"]) == revenue
    for name, dimension in (("customers", Dimension.CUSTOMER), ("products", Dimension.PRODUCT)):
        values = market.values(case.query(dimension), "revenue")
        nodes = found["sales"][name]["nodes"]
        assert {
            row_id(node["id"], dimension.value.title()): decimal(node["figures"][0]["value"])
            for node in nodes
        } == values
    target = quota(market, key, case.days.first_day, case.days.last_day)
    assert close(decimal(found["attainment"]["quota"]), target)
    assert decimal(found["attainment"]["revenue"]) == revenue
    check_months(market, case, key, found["monthlyAttainment"])


def check_months(market: Market, case: SalesCase, rep: int, months: list[dict[str, Any]]) -> None:
    """Each month's part of the period, which add up to it."""
    rows = market.rows(case.query(granularity=Granularity.MONTH))
    for month in months:
        start = dt.date.fromisoformat(month["month"])
        last = start.replace(day=month_length(start))
        target = quota(market, rep, max(start, case.days.first_day), min(last, case.days.last_day))
        assert close(decimal(month["attainment"]["quota"]), target)
        assert month["isRunning"] is False
    revenues = [METRICS["revenue"].value(rows[key]) or 0 for key in sorted(rows)]
    given = [decimal(month["attainment"]["revenue"]) for month in months]
    assert [value for value in given if value] == [value for value in revenues if value]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        pytest.param(global_id("SalesRep", 999), "NOT_FOUND", id="no such rep"),
        pytest.param(global_id("Customer", 1), "INVALID_INPUT", id="a customer"),
    ],
)
async def test_a_rep_that_is_none(api: Api, key: str, code: str) -> None:
    variables = {"id": key, "period": {"preset": "LAST_28_DAYS"}, "zone": None}
    assert (await api.error(ONE, variables))["extensions"]["code"] == code
