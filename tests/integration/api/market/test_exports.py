"""A file of a list has all its rows, exact, with what they are of above them."""

import csv
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shopx_api.panels import breakdown_csv
from shopx_api.panels.labels import NONE_LABELS
from shopx_api.server import exports, list_files, workbook
from shopx_api.types.enums import DimensionName
from shopx_api.types.node import global_id
from shopx_core.domain.metrics import METRICS
from shopx_store.query import Dimension
from tests.support.api import Api
from tests.support.market_dataset import Market, nothing
from tests.support.sales_cases import COMPARED
from tests.support.workbook_cells import cells_of

PATH = f"/exports/{list_files.CSV}"
BY_DIFFERENCE = {"by": "CUSTOMER", "metrics": ["REVENUE", "ORDERS"], "sort": "DIFFERENCE"}


async def saved(api: Api, **variables: Any) -> httpx.Response:
    return await api.http.post(PATH, json=variables, headers=api.headers)


def parsed(text: str) -> tuple[dict[str, list[str]], list[dict[str, str]]]:
    """The lines above by their first cell, and the rows by the names of their columns."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    end = lines.index([])
    notes = {line[0]: line[1:] for line in lines[:end]}
    header, *rows = lines[end + 1 :]
    return notes, [dict(zip(header, row, strict=True)) for row in rows]


async def test_a_file_has_every_row_of_the_ledger(
    api: Api, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In many parts, in the order asked for, and their sums are those of the oracle."""
    monkeypatch.setattr(list_files, "PART_ROWS", 3)
    response = await saved(api, **COMPARED.variables, **BY_DIFFERENCE)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"Revenue by customer {COMPARED.days.first_day} to {COMPARED.days.last_day}.csv"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.text.startswith("\ufeff")
    notes, rows = parsed(response.text)
    assert COMPARED.earlier is not None
    now = market.rows(COMPARED.query(Dimension.CUSTOMER))
    before = market.rows(COMPARED.query(Dimension.CUSTOMER, period=COMPARED.earlier))
    keys = {key for (key,) in (*now, *before)}
    assert len(rows) == len(keys) > 3
    revenue = METRICS["revenue"]
    assert sorted(
        (Decimal(row["Revenue"]), Decimal(row["Revenue before"])) for row in rows
    ) == sorted(
        (
            revenue.value(now.get((key,), nothing())) or Decimal(0),
            revenue.value(before.get((key,), nothing())) or Decimal(0),
        )
        for key in keys
    )
    differences = [Decimal(row["Revenue: difference"]) for row in rows]
    assert differences == sorted(differences, reverse=True)
    assert notes["Period"] == [
        COMPARED.days.start.isoformat(),
        COMPARED.days.end.isoformat(),
        COMPARED.days.zone,
    ]
    assert notes["Compared with"][0] == COMPARED.earlier.start.isoformat()
    assert notes["Order"] == ["Revenue: difference, descending"]
    assert notes["Definition"] == ["Orders", METRICS["orders"].definition]
    assert {"Currency", "As of"} <= notes.keys()


async def test_a_file_names_its_filters(api: Api, market: Market) -> None:
    ids = [global_id("Category", market.ids["categories"]["food"])]
    variables = COMPARED.variables | {"filters": {"categories": ids}}
    notes, _ = parsed((await saved(api, **variables, by="PRODUCT", search="a")).text)
    assert notes["Filter"] == ["Category", "Food"]
    assert notes["Search"] == ["a"]


async def test_a_file_of_a_ranking_has_the_rows_of_the_ranking(api: Api) -> None:
    """Without the row of sales that have no customer."""
    _, every = parsed((await saved(api, **COMPARED.variables, by="CUSTOMER")).text)
    _, members = parsed(
        (await saved(api, **COMPARED.variables, by="CUSTOMER", membersOnly=True)).text
    )
    left_out = [row["Customer"] for row in every if row not in members]
    assert left_out == [NONE_LABELS[DimensionName.CUSTOMER]]


