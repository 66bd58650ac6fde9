"""What the reps page reads besides the cube."""

import datetime as dt
from collections.abc import Sequence

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_api.features.reps.quotas import Quota

# Converted by the rate of the month's first day: see `shopx_api.features.reps.quotas`.
_QUOTAS = """
select q.rep_id, q.month, q.amount
    * case when q.currency = r.currency then 1 else rate_of(q.currency, q.month) end as amount
from quotas q cross join reporting r
where q.month >= $1 and q.month <= $2"""

_REPS = """
select id, key, name, team, region_id, hired_on, manager_id from sales_reps
where $1::text is null or team = $1"""


async def quotas(
    data: OperationData, first: dt.date, last: dt.date, reps: Sequence[int] | None = None
) -> list[Quota]:
    """Return the quotas of the months from `first` to `last`, in the reporting currency.

    Args:
        data: What the operation reads.
        first: First day of a month.
        last: First day of a month.
        reps: Whose; `None` = everybody's.

    Raises:
        RateMissing: A quota's currency has no rate for the first day of its month.
    """
    if reps is None:
        rows = await data.fetch(_QUOTAS, first, last)
    else:
        rows = await data.fetch(_QUOTAS + " and q.rep_id = any($3::bigint[])", first, last, reps)
    return [Quota(*row) for row in rows]


async def reps_of(data: OperationData, team: str | None) -> dict[int, asyncpg.Record]:
    """Return the rows of the reps of a team, or of all, by id."""
    return {row["id"]: row for row in await data.fetch(_REPS, team)}
