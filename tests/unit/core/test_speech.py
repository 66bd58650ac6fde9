"""Texts of files and messages in each language."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest

from shopx_core.domain.languages import Language
from shopx_core.domain.metrics import METRICS
from shopx_core.speech import Speech
from shopx_core.texts import Text, joined, parts, say
from shopx_tools.generators.document_texts import FOLDER
from shopx_tools.generators.server_texts import said

DAYS = say("doc.days", "{first} to {last}", first="2026-01-01", last="2026-01-31")
ROWS = say(
    "doc.first-rows",
    "The first {shown} of {count, number} rows; the workbook has all of them.",
    shown=15,
    count=1234,
)


@pytest.mark.parametrize(
    ("language", "days", "rows"),
    [
        ("en", "2026-01-01 to 2026-01-31", "The first 15 of 1,234 rows; the workbook has all of"),
        ("de", "2026-01-01 bis 2026-01-31", "Die ersten 15 von 1.234 Zeilen"),
        ("ja", "2026-01-01~2026-01-31", "1,234行のうち最初の15行"),
    ],
)
def test_a_text_is_said_in_each_language(language: Language, days: str, rows: str) -> None:
    speech = Speech(language)
    assert speech(DAYS) == days
    assert speech(ROWS).startswith(rows)
    assert speech(joined(DAYS, ROWS)).startswith(f"{days} {rows}")


def test_values_are_said_too() -> None:
    revenue = Text("Revenue", "metric.REVENUE.title", {})
    by = say(
        "doc.title-by",
        "{title} by {dimension}",
        title=[revenue, revenue],
        dimension=Text("category", "doc.category", {}),
    )
    assert Speech("de")(by) == "Umsatz, Umsatz nach Kategorie"
    assert str(by) == "Revenue, Revenue by category"
    begin = say("doc.sales-begin", "Sales begin on {day}.", day=dt.date(2026, 1, 31))
    assert Speech("de")(begin) == "Verkäufe beginnen am 2026-01-31."


def test_what_has_no_code_or_no_translation_stays_english() -> None:
    assert Speech("de")("Chai") == "Chai"
    assert Speech("de")(Text("Something new", "doc.of-a-newer-release", {})) == "Something new"
    assert Speech("en")(DAYS) == str(DAYS)


@pytest.mark.parametrize(
    ("language", "written"), [("en", "1,234.50"), ("de", "1.234,50"), ("ja", "1,234.50")]
)
def test_numbers_have_the_separators_of_the_language(language: Language, written: str) -> None:
    assert Speech(language).number(f"{Decimal('1234.5'):,.2f}") == written


@pytest.mark.parametrize("language", ["de", "ar", "ja"])
def test_files_have_all_their_texts(language: str) -> None:
    catalogue = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    needed = {code for code in said() if re.match(r"(doc|alert)\.", code)}
    for metric in METRICS:
        needed |= {f"metric.{metric.upper()}.{part}" for part in ("title", "definition")}
    assert len(needed) > 100
    assert needed - set(catalogue) == set()


@pytest.mark.parametrize(
    ("language", "forms"), [("de", {1: "one", 0: "other"}), ("ja", {1: "other", 7: "other"}),
    ("ar", {0: "zero", 1: "one", 2: "two", 5: "few", 11: "many", 100: "other", 103: "few"})],
)  # fmt: skip
def test_plurals_have_the_forms_of_the_language(
    language: Language, forms: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"de": ("one", "other"), "ja": ("other",),
             "ar": ("zero", "one", "two", "few", "many", "other")}[language]  # fmt: skip
    plural = " ".join(f"{name} {{{name}}}" for name in names)
    template = f"{{count, plural, {plural}}}"
    monkeypatch.setattr("shopx_core.speech._catalogue", lambda _: {"test.plural": template})
    for count, form in forms.items():
        assert Speech(language)(Text("", "test.plural", {"count": count})) == form
    with pytest.raises(ValueError, match="has the forms"):
        parts("{count, plural, one {#}}")
