"""Records as JSON and back, exactly.

One walk over the annotations of frozen types. NaN and the infinities are written as text, because a
record of a broken source must replay too. That keeps a library out: msgspec writes them as null,
and cattrs needs hooks for floats, booleans, unknown fields and the paths in messages, which is as
much code as this module.
"""

import json
import math
import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from shopx_core.scaling.decision import DecisionRecord

T = TypeVar("T")


def dumps(value: Any) -> str:
    """A record, state or decision as one line of JSON."""
    return json.dumps(encoded(value), separators=(",", ":"), sort_keys=True, allow_nan=False)


def loads(text: str) -> DecisionRecord:
    """A record from `dumps`.

    Raises:
        ValueError: The text is not a record; the message has the path and the problem.
    """
    return decoded(DecisionRecord, json.loads(text))


def encoded(value: Any) -> Any:
    """Frozen types as plain JSON values."""
    if is_dataclass(value):
        return {f.name: encoded(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [encoded(item) for item in value]
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def decoded(kind: type[T], data: Any) -> T:
    """The value of a type from plain JSON values.

    Raises:
        ValueError: The data does not match the type.
    """
    return typing.cast("T", _decoded(kind, data, kind.__name__))


def _decoded(kind: Any, data: Any, where: str) -> Any:  # noqa: PLR0911 -- one return per kind of type
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        if data is None:
            return None
        (kind,) = (option for option in arguments if option is not types.NoneType)
        return _decoded(kind, data, where)
    if origin is tuple:
        _expect(isinstance(data, list), where, "a list", data)
        return tuple(_decoded(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(data))
    if origin is dict:
        _expect(isinstance(data, dict), where, "an object", data)
        return {key: _decoded(arguments[1], item, f"{where}.{key}") for key, item in data.items()}
    if is_dataclass(kind):
        return _object(kind, data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float:
        _expect(
            isinstance(data, int | float | str) and not isinstance(data, bool),
            where,
            "a number",
            data,
        )
        return float(data)
    _expect(isinstance(data, kind) and isinstance(data, bool) == (kind is bool), where, kind, data)
    return data


def _object(kind: Any, data: Any, where: str) -> Any:
    _expect(isinstance(data, dict), where, "an object", data)
    hints = _hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise ValueError(f"{where}: unknown {', '.join(unknown)}; written by another release?")
    try:
        return kind(
            **{name: _decoded(hints[name], item, f"{where}.{name}") for name, item in data.items()}
        )
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _expect(holds: bool, where: str, what: object, data: object) -> None:
    if not holds:
        raise ValueError(f"{where}: expected {what}, got {data!r:.80}")
