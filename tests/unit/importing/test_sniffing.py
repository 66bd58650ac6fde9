"""What a file without a mapping is understood as; where it leaves something open, it is asked."""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers.file_kind import file_kind
from shopx_store.importing.sniffing.draft import Answers, Draft, draft_mapping
from shopx_store.importing.sniffing.preview import preview
from shopx_store.importing.sniffing.writing import number_styles, time_formats


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders_2024-01.csv"


def understood(file: Path, text: str, encoding: str = "utf-8", **answers: Any) -> Draft:
    file.write_bytes(text.encode(encoding))
    return draft_mapping(file, Answers(**answers), "Europe/Berlin")


def booked(file: Path, draft: Draft) -> list[tuple[str, ...]]:
    """Order, quantity and amount of each row, as the drafted mapping books it."""
    assert draft.questions == []
    found = preview(parse_mapping(draft.text), file, 100)
    assert found.rejects == []
    return [(row.get("order", ""), row["quantity"], row["gross"]) for row in found.rows]


GERMAN = (
    "Bestellnummer;Datum;Kunde;Artikel;Menge;Einzelpreis;Betrag\n"
    "1001;31.01.2024 10:00;Änne;Stift;2;1.200,50 €;2.401,00 €\n"
    "1001;31.01.2024 10:00;Änne;Tasse;1;5,50 €;5,50 €\n"
    "1002;01.02.2024 09:30;Bob;Tasse;3;5,50 €;16,50 €\n"
    "Summe;;;;6;;2.423,00 €\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_a_german_export(file: Path, encoding: str) -> None:
    """Semicolons, decimal commas, signs, a row of totals; in whichever encoding."""
    draft = understood(file, GERMAN, encoding)
    assert booked(file, draft) == [
        ("1001", "2", "2401"),
        ("1001", "1", "5.5"),
        ("1002", "3", "16.5"),
    ]
    facts = dict(draft.facts)
    assert facts["numbers"] == "such as 1.234,50"
    assert facts["dates"] == "DD.MM.YYYY hh:mm, such as 31.01.2024 10:00; 2024-01-31 to 2024-02-01"
    assert (facts["currency"], facts["orders"], facts["customers"]) == ("EUR", "2", "2")
    assert facts["a row"] == "a line of an order (Bestellnummer)"
    assert facts["a row of totals"] == "the last one, left out: 'Summe'"
    mapping = parse_mapping(draft.text)
    assert (mapping.source.name, mapping.source.zone) == ("orders", "Europe/Berlin")


ENGLISH = "order id,date,product,amount\n1,03/02/2024,Pen,{}\n2,04/02/2024,Cup,{}\n"


def test_what_is_open_is_asked(file: Path) -> None:
    """Day or month, decimal or thousands, which currency: none is chosen silently."""
    draft = understood(file, ENGLISH.format('"1,234"', '"2,345"'))
    number, date, currency = draft.questions
    assert "'1,234' may be read" in number
    assert "'03/02/2024' may be 2024-02-03 or 2024-03-02" in date
    assert "No currency is stated" in currency
    for question in draft.questions:
        assert f"# Open: {question}" in draft.text
    answered = understood(
        file,
        ENGLISH.format('"1,234"', '"2,345"'),
        dates="month-first",
        decimal=".",
        currency="USD",
    )
    assert booked(file, answered) == [("1", "1", "1234"), ("2", "1", "2345")]
    days = [row["at"][:10] for row in preview(parse_mapping(answered.text), file, 9).rows]
    assert days == ["2024-03-02", "2024-04-02"]


def test_one_value_decides(file: Path) -> None:
    """A day above 12, and a comma with two digits after it, leave one reading."""
    draft = understood(
        file,
        ENGLISH.format('"1,50"', '"2,345"').replace("04/02", "31/02".replace("31/02", "14/02")),
        currency="EUR",
    )
    assert draft.questions == []
    assert booked(file, draft) == [("1", "1", "1.5"), ("2", "1", "2.345")]


def test_amounts_are_compared_with_prices(file: Path) -> None:
    """Whether the amount is before or after the discount shows in the rows, or is left out."""
    header = "Order ID,Order Date,Product,Quantity,Unit Price,Discount,Total,Currency\n"
    after = "1,2024-01-31,Pen,2,5.00,1.00,9.00,EUR\n2,2024-02-01,Cup,1,4.00,0.00,4.00,EUR\n"
    mapping = parse_mapping(understood(file, header + after).text)
    assert (mapping.line.gross.text, mapping.line.discount and mapping.line.discount.text) == (
        "Quantity * unit_price",
        "Discount",
    )
    share = after.replace("1.00,9.00", "0.10,9.00")
    mapping = parse_mapping(understood(file, header + share).text)
    assert mapping.line.discount is not None
    assert mapping.line.discount.text == "Quantity * unit_price * Discount"
    unclear = understood(file, header + after.replace("9.00", "7.77"))
    assert "'Discount' is not used" in unclear.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no columns"),
        ("a,b\n", "has a header and no row"),
        ("1,2024-01-01,Pen,5\n2,2024-01-02,Cup,6\n", "has no header"),
        ("just a sentence\nand another\n", "has no columns separated by"),
        ("order,who\n1,ann\n2,bob\n", r"No column .* for when \(a date\), what \(a product\)"),
        ("<html><body>Please log in</body></html>", "is a web page"),
        ("%PDF-1.7", "is a PDF document"),
    ],
)
def test_what_is_no_sale_is_told_as_what_it_is(file: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        understood(file, text)


def test_kinds_are_told_by_their_content(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "")
    assert file_kind(path) == ("word", "a Word document")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    assert file_kind(path) == ("workbook", "an Excel workbook")
    path.write_bytes(b"PK\x03\x04 and nothing more")
    assert file_kind(path)[1] == "a damaged zip archive"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert file_kind(path) == ("xls", "an Excel workbook of before 2007 (xls)")
    with pytest.raises(InvalidInput, match="is no readable workbook"):
        draft_mapping(path, Answers(), "UTC")


def test_a_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(GERMAN.encode()))
    draft = draft_mapping(path, Answers(), "UTC")
    assert len(booked(path, draft)) == 3
    path.write_bytes(gzip.compress(GERMAN.encode())[:-9])
    with pytest.raises(InvalidInput, match="cannot be read"):
        draft_mapping(path, Answers(), "UTC")


