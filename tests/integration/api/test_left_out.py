"""Where an exchange rate is missing all the same, figures say what they leave out."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.settings import ColumnsSettings, DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.matviews.refresh import refresh
from shopx_store.rollups.fold import fold
from tests.integration.api.test_columns import becomes_columns
from tests.integration.api.test_ingest import CANCEL, RECORD, REFUND, SET_RATES, UPSERT, order
from tests.support.api import Api, serving, settings_for
from tests.support.postgres import Database

NOW = dt.datetime.now(dt.UTC)
LEFT_OUT = "leftOut { currency lines gross amount cost command }"
KPIS = f"kpis(metrics: [REVENUE, PROFIT, ORDERS]) {{ value }} {LEFT_OUT}"
BREAKDOWN = "breakdown(by: REGION, metrics: [REVENUE]) { nodes { figures { value } } }"
RANKING = "ranking(metrics: [REVENUE]) { nodes { figures { value } } }"


@pytest.fixture
async def till(writer: Api, database: Database) -> Api:
    """An order at home, and one in XXX whose rate was deleted after it was taken."""
    products = [{"key": "pin", "name": "Pin", "unitCost": "2.50"}]
    await writer.data(UPSERT, {"products": products})
    await writer.data(SET_RATES, {"rates": [{"currency": "XXX", "day": "1999-01-01", "rate": "4"}]})
    at = NOW.isoformat()
    orders = [order("home", orderedAt=at), order("away", orderedAt=at, currency="XXX")]
    found = (await writer.data(RECORD, {"orders": orders}))["recordOrders"]
    assert found["recorded"] == 2
    forget_rates(database)
    return writer


def forget_rates(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("delete from rates")


async def sales(api: Api, fields: str, preset: str = "TODAY") -> dict[str, Any]:
    """The sales of a period as the ledger has them right now: data and extensions."""
    body = (
        await api.post(
            f"{{ sales(period: {{preset: {preset}}}) {{ {fields} }}"
            f" products(period: {{preset: {preset}}}) {{ {RANKING} }} }}",
            cache_control="no-cache",
        )
    ).json()
    assert "errors" not in body, body
    return dict(body)


def values(figures: list[dict[str, str]]) -> list[str]:
    return [figure["value"] for figure in figures]


@pytest.mark.parametrize("preset", ["TODAY", "ALL_TIME"])
@pytest.mark.parametrize("folded", [False, True])
async def test_every_panel_answers_and_says_what_is_missing(
    till: Api, database: Database, preset: str, folded: bool
) -> None:
    """Once such an order stopped money everywhere."""
    if folded:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            fold(connection)
    body = await sales(till, f"{KPIS} {BREAKDOWN}", preset)
    panel = body["data"]["sales"]
    assert values(panel["kpis"]) == ["18", "13", "2"]
    assert [values(row["figures"]) for row in panel["breakdown"]["nodes"]] == [["18"]]
    assert [values(row["figures"]) for row in body["data"]["products"]["ranking"]["nodes"]] == [
        ["18"]
    ]
    (missing,) = panel["leftOut"]
    assert missing["command"].startswith("shopx rates set XXX ")
    amounts = {"currency": "XXX", "lines": 1, "gross": "20", "amount": "18", "cost": "1.25"}
    assert missing == amounts | {"command": missing["command"]}
    # For clients that do not ask, and at most as long as something is missing.
    assert missing | {"of": "sales"} in body["extensions"]["leftOut"]
    day = missing["command"].split()[4]
    rates = [{"currency": "XXX", "day": day, "rate": "4"}]
    await till.data(SET_RATES, {"rates": rates})
    body = await sales(till, KPIS, preset)
    assert values(body["data"]["sales"]["kpis"]) == ["90", "80", "2"]
    assert body["data"]["sales"]["leftOut"] == []
    assert "leftOut" not in body["extensions"]


async def test_what_was_taken_back_asks_for_no_rate(till: Api, database: Database) -> None:
    """A cancelled order is nothing; one that was returned has no revenue, and gross amounts."""
    await till.data(CANCEL, {"key": "away"})
    body = await sales(till, KPIS)
    assert values(body["data"]["sales"]["kpis"]) == ["18", "13", "1"]
    assert body["data"]["sales"]["leftOut"] == []
    assert "leftOut" not in body["extensions"]
    await till.data(SET_RATES, {"rates": [{"currency": "XXX", "day": "1999-01-01", "rate": "4"}]})
    again = order("back", orderedAt=NOW.isoformat(), currency="XXX")
    await till.data(RECORD, {"orders": [again]})
    await till.data(REFUND, {"key": "back", "again": "r"})
    forget_rates(database)
    body = await sales(till, KPIS)
    (missing,) = body["data"]["sales"]["leftOut"]
    assert (missing["gross"], missing["amount"], missing["cost"]) == ("20", "0", "0")
    assert values(body["data"]["sales"]["kpis"])[0] == "18"


async def test_the_replica_says_the_same(till: Api, database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "columns"
    await to_base(database, folder)
    columns = ColumnsSettings(folder=str(folder), memory=256, threads=1).model_dump()
    async with serving(create_inner_app(settings_for(database.dsn, columns=columns))) as api:
        document = f"{{ sales(period: {{preset: TODAY}}) {{ {KPIS} }} }}"
        found = await becomes_columns(api, document)
    plain = await till.data(document, cache_control="no-cache")
    assert found == plain
    assert found["sales"]["leftOut"][0]["amount"] == "18"


async def to_base(database: Database, folder: Path) -> None:
    build(DatabaseSettings(dsn=database.dsn), folder, BuildLimits(threads=1, memory="128MB"))


async def test_a_view_says_what_its_refresh_left_out(till: Api, database: Database) -> None:
    customers = [{"key": "ann", "name": "Ann"}]
    await till.data(
        "mutation($c: [CustomerInput!]!) { upsertCustomers(customers: $c) { recorded } }",
        {"c": customers},
    )
    await till.data(SET_RATES, {"rates": [{"currency": "XXX", "day": "1999-01-01", "rate": "4"}]})
    theirs = [
        order("a1", customer="ann", orderedAt=NOW.isoformat(), currency="XXX"),
        order("a2", customer="ann", orderedAt=NOW.isoformat()),
    ]
    await till.data(RECORD, {"orders": theirs})
    forget_rates(database)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        refresh(connection, "mv_customer_rfm")
    document = "{ customers { segments { rows { revenue } } } }"
    body = (await till.post(document, cache_control="no-cache")).json()
    revenues = [row["revenue"] for row in body["data"]["customers"]["segments"]["rows"]]
    assert "18" in revenues
    (missing,) = body["extensions"]["leftOut"]
    assert (missing["currency"], missing["lines"], missing["amount"]) == ("XXX", 1, "18")


async def test_a_cost_of_the_catalogue_is_converted_by_the_days_rate(till: Api) -> None:
    """It is in the reporting currency; a line's own cost is in the order's."""
    rates = [
        {"currency": "EUR", "day": "2026-02-01", "rate": "1.25"},
        {"currency": "EUR", "day": "2026-03-02", "rate": "1.1"},
    ]
    await till.data(SET_RATES, {"rates": rates})
    own = [{"product": "pin", "quantity": "2", "gross": "20.00", "cost": "6"}]
    orders = [
        order("before", currency="EUR"),
        order("after", currency="EUR", orderedAt="2026-03-02T12:00:00Z"),
        order("own", currency="EUR", lines=own),
    ]
    found = (await till.data(RECORD, {"orders": orders}))["recordOrders"]["results"]
    costs = [result["order"]["lines"][0]["cost"] for result in found]
    assert costs == ["4", "4.545455", "6"]
    period = '{days: {from: "2026-03-02", to: "2026-03-02"}}'
    kpis = await till.data(f"{{ sales(period: {period}) {{ kpis(metrics: [COST]) {{ value }} }} }}")
    assert round(Decimal(kpis["sales"]["kpis"][0]["value"]), 2) == Decimal("5.00")
