"""Orders and reference data come in through the API: each item by itself, and never twice."""

from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from shopx_core.domain.api_tokens import Scope
from tests.support.api import Api, make_token

AT = "2026-03-01T12:00:00Z"

UPSERT = """
mutation($products: [ProductInput!]!) {
    upsertProducts(products: $products) {
        recorded rejected results { index key status id problems { code field message } }
    }
}
"""
RECORD = """
mutation($orders: [OrderInput!]!, $source: String! = "api") {
    recordOrders(orders: $orders, source: $source) {
        recorded repeated rejected
        results {
            index key status problems { code field message hint }
            order {
                id key source status revenue profit units currency orderedAt
                lines { number kind quantity gross discount cost product { name } }
            }
        }
    }
}
"""
REFUND = """
mutation($key: String!, $again: String!, $lines: [RefundLineInput!]) {
    refundOrder(key: $key, idempotencyKey: $again, lines: $lines) {
        status order { status revenue units lines { kind quantity gross } }
    }
}
"""
CANCEL = "mutation($key: String!) { cancelOrder(key: $key) { status order { status revenue } } }"
REVENUE = "{ sales(period: {preset: ALL_TIME}) { kpis(metrics: [REVENUE, ORDERS]) { value } } }"


def order(key: str = "o1", **more: Any) -> dict[str, Any]:
    """Two pins at 10.00 and 10 % off, with the product's cost of 2.50 each."""
    line = {"product": "pin", "quantity": "2", "gross": "20.00", "discount": "2.00"}
    return {"key": key, "orderedAt": AT, "lines": [line]} | more


@pytest.fixture
async def till(writer: Api) -> Api:
    """A caller that may write, where pins are known."""
    products = [{"key": "pin", "name": "Pin", "unitCost": "2.50"}]
    await writer.data(UPSERT, {"products": products})
    return writer


async def test_an_order_is_recorded_and_read_back(till: Api) -> None:
    """As of after the write, in the same answer; and the figures have it at once."""
    found = (await till.data(RECORD, {"orders": [order()]}))["recordOrders"]
    assert (found["recorded"], found["repeated"], found["rejected"]) == (1, 0, 0)
    read = found["results"][0]["order"]
    assert (read["key"], read["source"], read["status"]) == ("o1", "api", "SOLD")
    assert (read["revenue"], read["profit"], read["units"]) == ("18", "13", "2")
    assert read["currency"] == "USD"
    assert read["orderedAt"] == AT
    assert read["lines"] == [
        {
            "number": 1, "kind": "SALE", "quantity": "2", "gross": "20", "discount": "2",
            "cost": "5", "product": {"name": "Pin"},
        }
    ]  # fmt: skip
    kpis = (await till.data(REVENUE))["sales"]["kpis"]
    assert [figure["value"] for figure in kpis] == ["18", "1"]


async def test_the_same_order_again_changes_nothing(till: Api) -> None:
    """A client that got no answer sends again; other content under the key is a conflict."""
    first = (await till.data(RECORD, {"orders": [order()]}))["recordOrders"]["results"][0]
    again = (await till.data(RECORD, {"orders": [order()]}))["recordOrders"]
    assert (again["repeated"], again["results"][0]["status"]) == (1, "REPEATED")
    assert again["results"][0]["order"] == first["order"]
    other = order(lines=[{"product": "pin", "quantity": "3", "gross": "30"}])
    refused = (await till.data(RECORD, {"orders": [other]}))["recordOrders"]["results"][0]
    assert (refused["status"], refused["order"]) == ("REJECTED", None)
    assert refused["problems"][0]["code"] == "CONFLICT"
    assert (await till.data(REVENUE))["sales"]["kpis"][0]["value"] == "18"


async def test_a_source_has_keys_of_its_own(till: Api) -> None:
    """The same key in another source is another order; its products must be known there too."""
    await till.data(RECORD, {"orders": [order()]})
    found = (await till.data(RECORD, {"orders": [order()], "source": "shop"}))["recordOrders"]
    assert found["results"][0]["problems"][0]["code"] == "NOT_FOUND"


