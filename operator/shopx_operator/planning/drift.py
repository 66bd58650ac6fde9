"""Whether an object in the cluster differs from what was applied.

It can differ in two ways. Someone else changed a field of ours: the comparison finds that. Or the
wanted object has changed: it may lack a field that was applied before, and the comparison cannot
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


def with_digest(wanted: Object) -> Object:
    """The object with its own digest, as it is applied."""
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]
    metadata = wanted["metadata"]
    annotations = metadata.get("annotations", {}) | {ANNOTATION: digest}
    return wanted | {"metadata": metadata | {"annotations": annotations}}


def differs(live: Object, wanted: Object) -> bool:
    """Whether applying `wanted`, which has its digest, could change `live`.

    Every wanted field must be there; fields that others added are theirs. A false positive is harmless:
    the apply that follows changes nothing.
    """
    return not _matches(live, wanted)


def _matches(live: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        # The API server drops empty values.
        return isinstance(live, dict) and all(
            _matches(live[key], value) if key in live else _is_empty(value)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(live, list) and all(
            _matches(one, other) for one, other in _pairs(live, wanted)
        )
    return bool(live == wanted) or _same_quantity(live, wanted)


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value in ("", [], None, False)


def _pairs(live: list[Any], wanted: list[Any]) -> list[tuple[Any, Any]]:
    """Each wanted item with its live one; `None` = a missing one.

    Lists of named objects merge, so others may add items; every other list is ours alone.
    """
    if _named(live) and _named(wanted):
        by_name = {item["name"]: item for item in live}
        return [(by_name.get(item["name"]), item) for item in wanted]
    return list(zip_longest(live, wanted))


def _named(items: list[Any]) -> bool:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return len(names) == len(items) and None not in names and len({*names}) == len(names)


def _same_quantity(live: Any, wanted: Any) -> bool:
    """The API server writes `1000m` as `1` and `0.5` as `500m`."""
    try:
        return amount(str(live)) == amount(str(wanted))
    except ValueError:
        return False
