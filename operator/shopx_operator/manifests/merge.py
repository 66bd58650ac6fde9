"""Merges overrides into a finished object, as a strategic merge patch would."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_KEYS: Final = ("mountPath", "name", "containerPort", "topologyKey")
"""The keys that identify the items of a list, in order of preference."""


def merge(base: Any, over: Any) -> Any:
    """`over` merged into `base`.

    Mappings merge key by key; null removes a key. Lists of objects that all have the same
    identifying key merge item by item; every other list is replaced. Neither argument changes.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        made = dict(base)
        for key, value in over.items():
            if value is None:
                made.pop(key, None)
            else:
                made[key] = merge(made[key], value) if key in made else _without_nulls(value)
        return made
    if isinstance(base, list) and isinstance(over, list):
        key = _shared_key([*base, *over])
        if key is not None:
            return _merged_by(key, base, over)
    return _without_nulls(over)


def _shared_key(items: Sequence[Any]) -> str | None:
    if not all(isinstance(item, Mapping) for item in items):
        return None
    return next((key for key in _KEYS if items and all(key in item for item in items)), None)


def _merged_by(key: str, base: list[Any], over: list[Any]) -> list[Any]:
    replaced = {item[key]: item for item in over}
    kept = [merge(item, replaced.pop(item[key], {})) for item in base]
    return kept + [_without_nulls(item) for item in over if item[key] in replaced]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