async def test_a_comparison_that_begins_before_the_sales_is_said(api: Api) -> None:
    """And is not, where it does not."""
    notes, _ = parsed((await saved(api, **COMPARED.variables, by="REP")).text)
    assert "Comparison not complete" not in notes
    years = {"mode": "CUSTOM", "days": {"from": "1999-01-01", "to": "2026-06-30"}}
    notes, _ = parsed(
        (await saved(api, **COMPARED.variables | {"comparison": years}, by="REP")).text
    )
    assert notes["Comparison not complete"][0].startswith("Sales begin on 20")


@pytest.mark.parametrize(
    ("body", "media", "message"),
    [
        (b"{}", "application/json", "by"),
        (b"[]", "application/json", "not a JSON object"),
        (b"{", "application/json", "not a JSON object"),
        (b'{"by": "PRODUCT"}', "text/plain", "application/json"),
        (b'{"by": "WEATHER"}', "application/json", "WEATHER"),
        (b'{"by": "REP", "filter": {}}', "application/json", "'filter'"),
        (b'{"by": "REP", "rows": 1}', "application/json", "'rows'"),
        (b" " * 70_000, "application/json", "larger"),
    ],
)
async def test_what_cannot_be_saved_says_why(
    api: Api, body: bytes, media: str, message: str
) -> None:
    headers = {**api.headers, "content-type": media}
    response = await api.http.post(PATH, content=body, headers=headers)
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]


async def test_a_part_has_a_bound(api: Api) -> None:
    """The server's memory does not depend on what a client asks for."""
    document = "query($rows: Int!) { sales { csv(by: PRODUCT, rows: $rows) { text } } }"
    error = await api.error(document, {"rows": breakdown_csv.MAX_ROWS + 1})
    assert error["extensions"]["code"] == "INVALID_INPUT"


async def test_only_some_files_are_written_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    response = await saved(api, by="PRODUCT")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("method", "name", "status", "code"),
    [
        ("GET", list_files.CSV, 405, "INVALID_INPUT"),
        ("PUT", list_files.XLSX, 405, "INVALID_INPUT"),
        ("POST", "orders.csv", 404, "NOT_FOUND"),
        ("GET", "a/b", 404, "NOT_FOUND"),
    ],
)
async def test_what_is_no_request_for_a_file_is_refused_in_the_form_of_all_errors(
    api: Api, method: str, name: str, status: int, code: str
) -> None:
    response = await api.http.request(method, f"/exports/{name}", headers=api.headers)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert (response.headers.get("allow") == "POST") is (status == 405)


async def test_a_workbook_has_the_cells_of_the_file(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In many parts; amounts are numbers, keys are texts."""
    monkeypatch.setattr(list_files, "PART_ROWS", 3)
    variables = COMPARED.variables | BY_DIFFERENCE
    _, rows = parsed((await saved(api, **variables)).text)
    response = await api.http.post(
        f"/exports/{list_files.XLSX}", json=variables, headers=api.headers
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == workbook.MEDIA_TYPE
    assert response.headers["content-disposition"].endswith('.xlsx"')
    (sheet,) = cells_of(response.content)
    header = next(n for n, row in enumerate(sheet) if row[:1] == ["Customer"])
    assert ["As of"] in [row[:1] for row in sheet[:header]]
    assert len(sheet) - header - 1 == len(rows)
    for written, row in zip(sheet[header + 1 :], rows, strict=True):
        found = dict(zip(sheet[header], written, strict=False))
        assert (found["Customer"], found["Key"] or "") == (row["Customer"], row["Key"])
        assert found["Revenue"] == float(row["Revenue"])


async def test_a_workbook_that_fails_is_an_error_and_no_file(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "PART_ROWS", 0)
    response = await api.http.post(
        f"/exports/{list_files.XLSX}", json={"by": "PRODUCT"}, headers=api.headers
    )
    assert response.status_code == 400
    assert "`rows`" in response.json()["errors"][0]["message"]
