"""Whether an object in the cluster differs from what was applied.

It can differ in two ways. Someone else changed a field of ours: the comparison finds that. Or the
desired object has changed: it may lack a field that was applied before, and the comparison cannot
see that. So each object carries a digest of what was last applied.
"""

import hashlib
import json
from itertools import zip_longest
from typing import Any, Final

from shopx_core.resource.types import amount
from shopx_core.resource.v1alpha1 import GROUP
from shopx_operator.manifests.context import Object

ANNOTATION: Final = f"{GROUP}/applied"
"""On every child: the digest of what was last applied."""
_QUANTITIES: Final = frozenset({"requests", "limits", "target", "sizeLimit", "divisor"})
"""The fields that are, or hold, quantities; other texts such as labels are compared as they are."""


def with_digest(desired: Object) -> Object:
    """The object with its own digest, as it is applied."""
    digest = hashlib.sha256(json.dumps(desired, sort_keys=True).encode()).hexdigest()[:16]
    metadata = desired["metadata"]
    annotations = metadata.get("annotations", {}) | {ANNOTATION: digest}
    return desired | {"metadata": metadata | {"annotations": annotations}}


def differs(live: Object, desired: Object) -> bool:
    """Whether applying `desired`, which has its digest, could change `live`.

    Every desired field must be there; fields that others added are theirs. A false positive is
    harmless: the apply that follows changes nothing.
    """
    return not _matches(live, desired)


def _matches(live: Any, desired: Any, *, quantities: bool = False) -> bool:
    if isinstance(desired, dict):
        # The API server drops empty values.
        return isinstance(live, dict) and all(
            _matches(live[key], value, quantities=quantities or key in _QUANTITIES)
            if key in live
            else _is_empty(value)
            for key, value in desired.items()
        )
    if isinstance(desired, list):
        return isinstance(live, list) and all(
            _matches(one, other, quantities=quantities) for one, other in _pairs(live, desired)
        )
    return bool(live == desired) or (quantities and _same_quantity(live, desired))


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value in ("", [], None, False)


def _pairs(live: list[Any], desired: list[Any]) -> list[tuple[Any, Any]]:
    """Each desired item with its live one; `None` = a missing one.

    Lists of named objects merge, so others may add items; every other list is ours alone.
    """
    if _named(live) and _named(desired):
        by_name = {item["name"]: item for item in live}
        return [(by_name.get(item["name"]), item) for item in desired]
    return list(zip_longest(live, desired))


def _named(items: list[Any]) -> bool:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return len(names) == len(items) and None not in names and len({*names}) == len(names)


def _same_quantity(live: Any, desired: Any) -> bool:
    """The API server writes `1000m` as `1` and `0.5` as `500m`."""
    try:
        return amount(str(live)) == amount(str(desired))
    except ValueError:
        return False
