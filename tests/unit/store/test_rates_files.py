"""Files of exchange rates: each layout gives its rates, or the message says where it does not."""

import datetime as dt
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from shopx_core.errors import InvalidInput
from shopx_store.rates.files import Rate, read_rates
from shopx_store.rates.table import checked

HISTORY = """\
Date,USD,JPY,CHF,
2026-11-27,1.25,160,N/A,
2026-11-26,1.28,N/A,0.8,
2026-11-25,N/A,150,0.9,
"""
DAILY = "Date, USD, JPY, CHF, \n27 November 2026, 1.25, 160, 0.8, \n"
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01">
<Cube><Cube time='2026-11-27'><Cube currency='USD' rate='1.25'/>
<Cube currency="JPY" rate="160"/></Cube></Cube></gesmes:Envelope>
"""
LATER, EARLIER = dt.date(2026, 11, 27), dt.date(2026, 11, 26)


def write(folder: Path, text: str) -> Path:
    path = folder / "rates"
    path.write_text(text)
    return path


def test_units_of_each_currency_for_a_euro(tmp_path: Path) -> None:
    """The European Central Bank's history, into its own currency: the inverse."""
    assert read_rates(write(tmp_path, HISTORY), "EUR", "EUR")[:4] == [
        Rate("USD", LATER, Decimal("0.8")),
        Rate("JPY", LATER, Decimal("0.00625")),
        Rate("USD", EARLIER, Decimal("0.78125")),
        Rate("CHF", EARLIER, Decimal("1.25")),
    ]


def test_into_another_currency(tmp_path: Path) -> None:
    """Through the euro, which gets a rate, too; days without the reporting currency have none."""
    rates = read_rates(write(tmp_path, HISTORY), "USD", "EUR")
    assert rates == [
        Rate("JPY", LATER, Decimal("0.0078125")),
        Rate("CHF", EARLIER, Decimal("1.6")),
        Rate("EUR", LATER, Decimal("1.25")),
        Rate("EUR", EARLIER, Decimal("1.28")),
    ]


@pytest.mark.parametrize("text", [DAILY, XML], ids=["daily", "xml"])
def test_the_daily_files(tmp_path: Path, text: str) -> None:
    """As CSV with the month in words, and as XML."""
    rates = read_rates(write(tmp_path, text), "EUR", "EUR")
    assert rates[:2] == [
        Rate("USD", LATER, Decimal("0.8")),
        Rate("JPY", LATER, Decimal("0.00625")),
    ]


def test_a_zip(tmp_path: Path) -> None:
    """As the history is offered."""
    path = tmp_path / "eurofxref-hist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY)
    assert len(read_rates(path, "EUR", "EUR")) == 6


@pytest.mark.parametrize(
    "text",
    ["currency,day,rate\nCHF,2026-01-01,1.05\n", "Date;Currency;Rate\n2026-01-01;CHF;1,05\n"],
    ids=["comma", "semicolon"],
)
def test_a_row_a_rate(tmp_path: Path, text: str) -> None:
    """Units of the reporting currency for one unit."""
    assert read_rates(write(tmp_path, text), "EUR", "EUR") == [
        Rate("CHF", dt.date(2026, 1, 1), Decimal("1.05"))
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a,b\n1,2\n", "no known layout; its header is 'a,b'", id="layout"),
        pytest.param("", "no known layout", id="empty"),
        pytest.param("currency,day,rate\nCHF,2026-01-01,0\n", "line 2: '0' is no rate", id="zero"),
        pytest.param("currency,day,rate\nCHF,1.1.26,1\n", "line 2: '1.1.26' is no day", id="day"),
        pytest.param("currency,day,rate\nchf,2026-01-01,1\n", "'chf' is no currency", id="code"),
        pytest.param(
            "Date,USD,\n2026-01-01,x,\n", r"line 2 \(USD\): 'x' is no rate above 0", id="cell"
        ),
        pytest.param("Date,JPY,\n2026-01-01,160,\n", "no rate of the reporting currency, USD",
                     id="reporting"),
    ],
)  # fmt: skip
def test_what_is_no_rate(tmp_path: Path, text: str, says: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidInput, match=says):
        read_rates(write(tmp_path, text), "USD", "EUR")


def test_rates_that_contradict_each_other() -> None:
    """A currency has one rate a day, and the reporting currency none."""
    one = Rate("CHF", LATER, Decimal(1))
    assert checked([one, one], "EUR") == [one]
    with pytest.raises(InvalidInput, match="CHF has two rates for 2026-11-27: 1 and 2"):
        checked([one, Rate("CHF", LATER, Decimal(2))], "EUR")
    with pytest.raises(InvalidInput, match="is the reporting currency"):
        checked([one], "CHF")
