"""What a PDF shows and what it says of what it cannot show."""

import datetime as dt
import io
from typing import Any

import pypdf
import pytest
from reportlab.graphics.shapes import Circle, PolyLine

from shopx_api.files.charts import bucket_text, scale, trend_chart
from shopx_api.files.document import (
    Column,
    Document,
    Figure,
    Figures,
    Outlook,
    Plot,
    Table,
    Trend,
)
from shopx_api.files.number_text import MINUS, UNKNOWN, number_text, short_text
from shopx_api.files.parquet import column_names
from shopx_api.files.pdf import pdf
from shopx_api.files.plots import plot_chart
from shopx_core.domain.metrics import Unit
from shopx_core.speech import Speech


def document(*sections: Figures | Plot | Table | Trend) -> Document:
    return Document(
        page="overview",
        title="Overview",
        currency="EUR",
        facts=[["Period", "2026-01-01 to 2026-01-31", "UTC"]],
        definitions=[("Revenue", "What was sold.")],
        sections=list(sections),
        file="Overview 2026-01-01 to 2026-01-31",
    )


def names(*rows: str, count: int | None = None) -> Table:
    return Table(
        name="by-product",
        title="By product",
        columns=[Column(title="Product"), Column(title="Revenue", unit=Unit.MONEY)],
        rows=[[name, "1.50"] for name in rows],
        total=["All", "9.00"],
        count=len(rows) if count is None else count,
    )


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("name", ["Ångström & <Söhne>", "Αθήνα", "Яблоко «Юг»", "Łódź Żabka"])
def test_names_in_latin_greek_and_cyrillic_letters_are_shown(name: str) -> None:
    text = text_of(pdf(document(names(name))))
    assert name in text
    assert "lacks" not in text


def test_a_page_is_in_its_language() -> None:
    """Its own words and its numbers; the panels' come with the document."""
    german = document(names("Ä")).model_copy(update={"language": "de"})
    text = text_of(pdf(german))
    assert "Definitionen" in text
    assert "Seite 1 von 1" in text
    assert "1,50" in text


def test_letters_that_the_font_lacks_are_named() -> None:
    """Instead of an empty space where a name was."""
    text = text_of(pdf(document(names("株式会社"))))
    assert "font lacks, such as U+" in text
    assert "株" not in text


def test_a_part_of_a_list_says_so() -> None:
    assert "The first 1 of 5,881 rows" in text_of(pdf(document(names("A", count=5881))))
    assert "The first" not in text_of(pdf(document(names("A"))))
    assert "There is nothing to list." in text_of(pdf(document(names())))


def test_an_unknown_figure_is_no_zero() -> None:
    unknown = Figure(metric="profit", title="Gross profit", unit=Unit.MONEY, value=None)
    shown = Figures(name="key-figures", title="Key figures", compared=False, rows=[unknown])
    text = text_of(pdf(document(shown)))
    assert f"Gross profit\n{UNKNOWN}" in text


def test_long_lists_have_their_header_on_each_page() -> None:
    content = pdf(document(names(*(f"Product {number}" for number in range(120)))))
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 2
    assert all("Revenue" in page.extract_text() for page in pages[:2])
    assert f"Page 2 of {len(pages)}" in pages[1].extract_text()


def test_the_same_document_gives_the_same_file() -> None:
    assert pdf(document(names("A"))) == pdf(document(names("A")))


@pytest.mark.parametrize(
    ("current", "previous"),
    [
        (["1", None, "3"], ["2", "2", None]),
        ([None, None, None], None),
        (["5", None, None], None),
        (["-4.5", "-2", "0"], ["1", "1", "1"]),
        (["0", "0", "0"], None),
    ],
)
def test_a_chart_has_gaps_where_nothing_is_known(
    current: list[str | None], previous: list[str | None] | None
) -> None:
    trend = Trend(
        name="over-time",
        title="Revenue over time",
        unit=Unit.MONEY,
        granularity="day",
        buckets=[f"2026-01-0{day}T00:00:00+00:00" for day in (1, 2, 3)],
        current=current,
        previous=previous,
        partial=[2],
    )
    assert trend_chart(trend, 400, 150, "Helvetica", Speech("en")).contents
    assert pdf(document(trend)).startswith(b"%PDF")


def plot(rows: list[list[str | None]], **changes: Any) -> Plot:
    columns = [
        Column(title="Product"),
        Column(title="Revenue", unit=Unit.MONEY),
        Column(title="Margin", unit=Unit.RATIO),
    ]
    given: dict[str, Any] = {"x": 1, "y": 2, "is_curve": False, "columns": columns, "rows": rows}
    return Plot(name="margins", title="Margin against revenue", **given | changes)


