"""Which dependency tags a SQL statement has, by the tables that it names.

Tags listed by hand at each query would become wrong and outdated answers would be served. The
answer of a statement that names an unknown table must not be cached.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.matviews import MATVIEWS

TABLES: Final[Mapping[str, DependencyTag | None]] = MappingProxyType(
    {
        "order_items": DependencyTag.LEDGER,
        "orders": DependencyTag.LEDGER,
        "order_keys": DependencyTag.LEDGER,
        "rollup_sales_quarter": DependencyTag.LEDGER,
        "rollup_sales_day": DependencyTag.LEDGER,
        "rollup_product_day": DependencyTag.LEDGER,
        "rollup_product_week": DependencyTag.LEDGER,
        "rollup_customer_day": DependencyTag.LEDGER,
        "rollup_customer": DependencyTag.LEDGER,
        "rollup_order": DependencyTag.LEDGER,
        "customer_day_cells": DependencyTag.LEDGER,
        "categories": DependencyTag.CATALOGUE,
        "products": DependencyTag.CATALOGUE,
        "customers": DependencyTag.CUSTOMERS,
        "sales_reps": DependencyTag.TEAM,
        "quotas": DependencyTag.TEAM,
        "regions": DependencyTag.TEAM,
        "channels": DependencyTag.TEAM,
        "sources": DependencyTag.CATALOGUE,
        "reporting": DependencyTag.TERMS,
        "rates": DependencyTag.TERMS,
        "currencies": DependencyTag.TERMS,
        "matview_refreshes": DependencyTag.VIEWS,
        "predictions": DependencyTag.VIEWS,
        "prediction_fits": DependencyTag.VIEWS,
        **{name: DependencyTag.VIEWS for view in MATVIEWS.values() for name in view.members},
        # They say which lines the rollups already hold; no sum depends on that.
        "watermark": None,
        "folded_xids": None,
        # Functions that return rows and read no table.
        "unnest": None,
        "generate_series": None,
        "pg_control_system": None,
    }
)
"""The tag of each table, view and row-returning function; `None` = no answer depends on it."""

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|[a-z_][a-z0-9_.]*|[(),]""", re.IGNORECASE | re.DOTALL
)
_ENDS_FROM = frozenset(
    {"where", "group", "having", "order", "limit", "offset", "fetch", "window", "for", "select"}
    | {"union", "except", "intersect", "returning"}
)
# In `extract(isodow from day)` nothing is read.
_FROM_INSIDE = frozenset({"extract", "substring", "trim", "overlay"})
_BEFORE_NAME = frozenset({"only", "lateral"})


class _Level:
    """One nesting level of parentheses: whether a FROM list is being read, and where in it."""

    __slots__ = ("expects_table", "in_from", "is_call")

    def __init__(self, *, is_call: bool) -> None:
        self.is_call = is_call
        self.in_from = False
        self.expects_table = False


@lru_cache(maxsize=1024)
def dependency_tags(sql: str) -> frozenset[DependencyTag] | None:
    """The dependency tags of a statement.

    Args:
        sql: One SELECT in the style of this code base: unquoted names.

    Returns:
        The tags; `None` = it names a table that is not in `TABLES`, whose changes are not tracked.
    """
    words = [word.lower() for word in _TOKEN.findall(sql) if word[0] not in "-/'"]
    own = _cte_names(words)
    found: set[DependencyTag] = set()
    for name in _tables(words):
        if name in own:
            continue
        if name not in TABLES:
            return None
        tag = TABLES[name]
        if tag is not None:
            found.add(tag)
    return frozenset(found)


def _tables(words: list[str]) -> Iterator[str]:
    """Every name at a table position of a FROM list."""
    levels = [_Level(is_call=False)]
    before = ""
    for word in words:
        level = levels[-1]
        if word == "(":
            level.expects_table = False
            levels.append(_Level(is_call=before in _FROM_INSIDE))
        elif word == ")":
            if len(levels) > 1:
                levels.pop()
        elif word == ",":
            level.expects_table = level.in_from
        elif word == "join" or (word == "from" and before != "distinct" and not level.is_call):
            level.in_from = level.expects_table = True
        elif word in _ENDS_FROM:
            level.in_from = level.expects_table = False
        elif level.expects_table and word not in _BEFORE_NAME:
            level.expects_table = False
            yield word
        before = word


def _cte_names(words: list[str]) -> frozenset[str]:
    """The names of common table expressions: `name as (`, `name (columns) as materialized (`."""
    names: set[str] = set()
    for at, word in enumerate(words):
        if word != "as":
            continue
        after = [t for t in words[at + 1 : at + 4] if t not in {"not", "materialized"}]
        if after[:1] == ["("]:
            names.add(_name_before(words, at))
    return frozenset(names)


def _name_before(words: list[str], at: int) -> str:
    """The name before `words[at]`, skipping a list of columns."""
    at -= 1
    if at > 0 and words[at] == ")":
        while at > 0 and words[at] != "(":
            at -= 1
        at -= 1
    return words[at] if at >= 0 else ""