async def test_one_bad_order_does_not_stop_the_others(till: Api) -> None:
    """Each problem says which field; the good orders are stored."""
    orders = [
        order("good"),
        order("unknown", lines=[{"product": "nail", "quantity": "1", "gross": "1"}]),
        order("negative", lines=[{"product": "pin", "quantity": "-1", "gross": "1"}]),
        order("cheap", lines=[{"product": "pin", "quantity": "1", "gross": "1", "discount": "2"}]),
        order("future", orderedAt="2999-01-01T00:00:00Z"),
        order("ghost", customer="ghost"),
        order("money", currency="euro"),
        order("empty", lines=[]),
        order("good"),
        order("", lines=order()["lines"]),
    ]
    found = (await till.data(RECORD, {"orders": orders}))["recordOrders"]
    assert (found["recorded"], found["rejected"]) == (1, 9)
    problems = {
        (result["index"], problem["code"], problem["field"])
        for result in found["results"]
        for problem in result["problems"]
    }
    assert problems == {
        (1, "NOT_FOUND", "lines.0.product"),
        (2, "INVALID_INPUT", "lines.0.quantity"),
        (3, "INVALID_INPUT", "lines.0.discount"),
        (4, "INVALID_INPUT", "orderedAt"),
        (5, "NOT_FOUND", "customer"),
        (6, "INVALID_INPUT", "currency"),
        (7, "INVALID_INPUT", "lines"),
        (8, "CONFLICT", "key"),
        (9, "INVALID_INPUT", "key"),
    }
    assert (await till.data(REVENUE))["sales"]["kpis"][1]["value"] == "1"


async def test_a_part_of_an_order_comes_back(till: Api) -> None:
    """One of two pins; the same request again changes nothing; the rest comes back too."""
    await till.data(RECORD, {"orders": [order()]})
    part = {"key": "o1", "again": "r1", "lines": [{"line": 1, "quantity": "1"}]}
    found = (await till.data(REFUND, part))["refundOrder"]
    assert (found["status"], found["order"]["status"]) == ("RECORDED", "PARTLY_REFUNDED")
    assert (found["order"]["revenue"], found["order"]["units"]) == ("9", "2")
    again = (await till.data(REFUND, part))["refundOrder"]
    assert (again["status"], again["order"]) == ("REPEATED", found["order"])
    rest = (await till.data(REFUND, {"key": "o1", "again": "r2"}))["refundOrder"]
    assert (rest["order"]["status"], rest["order"]["revenue"]) == ("REFUNDED", "0")
    error = await till.error(REFUND, {"key": "o1", "again": "r3"})
    assert error["extensions"]["code"] == "CONFLICT"


async def test_a_cancelled_order_counts_nowhere(till: Api) -> None:
    """As if it had never been; twice is once."""
    await till.data(RECORD, {"orders": [order()]})
    found = (await till.data(CANCEL, {"key": "o1"}))["cancelOrder"]
    assert found == {"status": "RECORDED", "order": {"status": "CANCELLED", "revenue": "0"}}
    assert (await till.data(CANCEL, {"key": "o1"}))["cancelOrder"]["status"] == "REPEATED"
    kpis = (await till.data(REVENUE))["sales"]["kpis"]
    assert [figure["value"] for figure in kpis] == ["0", "0"]


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        (REFUND, {"key": "o1", "again": "", "lines": None}, "INVALID_INPUT"),
        (REFUND, {"key": "gone", "again": "r", "lines": None}, "NOT_FOUND"),
        (REFUND, {"key": "o1", "again": "r", "lines": [{"line": 7}]}, "INVALID_INPUT"),
        (
            REFUND,
            {"key": "o1", "again": "r", "lines": [{"line": 1, "quantity": "3"}]},
            "INVALID_INPUT",
        ),
        (CANCEL, {"key": "gone"}, "NOT_FOUND"),
        (RECORD, {"orders": []}, "INVALID_INPUT"),
        (RECORD, {"orders": [order(str(n)) for n in range(501)]}, "INVALID_INPUT"),
        (RECORD, {"orders": [order()], "source": ""}, "INVALID_INPUT"),
        (RECORD, {"orders": [order()], "source": "a\nb"}, "INVALID_INPUT"),
        (CANCEL, {"key": "a\x00b"}, "INVALID_INPUT"),
        (UPSERT, {"products": []}, "INVALID_INPUT"),
        (RECORD, {"orders": [{"key": "x", "orderedAt": AT}]}, "BAD_USER_INPUT"),
        (RECORD, {"orders": [order(orderedAt="yesterday")]}, "BAD_USER_INPUT"),
        (
            RECORD,
            {"orders": [order(lines=[{"product": "pin", "quantity": 1.5, "gross": "1"}])]},
            "BAD_USER_INPUT",
        ),
    ],
    ids=[
        "refund-without-key", "refund-of-nothing", "refund-of-no-line", "refund-too-much",
        "cancel-nothing", "no-orders", "too-many-orders", "no-source", "odd-source", "nul",
        "no-products", "missing-fields", "no-instant", "no-exact-number",
    ],
)  # fmt: skip
async def test_refusals_have_codes(
    till: Api, text: str, variables: dict[str, Any], code: str
) -> None:
    """And nothing is written."""
    await till.data(RECORD, {"orders": [order()]})
    error = await till.error(text, variables)
    assert error["extensions"]["code"] == code, error
    assert (await till.data(REVENUE))["sales"]["kpis"][0]["value"] == "18"


