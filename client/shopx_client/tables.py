"""Answers as columns: what is a row follows from the type of the data, so new panels have tables.

1. A list of objects, or an object with one such list (`nodes`, `rows`, `cohorts` …): a row each.
2. An object with `buckets`: a row for each bucket, and a column for each metric's line. Lines of
   something else, such as products, come one after the other.
3. An object with lists of values of one length (a heat map): a row for each place.
4. Any other object: one row.

In a row, an object within it gives its columns with its name before (`product_name`), and figures
give a column for each metric. Lists of numbers within a row (a cohort's values) give a row for each
place, which `index` counts.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, get_origin

from shopx_client.generated.models import Figure
from shopx_client.selection import bare, element, model
from shopx_client.values import Connection, Model

_BUCKETS: Final = "buckets"
_PARTIAL: Final = "partial"
_OF_A_FIGURE: Final = {
    "previous": "previous", "delta_absolute": "change", "delta_ratio": "change_ratio",
}  # fmt: skip


@dataclass(slots=True)
class Column:
    """A column.

    Attributes:
        kind: `str`, `int`, `float`, `bool`, `Decimal`, `datetime`, `date`, or `list` for nested
            values.
        values: One a row; None where there is none.
    """

    kind: type
    values: list[Any]


Table = dict[str, Column]
"""Columns of one length by their names."""
_Cell = tuple[type, Any]


def table(kind: Any, data: Any, *, is_compared: bool) -> Table:
    """The columns of an answer.

    Args:
        kind: The type of the data.
        data: Of that type.
        is_compared: Whether figures have values of an earlier period.

    Raises:
        TypeError: The type has no rows.
    """
    of = element(kind)
    if of is not None and model(of) is not None:
        return _rows(model(of), data, is_compared=is_compared)
    found = bare(kind)
    if not (isinstance(found, type) and issubclass(found, Model)):
        raise TypeError(f"{kind} has no rows: use `data`.")
    if data is None:
        return _rows(found, [], is_compared=is_compared)
    return _of_object(found, data, is_compared=is_compared)


def _of_object(kind: type[Model], data: Model, *, is_compared: bool) -> Table:
    fields = {name: field.annotation for name, field in kind.model_fields.items()}
    if issubclass(kind, Connection):
        return table(fields["nodes"], data.nodes, is_compared=is_compared)  # type: ignore[attr-defined]
    if _BUCKETS in fields:
        return _series(data, fields)
    lists = [
        name
        for name, of in fields.items()
        if element(of) is not None and model(of) not in {None, Figure}
    ]
    connections = [
        name
        for name, of in fields.items()
        if isinstance(bare(of), type) and issubclass(bare(of), Connection)
    ]
    for name in connections or (lists if len(lists) == 1 else ()):
        return table(fields[name], getattr(data, name), is_compared=is_compared)
    parallel = _parallel(data, fields)
    if parallel and not lists:
        return parallel
    return _rows(kind, [data], is_compared=is_compared)


def _parallel(data: Model, fields: dict[str, Any]) -> Table:
    """Lists of plain values, if there are some and all are of one length."""
    found = {
        name: Column(_plain(element(of)), [_value(one) for one in getattr(data, name)])
        for name, of in fields.items()
        if element(of) is not None and model(of) is None and getattr(data, name) is not None
    }
    return found if len({len(column.values) for column in found.values()}) == 1 else {}


def _series(data: Any, fields: dict[str, Any]) -> Table:
    count = len(data.buckets)
    made: Table = {"bucket": Column(dt.datetime, list(data.buckets))}
    for name, of in fields.items():
        values = getattr(data, name)
        if name in {_BUCKETS, _PARTIAL} or values is None or element(of) is None:
            continue
        if model(of) is None and name.removesuffix("_buckets") == "previous":
            made["previous_bucket"] = Column(dt.datetime, list(values))
        elif model(of) is None and len(values) == count and not name.startswith("unpaired"):
            made[name] = Column(_plain(element(of)), [_value(one) for one in values])
    partial = set(getattr(data, _PARTIAL, ()))
    made["is_partial"] = Column(bool, [index in partial for index in range(count)])
    lines = getattr(data, "lines", None)
    if lines is None:
        return made
    if lines and all(isinstance(_key(line), StrEnum) for line in lines):
        for line in lines:
            made |= {
                f"{_key(line).lower()}{suffix}": Column(Decimal, values)
                for suffix, values in _line_values(line, count)
            }
        return made
    return _stacked(made, lines, count)


def _key(line: Model) -> Any:
    """What a line is of: its first field that is no list."""
    return next(
        value for value in (getattr(line, name) for name in type(line).model_fields)
        if not isinstance(value, list)
    )  # fmt: skip


def _line_values(line: Model, count: int) -> Iterable[tuple[str, list[Any]]]:
    """Suffixes of columns and their values."""
    for name in type(line).model_fields:
        values = getattr(line, name)
        if isinstance(values, list) and len(values) == count and name != "unpaired":
            yield "" if name == "current" else f"_{name}", values


def _stacked(shared: Table, lines: Sequence[Model], count: int) -> Table:
    """Lines one after the other, with what each is of beside its values."""
    made: Table = {name: Column(one.kind, []) for name, one in shared.items()}
    for line in lines:
        for name, one in shared.items():
            made[name].values.extend(one.values)
        key = _key(line)
        for name, (kind, value) in _flat(type(key), key, "product_", is_compared=False).items():
            made.setdefault(name, Column(kind, [])).values.extend([value] * count)
        for suffix, values in _line_values(line, count):
            made.setdefault(f"value{suffix}", Column(Decimal, [])).values.extend(values)
    return made


def _rows(kind: type[Model] | None, rows: Sequence[Model], *, is_compared: bool) -> Table:
    if kind is None:
        raise TypeError("The data have no rows: use `data`.")
    made: Table = {
        name: Column(of, [])
        for name, (of, _) in _flat(kind, None, "", is_compared=is_compared).items()
    }
    counted = [
        name
        for name, field in kind.model_fields.items()
        if element(field.annotation) is not None and _is_number(element(field.annotation))
    ]
    if counted:
        made = {"index": Column(int, []), **made}
    for row in rows:
        cells = _flat(kind, row, "", is_compared=is_compared)
        places = max((len(getattr(row, name) or ()) for name in counted), default=1)
        for place in range(places):
            if counted:
                made["index"].values.append(place)
            for name, (of, value) in cells.items():
                one = value
                if name in counted:
                    one = value[place] if value is not None and place < len(value) else None
                _append(made, name, of, one)
        _fill(made)
    return made


def _append(made: Table, name: str, kind: type, value: Any) -> None:
    if name not in made:
        # A metric that no row before has.
        count = max((len(one.values) for one in made.values()), default=0)
        made[name] = Column(kind, [None] * (count - 1 if count else 0))
    made[name].values.append(value)


def _fill(made: Table) -> None:
    """Rows without a value of some column have None there."""
    count = max((len(one.values) for one in made.values()), default=0)
    for column in made.values():
        column.values.extend([None] * (count - len(column.values)))


def _flat(kind: type[Model], row: Any, prefix: str, *, is_compared: bool) -> dict[str, _Cell]:
    """The cells of an object by their columns; every value is None without the object."""
    made: dict[str, _Cell] = {}
    for name, field in kind.model_fields.items():
        value = None if row is None else getattr(row, name)
        inner, of = element(field.annotation), model(field.annotation)
        if inner is not None and of is Figure:
            made |= _figures(prefix, value or (), is_compared=is_compared)
        elif inner is None and of is not None:
            made |= _flat(of, value, f"{prefix}{name}_", is_compared=is_compared)
        elif inner is not None and of is None and _is_number(inner) and not prefix:
            made[name] = (_plain(inner), value)
        elif inner is not None:
            made[f"{prefix}{name}"] = (list, _value(value))
        else:
            made[f"{prefix}{name}"] = (_plain(field.annotation), _value(value))
    return made


def _figures(prefix: str, figures: Iterable[Figure], *, is_compared: bool) -> dict[str, _Cell]:
    made: dict[str, _Cell] = {}
    for figure in figures:
        metric = f"{prefix}{figure.metric.lower()}"
        made[metric] = (Decimal, figure.value)
        flat = _flat(Figure, figure, "", is_compared=is_compared)
        if is_compared:
            made |= {
                f"{metric}_{suffix}": (Decimal, flat[name][1])
                for name, suffix in _OF_A_FIGURE.items()
            }
        made[f"{metric}_share"] = (Decimal, figure.share)
    return made


def _is_number(kind: Any) -> bool:
    return _plain(kind) in {Decimal, int, float}


def _plain(kind: Any) -> type:
    found: Any = bare(kind)
    if get_origin(found) is dict or (isinstance(found, type) and issubclass(found, StrEnum)):
        return str
    plain: type = found
    return plain


def _value(value: Any) -> Any:
    """Without models and enumerations; an object of no fixed form is its JSON."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Model):
        return {name: _value(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, list):
        return [_value(one) for one in value]
    return value
