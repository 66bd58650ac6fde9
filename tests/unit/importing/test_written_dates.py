"""Formats of dates, for people."""

import pytest

from shopx_store.importing.sniffing.writing import FORMATS
from shopx_store.importing.written_dates import written_pattern


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("%d.%m.%Y", "DD.MM.YYYY"),
        ("%m/%d/%y %I:%M %p", "MM/DD/YY hh:mm AM/PM"),
        ("%d %b %Y", "DD Mon YYYY"),
        ("%Y-%m-%d %H:%M:%S %z", "YYYY-MM-DD hh:mm:ss +hh:mm"),
        ("100%% %d", "100% DD"),
    ],
)
def test_letters_stand_for_digits(pattern: str, written: str) -> None:
    assert written_pattern(pattern) == written


def test_every_format_that_is_recognised_is_written_without_directives() -> None:
    shown = {one: written_pattern(one) for one in FORMATS}
    assert [one for one in shown.values() if "%" in one] == []
    assert len({*shown.values()}) == len(FORMATS), "two formats look alike"