async def test_reference_data_is_made_and_changed(writer: Api) -> None:
    """By key; a name that changes changes everywhere, the facts stay."""
    text = """
    mutation($name: String!) {
        upsertCategories(categories: [
            { key: "saws", name: "Saws", parent: "tools" }, { key: "tools", name: "Tools" }
        ]) { recorded }
        upsertProducts(products: [{ key: "p", name: $name, category: "saws", sku: "S-1" }]) {
            results { id }
        }
        upsertCustomers(customers: [{ key: "7" }]) { results { id } }
        upsertReps(reps: [
            { key: "a", name: "Ann", team: "East", region: "North", hiredOn: "2020-01-31",
              manager: "b" },
            { key: "b", name: "Bob" }
        ]) { results { id } }
    }
    """
    made = await writer.data(text, {"name": "Jigsaw"})
    again = await writer.data(text, {"name": "Fretsaw"})
    assert made == again
    read = await writer.data(
        """query($p: ID!, $c: ID!, $r: ID!) {
            product(id: $p) { sku name category { name parent { name } } }
            customer(id: $c) { key name }
            rep(id: $r) { name team region hiredOn manager { name } }
        }""",
        {
            "p": made["upsertProducts"]["results"][0]["id"],
            "c": made["upsertCustomers"]["results"][0]["id"],
            "r": made["upsertReps"]["results"][0]["id"],
        },
    )
    assert read == {
        "product": {
            "sku": "S-1",
            "name": "Fretsaw",
            "category": {"name": "Saws", "parent": {"name": "Tools"}},
        },
        "customer": {"key": "7", "name": None},
        "rep": {
            "name": "Ann",
            "team": "East",
            "region": "North",
            "hiredOn": "2020-01-31",
            "manager": {"name": "Bob"},
        },
    }


async def test_bad_rows_are_rejected_alone(writer: Api) -> None:
    """A product of no category, a second row with the same key."""
    products = [
        {"key": "a", "name": "A"},
        {"key": "b", "name": "B", "category": "gone"},
        {"key": "a", "name": "again"},
        {"key": "c", "name": " "},
        {"key": "d", "name": "D", "unitCost": "-1"},
    ]
    found = (await writer.data(UPSERT, {"products": products}))["upsertProducts"]
    assert (found["recorded"], found["rejected"]) == (1, 4)
    assert [result["status"] for result in found["results"]] == ["RECORDED"] + ["REJECTED"] * 4
    codes = [result["problems"][0]["code"] for result in found["results"][1:]]
    assert codes == ["NOT_FOUND", "CONFLICT", "INVALID_INPUT", "INVALID_INPUT"]


async def test_several_mutations_see_one_another(till: Api) -> None:
    """They run one after the other, and each reads what those before it wrote."""
    found = await till.data(
        """mutation($orders: [OrderInput!]!) {
            recordOrders(orders: $orders) { results { order { status } } }
            refundOrder(key: "o1", idempotencyKey: "r") { order { status revenue } }
            cancelOrder(key: "o1") { order { status } }
        }""",
        {"orders": [order()]},
    )
    assert found["recordOrders"]["results"][0]["order"]["status"] == "SOLD"
    assert found["refundOrder"]["order"] == {"status": "REFUNDED", "revenue": "0"}
    assert found["cancelOrder"]["order"]["status"] == "CANCELLED"


async def test_amounts_stay_exact(till: Api) -> None:
    """Twenty decimals and fifteen digits, there and back."""
    gross = "123456789012345.12345678901234567891"
    line = {"product": "pin", "quantity": "0.001", "gross": gross, "cost": "0"}
    found = (await till.data(RECORD, {"orders": [order(lines=[line])]}))["recordOrders"]
    assert found["results"][0]["order"]["revenue"] == str(Decimal(gross))


@pytest.mark.parametrize(
    ("scopes", "code"),
    [((), "UNAUTHENTICATED"), ((Scope.READ,), "FORBIDDEN"), ((Scope.ADMIN,), "FORBIDDEN")],
    ids=["anonymous", "reader", "admin"],
)
@pytest.mark.parametrize(
    "text",
    [
        "mutation { recordOrders(orders: []) { recorded } }",
        'mutation { refundOrder(key: "o", idempotencyKey: "r") { status } }',
        'mutation { cancelOrder(key: "o") { status } }',
        "mutation { upsertProducts(products: []) { recorded } }",
        "mutation { upsertCategories(categories: []) { recorded } }",
        "mutation { upsertCustomers(customers: []) { recorded } }",
        "mutation { upsertReps(reps: []) { recorded } }",
    ],
    ids=lambda text: text.split()[2].partition("(")[0],
)
async def test_writing_needs_its_scope(
    api: Api, pool: asyncpg.Pool, scopes: tuple[Scope, ...], code: str, text: str
) -> None:
    """Even where reads are open; before the input is even looked at."""
    headers: dict[str, Any] = {}
    if scopes:
        headers["authorization"] = f"Bearer {await make_token(pool, *scopes)}"
    error = await api.error(text, **headers)
    assert error["extensions"]["code"] == code


