"""The selection set of a model: every field of it, so that the two cannot differ."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from shopx_client.values import Model


def bare(kind: Any) -> Any:
    """A type without `None` as an alternative, and without annotations."""
    origin = get_origin(kind)
    if origin is Annotated:
        return bare(get_args(kind)[0])
    if origin in {Union, UnionType}:
        (other,) = [one for one in get_args(kind) if one is not NoneType]
        return bare(other)
    return kind


def element(kind: Any) -> Any | None:
    """The type of a list's elements; None if the type is no list."""
    kind = bare(kind)
    return bare(get_args(kind)[0]) if get_origin(kind) is list else None


def model(kind: Any) -> type[Model] | None:
    """The model within lists and alternatives; None for plain values."""
    kind = bare(kind)
    inner = element(kind)
    if inner is not None:
        return model(inner)
    return kind if isinstance(kind, type) and issubclass(kind, Model) else None


@cache
def _fields(of: type[Model]) -> str:
    texts = [f"{field.alias}{selection(field.annotation)}" for field in of.model_fields.values()]
    return " ".join(texts)


def selection(kind: Any) -> str:
    """What to select of a field of this type: ` { a b { c } }`, or nothing for plain values."""
    found = model(kind)
    return "" if found is None else f" {{ {_fields(found)} }}"
