"""A page as a file says what the API says."""

import io
from decimal import Decimal
from typing import Any

import httpx
import pyarrow.parquet
import pypdf
import pytest

from shopx_api.files.number_text import number_text
from shopx_api.files.pages import PAGES
from shopx_api.server import list_files
from shopx_core.domain.metrics import METRICS
from tests.support.api import Api
from tests.support.sales_cases import COMPARED
from tests.support.workbook_cells import cells_of

KPIS = """
query($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    kpis(metrics: [REVENUE, ORDERS]) { metric value previous }
  }
}"""


async def saved(api: Api, name: str, **variables: Any) -> httpx.Response:
    response = await api.http.post(f"/exports/{name}", json=variables, headers=api.headers)
    assert response.status_code == 200, response.text
    return response


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_is_a_pdf_file(api: Api, page: str) -> None:
    """With its title, its panels, what it is of, and the number of its pages."""
    response = await saved(api, f"{page}.pdf", **COMPARED.variables)
    assert response.headers["content-type"] == "application/pdf"
    text = text_of(response.content)
    document = (await saved(api, f"{page}.json", **COMPARED.variables)).json()
    assert PAGES[page].title in text
    for section in document["sections"]:
        assert section["title"] in text
    assert f"Page 1 of {len(pypdf.PdfReader(io.BytesIO(response.content)).pages)}" in text
    for said in ("2026-03-01 to 2026-03-31", "2026-02-01 to 2026-02-28", "As of", "Currency"):
        assert said in text


async def test_a_page_has_the_figures_of_the_api(api: Api) -> None:
    """Exact in the workbook, rounded in the PDF."""
    kpis = (await api.data(KPIS, COMPARED.variables))["sales"]["kpis"]
    document = (await saved(api, "overview.json", **COMPARED.variables)).json()
    figures = {one["metric"]: one for one in document["sections"][0]["rows"]}
    pdf = text_of((await saved(api, "overview.pdf", **COMPARED.variables)).content)
    book = cells_of((await saved(api, "overview.xlsx", **COMPARED.variables)).content)
    cells = {row[0]: row for row in book[0] if row}
    for kpi in kpis:
        metric = METRICS[kpi["metric"].lower()]
        assert figures[metric.id]["value"] == kpi["value"]
        assert figures[metric.id]["previous"] == kpi["previous"]
        assert number_text(kpi["value"], metric.unit) in pdf
        assert cells[metric.title][1] == float(kpi["value"])


async def test_the_panels_of_a_page_add_up_to_its_figures(api: Api) -> None:
    book = cells_of((await saved(api, "overview.xlsx", **COMPARED.variables)).content)
    revenue = next(row[1] for row in book[0] if row[:1] == ["Revenue"])
    # After the figures, the line over time and its forecast.
    for sheet in book[3:]:
        header = next(place for place, row in enumerate(sheet) if "Revenue before" in row)
        column = sheet[header].index("Revenue")
        amounts = [Decimal(str(row[column])) for row in sheet[header + 1 :]]
        assert sum(amounts) == Decimal(str(revenue))


ANALYSIS = """
query($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    forecast { state values expected low }
    pareto(by: PRODUCT) { counts shares members }
  }
  reps(period: $period, zone: $zone, filters: $filters) {
    pace(rows: 100) { members total { booked quota } rows { rep { name } figures { booked } } }
  }
  products(period: $period, zone: $zone, filters: $filters) {
    margins(points: 500) { margin typicalVolume points { product { name } revenue margin } }
  }
}"""


async def test_panels_that_estimate_and_divide_have_the_figures_of_the_api(api: Api) -> None:
    """In the document that the PDF is drawn of, and as rows of the workbook."""
    data = await api.data(ANALYSIS, COMPARED.variables)
    documents = {
        page: (await saved(api, f"{page}.json", **COMPARED.variables)).json()["sections"]
        for page in ("overview", "products", "reps")
    }
    sections = {one["name"]: one for page in documents.values() for one in page}
    forecast, expected = sections["forecast"], data["sales"]["forecast"]
    assert forecast["current"] == expected["values"]
    assert (forecast["outlook"] is not None) == (expected["state"] == "READY")
    assert forecast["notes"]
    curve, pareto = sections["pareto-curve"], data["sales"]["pareto"]
    assert [int(row[1]) for row in curve["rows"]] == pareto["counts"]
    assert [row[curve["y"]] for row in curve["rows"]] == pareto["shares"]
    assert {row[0] for row in curve["rows"][1:]} == {"A", "B", "C"}
    points, margins = sections["margins"], data["products"]["margins"]
    assert points["lines"] == [margins["typicalVolume"], margins["margin"]]
    assert [[row[0], row[points["x"]], row[points["y"]]] for row in points["rows"]] == [
        [one["product"]["name"], one["revenue"], one["margin"]] for one in margins["points"]
    ]
    pace, found = sections["pace"], data["reps"]["pace"]
    assert pace["count"] == found["members"]
    assert [row[:2] for row in pace["rows"]] == [
        [one["rep"]["name"], one["figures"]["booked"]] for one in found["rows"]
    ]
    assert pace["total"][1:3] == [found["total"]["booked"], found["total"]["quota"]]
    book = cells_of((await saved(api, "products.xlsx", **COMPARED.variables)).content)
    names = [row[0] for row in book[-1] if row]
    assert names[-len(points["rows"]) :] == [row[0] for row in points["rows"]]


async def test_files_of_one_snapshot_are_as_of_one_instant(api: Api) -> None:
    """The token of the first makes the others of the same snapshot."""
    first = await saved(api, "reps.json", **COMPARED.variables)
    token = first.headers["x-shopx-as-of"]
    again = await api.http.post(
        "/exports/reps.json", json=COMPARED.variables, headers={"x-shopx-as-of": token}
    )
    assert again.json() == first.json()
    assert again.headers["x-shopx-as-of"] == token


async def test_a_report_may_have_some_panels(api: Api) -> None:
    document = (await saved(api, "overview.json", panels=["by-region", "key-figures"])).json()
    assert [one["name"] for one in document["sections"]] == ["key-figures", "by-region"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"panels": ["weather"]}, "no panel 'weather'"),
        ({"panels": "weather"}, "not a list"),
        ({"rows": 1}, "no variable 'rows'"),
        ({"period": {"preset": "SOMEDAY"}}, "SOMEDAY"),
    ],
)
async def test_what_is_no_page_says_why(api: Api, asked: dict[str, Any], message: str) -> None:
    response = await api.http.post("/exports/overview.pdf", json=asked, headers=api.headers)
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]


async def test_a_parquet_file_has_every_row_with_exact_decimals(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "PART_ROWS", 3)
    asked = COMPARED.variables | {"by": "CUSTOMER", "metrics": ["REVENUE", "MARGIN"]}
    lines = (await saved(api, "sales.csv", **asked)).text.partition("\r\n\r\n")[2].splitlines()
    response = await saved(api, "sales.parquet", **asked)
    assert response.headers["content-disposition"].endswith('.parquet"')
    table = pyarrow.parquet.read_table(io.BytesIO(response.content))
    assert table.column_names[:4] == ["customer", "key", "e_mail", "country"]
    assert table.num_rows == len(lines) - 1 > 3
    written = [Decimal(line.split(",")[4]) for line in lines[1:]]
    assert table["revenue"].to_pylist() == written
    assert pyarrow.types.is_decimal(table.schema.field("gross_margin").type)
