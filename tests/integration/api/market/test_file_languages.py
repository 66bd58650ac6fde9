"""Files in the languages of the pages: the same figures under other words."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pypdf
import pytest

from shopx_api.files.pages import PAGES
from tests.support.api import Api
from tests.support.sales_cases import COMPARED
from tests.support.workbook_cells import cells_of

LANGUAGES = ("DE", "AR", "JA")
LIST = {"by": "SEGMENT", "metrics": ["REVENUE", "ORDERS"], **COMPARED.variables}


async def saved(api: Api, name: str, **variables: Any) -> httpx.Response:
    response = await api.http.post(f"/exports/{name}", json=variables, headers=api.headers)
    assert response.status_code == 200, response.text
    return response


def words(document: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document by its place."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from words(value, f"{at}.{name}")
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from words(value, f"{at}[{place}]")
    elif isinstance(document, str):
        yield at, document


SAID = re.compile(r"\.(title|notes\[\d+\])$|\.facts\[\d+\]\[0\]$|\.definitions|\.quadrants")
"""What the product says in a document; the rest is data, or names for programs."""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_page_says_everything_in_the_language(api: Api, page: str, language: str) -> None:
    english = (await saved(api, f"{page}.json", **COMPARED.variables)).json()
    other = (await saved(api, f"{page}.json", language=language, **COMPARED.variables)).json()
    assert other["language"] == language.lower()
    here, there = dict(words(english)), dict(words(other))
    assert here.keys() == there.keys()
    said = {place for place in here if SAID.search(place)}
    assert len(said) > 10
    same = {here[place] for place in said if here[place] == there[place]}
    # Words that German shares.
    assert same <= {"Region", "Team", "Definition", "Segment", "Filter"}, same
    # A file's name is the same in every language, and so are all figures.
    rest = {place for place in here if place not in said and place != ".language"}
    values = re.compile(r"\.(value|previous|ratio|difference|file|metric|verdict)$")
    assert [place for place in rest if values.search(place) and here[place] != there[place]] == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_list_has_the_same_figures_under_other_names(api: Api, language: str) -> None:
    def rows(text: str) -> tuple[list[str], list[list[str]]]:
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        end = lines.index([])
        return [cell for line in lines[: end + 2] for cell in line[:1]], lines[end + 2 :]

    names, english = rows((await saved(api, "sales.csv", **LIST)).text)
    other_names, other = rows((await saved(api, "sales.csv", language=language, **LIST)).text)
    assert len(names) == len(other_names)
    assert {*names} & {*other_names} <= {"Segment", "Definition"}
    assert [row[1:] for row in other] == [row[1:] for row in english]
    # Segments are the product's words too.
    assert [row[0] for row in other] != [row[0] for row in english]


async def test_a_workbook_runs_as_its_language_does(api: Api) -> None:
    arabic = await saved(api, "overview.xlsx", language="AR", **COMPARED.variables)
    first = cells_of(arabic.content)[0]
    assert first[0] == ["المؤشرات الرئيسية"]


async def test_a_pdf_is_in_a_language_that_its_font_has(api: Api) -> None:
    async def title(language: str) -> str:
        made = await saved(api, "overview.pdf", language=language, **COMPARED.variables)
        return pypdf.PdfReader(io.BytesIO(made.content)).pages[0].extract_text().splitlines()[0]

    assert [await title(language) for language in ("DE", "AR", "JA")] == [
        "Überblick",
        "Overview",
        "Overview",
    ]


async def test_another_language_is_refused(api: Api) -> None:
    response = await api.http.post(
        "/exports/overview.json", json={"language": "XX"}, headers=api.headers
    )
    assert response.status_code == 400
    assert "There is no language 'XX'" in response.text
