"""CSV that a spreadsheet opens as what it is."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from shopx_api.panels.csv_text import csv_text


def test_texts_that_begin_like_formulas_are_texts() -> None:
    """Numbers stay numbers, also negative ones."""
    cells = ["=1+1", "+1", "-1", "-1.50", "-x", "@a", "\tb", "-1.5.1"]
    (read,) = csv.reader(io.StringIO(csv_text([cells]), newline=""))
    assert read == ["'=1+1", "'+1", "-1", "-1.50", "'-x", "'@a", "'\tb", "'-1.5.1"]


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\x00")), min_size=2)))
def test_every_text_is_read_back(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
