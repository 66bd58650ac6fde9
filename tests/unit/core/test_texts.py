"""Sentences with a code and values: their English, and what is kept of them."""

import datetime as dt
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from shopx_core.errors import InvalidInput
from shopx_core.texts import (
    Text,
    as_json,
    dumps,
    from_json,
    joined,
    loads,
    mapped,
    parts,
    say,
    sentences,
    text_of,
)


@pytest.mark.parametrize(
    ("template", "values", "english"),
    [
        ("no argument", {}, "no argument"),
        ("{name} is # 1", {"name": "x"}, "x is # 1"),
        ("import {run}", {"run": 1234}, "import 1234"),
        ("{rows, number} rows", {"rows": 1234}, "1,234 rows"),
        ("on {day}", {"day": dt.date(2026, 1, 31)}, "on 2026-01-31"),
        ("in {currencies}", {"currencies": ["EUR", "USD"]}, "in EUR, USD"),
        ("{path} of {amount}", {"path": Path("a/b"), "amount": Decimal("1.50")}, "a/b of 1.50"),
        ("{n, plural, one {# row has} other {# rows have}} it", {"n": 1}, "1 row has it"),
        ("{n, plural, one {# row has} other {# rows have}} it", {"n": 2500}, "2,500 rows have it"),
        ("{n, plural, one {A row} other {# rows}} of {x}", {"n": 1, "x": "f"}, "A row of f"),
    ],
)
def test_a_template_is_written_in_english(
    template: str, values: dict[str, object], english: str
) -> None:
    assert say("a.sentence", template, **values) == english


@pytest.mark.parametrize(
    "template", ["{a b}", "{n, date}", "{n, plural, few {#}}", "closed}", "{n, plural, one {x}}"]
)
def test_a_template_that_is_none_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=":"):
        parts(template)


SENTENCE = say(
    "outer.sentence",
    "{rows, number} of {file} on {day}: {reason}, {parts}",
    rows=2,
    file="/uploads/sales.csv",
    day=dt.date(2026, 1, 31),
    reason=say("inner.reason", "no number in {column}", column="gross"),
    parts=[say("inner.part", "a part"), "plain"],
)


@pytest.mark.parametrize("sentence", [SENTENCE, "plain", joined(SENTENCE, "and more")])
def test_a_sentence_is_kept_whole(sentence: str) -> None:
    for kept in (
        from_json(as_json(sentence)),
        loads(dumps(sentence)),
        pickle.loads(pickle.dumps(sentence)),  # noqa: S301 -- its own
    ):
        assert (kept, as_json(kept)) == (sentence, as_json(sentence))
        assert type(kept) is type(sentence)


def test_a_change_of_a_text_reaches_the_values_within() -> None:
    said = mapped(SENTENCE, lambda text: text.replace("/uploads/", "").replace("gross", "net"))
    assert isinstance(said, Text)
    assert said == "2 of sales.csv on 2026-01-31: no number in net, a part, plain"
    assert said.values["file"] == "sales.csv"
    assert as_json(said)["values"]["reason"]["values"] == {"column": "net"}


def test_sentences_are_said_one_by_one() -> None:
    both = joined(SENTENCE, None, "", "Then this.")
    assert both.endswith("plain Then this.")
    assert as_json(both)["values"]["parts"] == [as_json(SENTENCE), "Then this."]
    assert sentences(both) == [SENTENCE, "Then this."]
    assert joined(SENTENCE, None) is SENTENCE
    assert sentences(SENTENCE) == [SENTENCE]


def test_a_text_without_a_code_is_known_in_english_alone() -> None:
    assert as_json(text_of("plain")) == {"text": "plain", "code": "", "values": {}}
    assert text_of(SENTENCE) is SENTENCE


def test_an_error_tells_its_codes_beside_its_english() -> None:
    error = InvalidInput(SENTENCE, hint=say("a.hint", "Export it again."))
    assert error.extensions() == {
        "code": "INVALID_INPUT",
        "hint": "Export it again.",
        "said": {"message": as_json(SENTENCE), "hint": as_json(error.hint or "")},
    }
    assert InvalidInput("plain", hint="text").extensions() == {
        "code": "INVALID_INPUT",
        "hint": "text",
    }
    assert error.as_json()["message"] == SENTENCE
