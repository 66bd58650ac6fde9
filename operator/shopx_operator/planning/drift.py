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
from shopx_core.resource.versions import API_VERSIONS, GROUP
from shopx_operator.manifests.context import Object

ANNOTATION: Final = f"{GROUP}/applied"
"""On every child: the digest of what was last applied."""
_QUANTITIES: Final = frozenset({"requests", "limits", "target", "sizeLimit", "divisor"})
"""The fields that are, or hold, quantities; other texts such as labels are compared as they are."""


_ANY_VERSION: Final = API_VERSIONS[-1]
"""Stands for every served version of an owner: the one with which the first digests were made."""


def with_digest(desired: Object) -> Object:
    """The object with its own digest, as it is applied."""
    text = json.dumps(_without_owners_version(desired), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = desired["metadata"]
    annotations = metadata.get("annotations", {}) | {ANNOTATION: digest}
    return desired | {"metadata": metadata | {"annotations": annotations}}


def differs(live: Object, desired: Object) -> bool:
    """Whether applying `desired`, which has its digest, could change `live`.

    Every desired field must be there; fields that others added are theirs. A false positive is
    harmless: the apply that follows changes nothing.
    """
    return not _matches(_without_owners_version(live), _without_owners_version(desired))


def _without_owners_version(made: Object) -> Object:
    """The object, whichever served version of the dashboard its owner reference names.

    The cluster finds the owner by each of them. So an operator that writes a newer version leaves
    alone what an older one made: no write, no restart in turn. A version that is no longer served
    is a difference, because the owner cannot be found by it.
    """
    metadata = made.get("metadata", {})
    owners = metadata.get("ownerReferences")
    if not owners:
        return made
    same = [
        owner | {"apiVersion": _ANY_VERSION} if owner.get("apiVersion") in API_VERSIONS else owner
        for owner in owners
    ]
    return made | {"metadata": metadata | {"ownerReferences": same}}


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
