"""The tree of categories in SQL."""

from collections.abc import Sequence
from typing import Final

from shopx_store.sql import Sql, bind, sql

_SUBTREE: Final = """(
        with recursive subtree as (
            select unnest({roots}) as id
            union select c.id from categories c join subtree s on c.parent_id = s.id
        ) select id from subtree)"""


def category_subtree(roots: Sequence[int]) -> Sql:
    """A subquery of the ids of categories and of all their descendants."""
    return sql(_SUBTREE, roots=bind(roots, "bigint[]"))
