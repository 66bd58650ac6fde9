"""The exception tree."""

import pickle

from shopx_core import errors
from shopx_core.errors import ShopxError


def _classes() -> list[type[ShopxError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, ShopxError)
    ]


def test_codes_are_distinct_and_loud() -> None:
    codes = [kind.code for kind in _classes()]
    assert len(set(codes)) == len(codes)
    assert all(code == code.upper() for code in codes)


def test_an_error_survives_a_process_boundary() -> None:
    for kind in _classes():
        error = pickle.loads(pickle.dumps(kind("no", hint="do", row=3)))  # noqa: S301 -- own bytes
        assert type(error) is kind
        assert (error.message, error.hint, error.details) == ("no", "do", {"row": 3})
        assert str(error) == "no do"