def test_points_are_drawn_within_their_axes() -> None:
    """Revenue in powers of ten, a large loss at the lower edge, no point without a value."""
    rows: list[list[str | None]] = [
        ["A", "1", "0.4"], ["B", "20000", "-8"], ["C", "300", None],
    ]  # fmt: skip
    quadrants = ["little, much", "much, much", "little, little", "much, little"]
    drawn = plot(rows, lines=("300", "0.1"), quadrants=quadrants, notes=["1 is not drawn."])
    points = [
        one
        for one in plot_chart(drawn, 400, 200, "Helvetica", Speech("en")).contents
        if isinstance(one, Circle)
    ]
    assert [(0 < one.cx < 400, 0 < one.cy < 200) for one in points] == [(True, True)] * 2
    assert points[0].fillColor != points[1].fillColor
    text = text_of(pdf(document(drawn)))
    for said in ("1 is not drawn.", "much, little", "10 k", "Revenue"):
        assert said in text


def test_a_curve_is_one_line_and_nothing_is_said_to_be_nothing() -> None:
    rows: list[list[str | None]] = [["", "0", "0"], ["A", "0.2", "0.8"], ["C", "1", "1"]]
    curve = plot(rows, is_curve=True)
    lines = [
        one
        for one in plot_chart(curve, 400, 200, "Helvetica", Speech("en")).contents
        if isinstance(one, PolyLine)
    ]
    assert [len(one.points) // 2 for one in lines] == [2, 3]
    assert "There is nothing to draw." in text_of(pdf(document(plot([]))))


def test_what_is_expected_follows_the_last_known_day() -> None:
    """Dashed, over its bounds, with a mark at an unusual day and the notes below."""
    trend = Trend(
        name="forecast",
        title="Forecast of revenue",
        unit=Unit.MONEY,
        granularity="day",
        buckets=[f"2026-01-0{day}T00:00:00+00:00" for day in (1, 2, 3, 4)],
        current=["5", "9", None, None],
        previous=None,
        partial=[],
        outlook=Outlook(
            expected=[None, None, "6", "7"],
            low=[None, None, "5", "5"],
            high=[None, None, "8", "9"],
        ),
        marked=[1],
        notes=["Unusual: 2026-01-02."],
    )
    drawing = trend_chart(trend, 400, 150, "Helvetica", Speech("en"))
    dashed = [one for one in drawing.contents if isinstance(one, PolyLine) and one.strokeDashArray]
    # The last known day and the two ahead.
    assert [len(one.points) // 2 for one in dashed] == [3]
    text = text_of(pdf(document(trend)))
    assert "Expected" in text
    assert "Unusual: 2026-01-02." in text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 29_640, (0, 30_000, 10_000)), (-4, 1, (-4, 2, 2)), (0, 0, (0, 0.25, 0.25))],
)
def test_the_ends_of_an_axis_are_round(
    low: float, high: float, expected: tuple[float, float, float]
) -> None:
    assert scale(low, high) == expected


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        ("hour", "13:00"),
        ("day", "5 Nov 2026"),
        ("week", "5 Nov 2026"),
        ("month", "Nov 2026"),
        ("quarter", "Q4 2026"),
        ("year", "2026"),
    ],
)
def test_buckets_are_named_by_their_unit(granularity: str, expected: str) -> None:
    assert (
        bucket_text(dt.datetime(2026, 11, 5, 13, tzinfo=dt.UTC), granularity, Speech("en"))
        == expected
    )


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, Unit.MONEY, UNKNOWN),
        ("1234.5", Unit.MONEY, "1,234.50"),
        ("12345.67", Unit.MONEY, "12,346"),
        ("-0.5", Unit.MONEY, f"{MINUS}0.50"),
        ("-0.001", Unit.MONEY, "0.00"),
        ("0.1234", Unit.RATIO, "12.3 %"),
        ("1408", Unit.COUNT, "1,408"),
        ("37.444", Unit.COUNT, "37.44"),
    ],
)
def test_numbers_are_rounded_for_reading(value: str | None, unit: Unit, expected: str) -> None:
    assert number_text(value, unit) == expected


def test_changes_have_a_sign() -> None:
    assert number_text("0.05", Unit.RATIO, signed=True) == "+5.0 %"
    assert number_text("0", Unit.RATIO, signed=True) == "0.0 %"


def test_ticks_are_short() -> None:
    shown = [short_text(value, Unit.MONEY, Speech("en")) for value in (0, 250, 30_000, -2.5e6)]
    assert shown == ["0", "250", "30 k", f"{MINUS}2.5 M"]
    german = [short_text(value, Unit.MONEY, Speech("de")) for value in (2.5, 30_000)]
    assert german == ["2,5", "30.000"]


def test_columns_of_parquet_have_names_without_quotes() -> None:
    titles = ["Sales rep", "Revenue", "Revenue: change (1 = 100 %)", "Revenue", "E-mail", "…"]
    assert column_names(titles) == [
        *("sales_rep", "revenue", "revenue_change", "revenue__2", "e_mail", "column"),
    ]
