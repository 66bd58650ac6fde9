"""Root fields of scheduled reports and alerts; all of them need the scope ADMIN."""

from typing import Annotated, Any

import asyncpg
import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.features.reports import compute, queries
from shopx_api.features.reports.types import REPORT_TYPE, Report, ReportInput
from shopx_api.types.cost import cost
from shopx_api.types.inputs import IdArg
from shopx_api.types.node import row_id
from shopx_core import logging
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.texts import say

_log = logging.get(__name__)


@strawberry.type
class ReportFields:
    """A part of the type Query."""

    @strawberry.field(
        description="Scheduled reports and alerts, by name, with what was sent. Scope ADMIN.",
        metadata=cost(20),
    )
    async def reports(self, info: Info) -> list[Report]:
        pool = _allowed(info.context)
        # What is sent belongs to no snapshot.
        info.context.dependencies.live = True
        rows = await queries.every(pool)
        return [compute.report(row, await queries.history(pool, row["id"])) for row in rows]


@strawberry.type
class ReportMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(description="Keep a report or an alert, and send it on. Scope ADMIN.")
    async def create_report(
        self,
        info: Info,
        report: Annotated[ReportInput, strawberry.argument(description="What, when, to whom.")],
    ) -> Report:
        pool = _allowed(info.context)
        _require_sending(info.context)
        author = info.context.principal.name
        made = await queries.create(pool, compute.values(compute.definition(report), author))
        return await _shown(info.context, made, "report_created")

    @strawberry.mutation(
        description="Send nothing on schedule, or again; what passed meanwhile is not caught up."
        " Scope ADMIN."
    )
    async def pause_report(
        self,
        info: Info,
        id: IdArg,
        is_paused: Annotated[bool, strawberry.argument(description="False resumes it.")] = True,
    ) -> Report:
        pool = _allowed(info.context)
        row = await queries.pause(pool, row_id(id, REPORT_TYPE), paused=is_paused)
        return await _shown(info.context, row, "report_paused" if is_paused else "report_resumed")

    @strawberry.mutation(
        description="Send it to its recipients at the workers' next round, whatever its schedule "
        "and condition. Scope ADMIN."
    )
    async def send_report(self, info: Info, id: IdArg) -> Report:
        pool = _allowed(info.context)
        _require_sending(info.context)
        number = row_id(id, REPORT_TYPE)
        await queries.send_now(pool, number)
        return await _shown(info.context, await queries.one(pool, number), "report_send_asked")

    @strawberry.mutation(
        description="Remove a report with its history; false where there is none. Scope ADMIN."
    )
    async def delete_report(self, info: Info, id: IdArg) -> bool:
        pool = _allowed(info.context)
        number = row_id(id, REPORT_TYPE)
        removed = await queries.delete(pool, number)
        if removed:
            _log.info("report_deleted", report=number, by=info.context.principal.name)
        return removed


def _allowed(context: Context) -> asyncpg.Pool:
    context.principal.require(Scope.ADMIN)
    return context.services.writes


def _require_sending(context: Context) -> None:
    """Refuse to keep what nothing would send.

    Raises:
        InvalidInput: The dashboard sends no reports.
    """
    if not context.services.settings.reports.enabled:
        raise InvalidInput(
            say("reports.dashboard-sends-reports", "This dashboard sends no reports."),
            hint=say("reports.set-spec-reports-manifest", "Set spec.reports in its manifest."),
        )


async def _shown(context: Context, row: dict[str, Any] | None, event: str) -> Report:
    if row is None:
        raise NotFound(say("reports.such-report", "There is no such report."))
    _log.info(event, report=row["id"], by=context.principal.name)
    history = await queries.history(context.services.writes, row["id"])
    return compute.report(row, history)
