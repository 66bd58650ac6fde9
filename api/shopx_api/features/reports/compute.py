"""From arguments to a definition, and from rows to types: pure."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from shopx_api.features.reports.types import (
    DELIVERY_TYPE,
    REPORT_TYPE,
    Report,
    ReportAlert,
    ReportDelivery,
    ReportInput,
)
from shopx_api.types.enums import MetricId
from shopx_api.types.inputs import FilterInput
from shopx_api.types.node import global_id
from shopx_core.domain.reports import Alert, Channel, Definition, State, shown_target
from shopx_core.texts import Text, loads, text_of
from shopx_store.reports import statements


def definition(given: ReportInput) -> Definition:
    """The definition of a new report.

    Raises:
        InvalidInput: A part of it is not valid.
    """
    alert = given.alert
    return statements.kept(
        Definition(
            name=given.name,
            page=given.page,
            panels=tuple(given.panels),
            preset=given.preset,
            comparison=given.comparison,
            filters=_filters(given.filters),
            zone=given.zone,
            formats=tuple(dict.fromkeys(given.formats)),
            channel=given.channel,
            targets=tuple(given.targets),
            schedule=given.schedule,
            alert=Alert(alert.metric.value, alert.condition, Decimal(alert.threshold))
            if alert
            else None,
        )
    )


def values(given: Definition, author: str) -> list[object]:
    """The parameters that keep a definition."""
    return [*statements.values(given, orjson.dumps(given.filters).decode()), author]


def _filters(given: FilterInput | None) -> dict[str, list[str]]:
    if given is None:
        return {}
    found = {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}
    # Segments are members of an enum; GraphQL knows them by their names.
    return {
        name: [getattr(one, "name", None) or str(one) for one in chosen]
        for name, chosen in found.items()
        if chosen
    }


def report(row: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Report:
    """A report with its history."""
    kept = statements.definition_of(row, {})
    alert, problem = kept.alert, _text(row["problem"])
    return Report(
        id=global_id(REPORT_TYPE, row["id"]),
        name=kept.name,
        page=kept.page,
        panels=list(kept.panels),
        preset=kept.preset,
        comparison=kept.comparison,
        zone=kept.zone,
        formats=list(kept.formats),
        channel=kept.channel,
        targets=[shown_target(kept.channel, one) for one in kept.targets],
        schedule=kept.schedule,
        alert=ReportAlert(
            metric=MetricId(alert.metric),
            condition=alert.condition,
            threshold=alert.threshold,
            is_met=row["condition_met"],
        )
        if alert
        else None,
        is_paused=row["paused"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        problem=problem,
        problem_text=problem,
        history=[_delivery(kept.channel, one) for one in history],
    )


def _delivery(channel: Channel, row: Mapping[str, Any]) -> ReportDelivery:
    state = State(row["state"])
    observed, detail = _text(row["observed"]), _text(row["detail"])
    return ReportDelivery(
        id=global_id(DELIVERY_TYPE, row["id"]),
        due_at=row["due_at"],
        target=shown_target(channel, row["target"]),
        state=state,
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"] if state is State.WAITING else None,
        finished_at=row["finished_at"],
        observed=observed,
        observed_text=observed,
        detail=detail,
        detail_text=detail,
    )


def _text(stored: str | None) -> Text | None:
    return None if stored is None else text_of(loads(stored))