def test_readings_of_numbers_and_times() -> None:
    """Each reading that fits all values, and only those that differ."""
    assert number_styles(["1.5", "1,234.5"]) == [(".", ",")]
    assert number_styles(["1.234,5", "7"]) == [(",", ".")]
    assert number_styles(["7", "8"]) == [(".", None)]
    assert {style[0] for style in number_styles(["1.234"])} == {".", ","}
    assert number_styles(["1 234,5"]) == [(",", " ")]
    assert time_formats(["2024-01-31", "2024-02-01"]) == ["ISO 8601"]
    assert time_formats(["01/02/2024"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert time_formats(["01/02/2024", "13/02/2024"]) == ["%d/%m/%Y"]
    assert time_formats(["5/5/2024"]) == ["%d/%m/%Y"]
    assert time_formats(["2024-01-31 10:00:00 +0100"]) == ["ISO 8601"]
    assert time_formats(["Pen"]) == time_formats(["7"]) == []


MIXED = (
    "Bestellnummer;Datum;Kunde;Artikel;Menge;Betrag;Währung\n"
    "1;31.01.2026;Änne;Stift;{};84,20;EUR\n"
    "\n"
    "2;{};Bob;Tasse;1;1.299,00;EUR\n"
    "3;14.02.2026;Bob;Stift;3;{};EUR\n"
    "4;15.02.2026;Cem;Stift;4;359,60;{}\n"
)


@pytest.mark.parametrize(
    ("odd", "label", "column", "row", "reason"),
    [
        (("zwei", "13.02.2026", "1,00", "EUR"), "numbers", "Menge", 2, "no number"),
        (("2", "32.01.2026", "1,00", "EUR"), "dates", "Datum", 4, "no date that is known"),
        (("2", "2026-02-13", "1,00", "EUR"), "dates", "Datum", 4, "written otherwise"),
        (("2", "13.02.2026", "1.2.3", "EUR"), "numbers", "Betrag", 5, "written otherwise"),
        (("2", "13.02.2026", "1,00", "EURO"), "currency", "Währung", 6, "no code of a currency"),
    ],
)
def test_an_odd_value_costs_its_own_row(
    file: Path, odd: tuple[str, ...], label: str, column: str, row: int, reason: str
) -> None:
    """What most of a named column is decides; the others are told, and rejected with their rows."""
    draft = understood(file, MIXED.format(*odd))
    assert draft.questions == []
    value = next(one for one in odd if one not in {"2", "13.02.2026", "1,00", "EUR"})
    told = dict(draft.facts)[label]
    assert f"{column!r} has {value!r} in row {row}, which is" in told
    assert reason in told
    assert told.endswith(": 1 row of those looked at would be rejected for it")
    assert "not used" not in dict(draft.facts)
    found = preview(parse_mapping(draft.text), file, 9)
    assert [(one.row, one.value) for one in found.rejects] == [(row, value)]
    good = {"2": "84.2", "4": "1299", "5": "1", "6": "359.6"}
    del good[str(row)]
    assert [one["gross"] for one in found.rows] == list(good.values())


def test_a_column_that_mostly_does_not_fit_is_named_with_its_culprit(file: Path) -> None:
    """By its row and value, whether it was guessed or chosen; not by a value that is good."""
    lines = MIXED.format("2", "32.01.2026", "1,00", "EUR").replace("14.02.", "40.02.")
    text = lines.replace("15.02.", "41.02.")
    with pytest.raises(InvalidInput) as guessed:
        understood(file, text)
    culprit = "'Datum' has '32.01.2026' in row 4, which is no date that is known;"
    assert f"{culprit} less than half of the column fits." in guessed.value.message
    assert "recognised for when (a date). Its columns" in guessed.value.message
    assert guessed.value.hint is not None
    assert guessed.value.hint.startswith("Correct the values")
    with pytest.raises(InvalidInput) as chosen:
        understood(file, text, columns={"at": "Datum"})
    assert chosen.value.message.startswith(culprit)


def test_several_formats_in_one_column_are_none(file: Path) -> None:
    text = "order;date;product;amount\n1;31.01.2026;Pen;1\n2;2026-02-01;Pen;1\n3;2/13/26;Pen;1\n"
    with pytest.raises(InvalidInput, match=r"'date' has '.*' in row \d, which is written otherw"):
        understood(file, text)


def test_a_column_without_codes_leaves_the_currency_open(file: Path) -> None:
    text = MIXED.format("2", "13.02.2026", "1,00", "EURO").replace("EUR\n", "Euro\n")
    (question,) = understood(file, text).questions
    assert "'Währung' has 'Euro' in row 2, which is no code of a currency" in question
    assert "--currency EUR" in question
    given = understood(file, text, currency="EUR")
    assert dict(given.facts)["currency"] == "EUR"
    assert preview(parse_mapping(given.text), file, 9).rejects == []


def test_an_odd_cost_leaves_costs_unknown_and_is_told(file: Path) -> None:
    """A sale without its cost is still a sale."""
    text = "order;date;product;amount;cost\n1;2026-01-31;Pen;1;0.5\n2;2026-02-01;Pen;1;n/a\n"
    draft = understood(file, text, currency="EUR")
    assert dict(draft.facts)["not used"] == "cost; 'cost' has 'n/a' in row 3, which is no number"
    assert preview(parse_mapping(draft.text), file, 9).rejects == []
    declined = understood(file, text.replace("n/a", "0.4"), currency="EUR", columns={"cost": None})
    assert dict(declined.facts)["not used"] == "cost"


def test_contradicting_dates_are_asked_even_where_most_agree(file: Path) -> None:
    """Some days are above 12 at either place: neither reading is a part of the other."""
    days = ["03/02/2026", "04/02/2026", "05/02/2026", "13/02/2026", "02/14/2026", "02/15/2026"]
    rows = "".join(f"{n},{day},Pen,1\n" for n, day in enumerate(days))
    (question,) = understood(file, f"order,date,product,amount\n{rows}", currency="EUR").questions
    assert "'03/02/2026' may be 2026-03-02 or 2026-02-03" in question
    assert time_formats([*days[:4], "32/02/2026"], mostly=True) == ["%d/%m/%Y"]
    assert number_styles(["1,5", "2,75", "3.5.1"]) == []
    assert number_styles(["1,5", "2,75", "3.5.1"], mostly=True) == [(",", None)]


def test_an_odd_value_of_a_folder(tmp_path: Path) -> None:
    """Of several files no row is named, for each has its own."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(MIXED.format("zwei", "13.02.2026", "1,00", "EUR"))
    told = dict(draft_mapping(tmp_path, Answers(), "UTC").facts)["numbers"]
    assert "'Menge' has 'zwei' in a row, which is no number: 2 rows of those looked at" in told