async def test_a_refund_counts_when_it_happened(till: Api) -> None:
    """The day of the return, not the day of the order."""
    await till.data(RECORD, {"orders": [order()]})
    await till.data(
        'mutation { refundOrder(key: "o1", idempotencyKey: "r",'
        ' refundedAt: "2026-03-05T00:00:00Z") { status } }'
    )
    series = await till.data(
        '{ sales(period: {days: {from: "2026-03-01", to: "2026-03-05"}})'
        " { series(metrics: [REVENUE, RETURNS]) { lines { current } } } }"
    )
    revenue, returns = (line["current"] for line in series["sales"]["series"]["lines"])
    assert revenue == ["18", "0", "0", "0", "-18"]
    assert returns == ["0", "0", "0", "0", "18"]


SET_RATES = """
mutation($rates: [RateInput!]!) { setRates(rates: $rates) { added changed same } }
"""


async def test_a_currency_without_a_rate_is_refused(till: Api) -> None:
    """One such order would leave every figure over its day without an answer."""
    orders = [order("xxx", currency="XXX"), order("plain")]
    found = (await till.data(RECORD, {"orders": orders}))["recordOrders"]
    assert (found["recorded"], found["rejected"]) == (1, 1)
    (problem,) = found["results"][0]["problems"]
    assert (problem["code"], problem["field"]) == ("RATE_MISSING", "currency")
    assert "No exchange rate of XXX into USD is known for 2026-03-01" in problem["message"]
    assert "shopx rates set XXX 2026-03-01 RATE" in problem["hint"]
    kpis = (await till.data(REVENUE))["sales"]["kpis"]
    assert [figure["value"] for figure in kpis] == ["18", "1"]


async def test_rates_are_set_and_corrected(till: Api) -> None:
    """An order of the day or a later one is taken then, and counts at the rate as it is now."""
    first = {"currency": "EUR", "day": "2026-03-02", "rate": "2"}
    assert (await till.data(SET_RATES, {"rates": [first]}))["setRates"] == {
        "added": 1, "changed": 0, "same": 0,
    }  # fmt: skip
    early = (await till.data(RECORD, {"orders": [order(currency="EUR")]}))["recordOrders"]
    assert early["rejected"] == 1
    rates = [first, first | {"day": "2026-03-01"}, first | {"currency": "CHF"}]
    assert (await till.data(SET_RATES, {"rates": rates}))["setRates"]["same"] == 1
    taken = (await till.data(RECORD, {"orders": [order(currency="EUR")]}))["recordOrders"]
    assert taken["recorded"] == 1
    kpis = (await till.data(REVENUE))["sales"]["kpis"]
    assert kpis[0]["value"] == "36"
    other = first | {"day": "2026-03-01", "rate": "3"}
    assert (await till.data(SET_RATES, {"rates": [other]}))["setRates"]["changed"] == 1
    kpis = (await till.data(REVENUE))["sales"]["kpis"]
    assert kpis[0]["value"] == "54"


@pytest.mark.parametrize(
    "rate",
    [
        pytest.param({"currency": "USD"}, id="reporting"),
        pytest.param({"currency": "euro"}, id="code"),
        pytest.param({"rate": "0"}, id="zero"),
        pytest.param({"rate": "-1"}, id="negative"),
        pytest.param({"rate": "1000000000000001"}, id="huge"),
        pytest.param({"day": "9999-01-01"}, id="day"),
    ],
)
async def test_what_is_no_rate_is_refused(till: Api, rate: dict[str, str]) -> None:
    """All or none are stored."""
    good = {"currency": "EUR", "day": "2026-03-02", "rate": "2"}
    error = await till.error(SET_RATES, {"rates": [good, good | {"day": "2026-03-03"} | rate]})
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert (await till.data(SET_RATES, {"rates": [good]}))["setRates"]["added"] == 1


async def test_a_nul_rejects_its_order_alone(till: Api) -> None:
    """The others of the batch are taken, whichever text has it."""
    line = order()["lines"][0]
    orders = [
        order("a\x00b"),
        order("good"),
        order("o2", customer="\x00"),
        order("o3", region="no\x00rth"),
        order("o4") | {"lines": [line | {"product": "p\x00"}]},
    ]
    found = (await till.data(RECORD, {"orders": orders}))["recordOrders"]
    assert (found["recorded"], found["rejected"]) == (1, 4)
    fields = [result["problems"][0]["field"] for result in found["results"] if result["problems"]]
    assert fields == ["key", "customer", "region", "lines.0.product"]
