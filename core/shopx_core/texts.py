"""Texts for people that say what they say: English, and a code with values for other languages.

A `Text` is a string, so that commands, logs and the API's messages have plain English. What shows
it in another language takes the code and the values instead (ADR 69). Templates are ICU messages,
as in the page's catalogues: `{name}`, `{name, number}`, and plurals with `one` and `other`:
`{rows, plural, one {# row has} other {# rows have}} no cost`.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self, TypeAlias

Value: TypeAlias = str | int | float | dt.date | list[str]
"""A text may be among them: it is said in the same language as the one around it."""


class Text(str):
    """An English text with its code and values.

    Attributes:
        code: Stable; names the sentence in every language. Empty: its `parts` are the sentences.
        values: What the sentence is about; by the names of the template.
    """

    __slots__ = ("code", "values")

    code: str
    values: Mapping[str, Value]

    def __new__(cls, english: str, code: str, values: Mapping[str, Value]) -> Self:
        """Keep a sentence that is written already; `say` writes one."""
        made = super().__new__(cls, english)
        made.code, made.values = code, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickles: process pools pass errors on."""
        return Text, (str(self), self.code, self.values)


def say(code: str, template: str, /, **values: object) -> Text:
    """A sentence.

    The code and the template are literals: the catalogues of the page are made from them.

    Args:
        code: Lower-case words with hyphens, after the name of what says it: `upload.no-room`.
        template: An ICU message in English.
        values: Of its arguments. A day is said as a date of the language, a list as its words.
    """
    known = {name: _known(value) for name, value in values.items()}
    return Text(written(parts(template), known, ENGLISH), code, known)


def text_of(sentence: str) -> Text:
    """The text itself, or one that is known in English alone."""
    return sentence if isinstance(sentence, Text) else Text(sentence, "", {})


def mapped(text: str, change: Callable[[str], str]) -> str:
    """A text with a part changed, also where it is one of the values; a `Text` stays one."""
    if not isinstance(text, Text):
        return change(text)
    values = {name: _mapped(value, change) for name, value in text.values.items()}
    return Text(change(str(text)), text.code, values)


def joined(*sentences: str | None) -> str:
    """Sentences one after another; each is said by itself."""
    said = [one for one in sentences if one]
    return said[0] if len(said) == 1 else Text(" ".join(said), "", {"parts": said})


def sentences(text: str) -> list[str]:
    """What `joined` put together; a single sentence otherwise."""
    of = text.values.get("parts") if isinstance(text, Text) and not text.code else None
    return of if isinstance(of, list) else [text]


def as_json(text: str) -> Any:
    """For storing and sending: the text alone where it has no code."""
    if not isinstance(text, Text):
        return text
    values = {name: _value_json(value) for name, value in text.values.items()}
    return {"text": str(text), "code": text.code, "values": values}


def from_json(stored: Any) -> str:
    """The text that `as_json` wrote."""
    if isinstance(stored, str):
        return stored
    values = {name: _value(value) for name, value in stored["values"].items()}
    return Text(stored["text"], stored["code"], values)


_BEGINS: Final = '{"text":'


def dumps(text: str) -> str:
    """For a column of texts."""
    return json.dumps(as_json(text), ensure_ascii=False) if isinstance(text, Text) else text


def loads(stored: str) -> str:
    """The text that `dumps` wrote; any other as it is."""
    return from_json(json.loads(stored)) if stored.startswith(_BEGINS) else stored


def _known(value: object) -> Any:
    """A value of a kind that other languages can say."""
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    if isinstance(value, dt.datetime | bool) or not isinstance(value, str | int | float | dt.date):
        return str(value)
    return value


def _value_json(value: Any) -> Any:
    if isinstance(value, Text):
        return as_json(value)
    if isinstance(value, list):
        return [_value_json(one) for one in value]
    if isinstance(value, dt.date):
        return {"day": value.isoformat()[:10]}
    return value


def _value(stored: Any) -> Any:
    if isinstance(stored, list):
        return [_value(one) for one in stored]
    if isinstance(stored, dict):
        return dt.date.fromisoformat(stored["day"]) if "day" in stored else from_json(stored)
    return stored


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_mapped(one, change) for one in value]
    return mapped(value, change) if isinstance(value, str) else value


_Part: TypeAlias = str | tuple[str, str | dict[str, Any]]
"""Words, or an argument with how it is written: the parts of each plural form, `number`, or as it
is, such as the number of an import."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a language does with a template's values."""

    forms: frozenset[str]
    """The plural forms that it has: names of CLDR."""
    form: Callable[[float], str]
    """The form of a number."""
    number: Callable[[float], str]
    """A number with its separators."""
    value: Callable[[Any], str]
    """Any other value, also a list."""


def written(pieces: list[_Part], values: Mapping[str, Any], grammar: Grammar) -> str:
    """A template's parts with their values."""
    return "".join(_written(pieces, values, grammar, None))


def _written(
    pieces: list[_Part], values: Mapping[str, Any], grammar: Grammar, count: float | None
) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, str):
            # Outside of a plural it is a character like any other.
            yield piece if count is None else piece.replace("#", grammar.number(count))
            continue
        name, how = piece
        value = values[name]
        if isinstance(how, dict):
            yield from _written(how[grammar.form(value)], values, grammar, value)
        elif how == _NUMBER:
            yield grammar.number(value)
        else:
            yield grammar.value(value)


_NUMBER: Final = "number"


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value_text(one) for one in value)
    return str(value)


ENGLISH: Final = Grammar(
    forms=frozenset({"one", "other"}),
    form=lambda value: "one" if value == 1 else "other",
    number=lambda value: f"{value:,}",
    value=_value_text,
)


@lru_cache(maxsize=2048)
def parts(template: str, forms: frozenset[str] = ENGLISH.forms) -> list[_Part]:
    """The parts of a template.

    Args:
        template: An ICU message.
        forms: The plural forms that its language has.

    Raises:
        ValueError: It is none.
    """
    found, end = _parse(template, 0, forms)
    if end != len(template):
        raise ValueError(f"a brace closes nothing: {template!r}")
    return found


def _parse(template: str, at: int, of: frozenset[str]) -> tuple[list[_Part], int]:
    found: list[_Part] = []
    words = ""
    while at < len(template) and template[at] != "}":
        if template[at] != "{":
            words += template[at]
            at += 1
            continue
        if words:
            found.append(words)
            words = ""
        argument, at = _argument(template, at + 1, of)
        found.append(argument)
    if words:
        found.append(words)
    return found, at


def _argument(template: str, at: int, of: frozenset[str]) -> tuple[_Part, int]:
    end = min(place for place in (template.find(mark, at) for mark in ",}") if place >= 0)
    name = template[at:end].strip()
    if not name.isidentifier():
        raise ValueError(f"{name!r} is no argument: {template!r}")
    if template[end] == "}":
        return (name, ""), end + 1
    rest = template[end + 1 :].lstrip()
    if rest.startswith("number}"):
        return (name, _NUMBER), template.index("}", end) + 1
    if not rest.startswith("plural,"):
        raise ValueError(f"neither number nor plural: {template!r}")
    at = template.index(",", end + 1) + 1
    forms: dict[str, Any] = {}
    while True:
        at += len(template[at:]) - len(template[at:].lstrip())
        if template[at] == "}":
            break
        brace = template.index("{", at)
        form = template[at:brace].strip()
        forms[form], at = _parse(template, brace + 1, of)
        at += 1
    if set(forms) != of:
        raise ValueError(f"the language has the forms {', '.join(sorted(of))}: {template!r}")
    return (name, forms), at + 1
