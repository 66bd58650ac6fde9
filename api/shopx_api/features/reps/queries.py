"""SQL of the sales reps panel."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.money import ZERO
from shopx_store.query.left_out import LeftOut, LeftOutOf
from shopx_store.sql import bind, raw, sql

# Converted by the rate of the month's first day: see `shopx_api.features.reps.compute`.
_QUOTAS: Final = """
select q.rep_id, q.month, q.amount
    * case when q.currency = r.currency then 1 else known_rate(q.currency, q.month) end as amount,
    q.currency, q.amount as own
from quotas q cross join reporting r
where q.month >= {first} and q.month <= {last} and {reps}"""

_REPS: Final = """
select id, key, name, team, region_id, hired_on, manager_id from sales_reps where {team}"""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a rep is to sell in a month."""

    rep_id: int
    month: dt.date
    """Its first day."""
    amount: Decimal | None
    """In the reporting currency; `None` = its currency has no rate for the first day."""


async def quotas(
    data: OperationData, first: dt.date, last: dt.date, reps: Sequence[int] | None = None
) -> list[Quota]:
    """Return the quotas of the months from `first` to `last`, in the reporting currency.

    Args:
        data: The operation's data.
        first: First day of a month.
        last: First day of a month.
        reps: Row ids of reps; `None` = all.
    """
    chosen = raw("true")
    if reps is not None:
        chosen = sql("q.rep_id = any({reps})", reps=bind(list(reps), "bigint[]"))
    rows = await data.fetch(
        sql(_QUOTAS, first=bind(first, "date"), last=bind(last, "date"), reps=chosen).reading(
            DependencyTag.TEAM, DependencyTag.TERMS
        )
    )
    for row in rows:
        if row["amount"] is None:
            data.leave_out(
                LeftOut(
                    of=LeftOutOf.QUOTAS,
                    currency=row["currency"],
                    lines=1,
                    gross=row["own"],
                    amount=row["own"],
                    cost=ZERO,
                    since=row["month"],
                )
            )
    return [Quota(row["rep_id"], row["month"], row["amount"]) for row in rows]


async def reps_of(data: OperationData, team: str | None) -> dict[int, asyncpg.Record]:
    """Return the rows of the reps of a team, or of all reps without one, by id."""
    chosen = raw("true") if team is None else sql("team = {team}", team=bind(team, "text"))
    query = sql(_REPS, team=chosen).reading(DependencyTag.TEAM)
    return {row["id"]: row for row in await data.fetch(query)}
