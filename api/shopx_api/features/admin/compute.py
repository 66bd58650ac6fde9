"""Arrange what the admin fields show: pure."""

import datetime as dt
from collections.abc import Sequence

import strawberry

from shopx_api.features.admin.types import TOKEN_TYPE, ApiToken, FilterOption
from shopx_api.panels.keyset import MAX_FIRST
from shopx_api.panels.members import matching_segments
from shopx_api.panels.metric_values import adds_up
from shopx_api.panels.selection import TYPE_NAMES
from shopx_api.types.enums import DimensionName, MetricId, SegmentFilter
from shopx_api.types.figures import Metric
from shopx_api.types.node import global_id, row_id
from shopx_core.domain.api_tokens import Scope, Token
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.rfm import SEGMENTS
from shopx_core.errors import InvalidInput


def metrics() -> list[Metric]:
    """The registry of metrics."""
    return [
        Metric(
            id=MetricId(metric.id),
            title=metric.title,
            definition=metric.definition,
            unit=metric.unit,
            better=metric.better,
            is_additive=adds_up(metric),
        )
        for metric in METRICS.values()
    ]


def fold_lag(now: dt.datetime, folded_at: dt.datetime, pending: int) -> float:
    """Seconds by which the rollups lie behind the ledger: 0 when they hold all of it."""
    return max(0.0, (now - folded_at).total_seconds()) if pending else 0.0


def api_token(token: Token, now: dt.datetime) -> ApiToken:
    """A token without its secret."""
    return ApiToken(
        id=global_id(TOKEN_TYPE, token.id),
        name=token.name,
        scopes=[scope for scope in Scope if scope in token.scopes],
        sources=None if token.sources is None else sorted(token.sources),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        is_active=token.active(now),
    )


def segment_options(search: str | None) -> list[tuple[int, FilterOption]]:
    """The segments with a title that contains a text, each with its number."""
    found = set(matching_segments(search))
    return [
        (
            number,
            FilterOption(
                id=strawberry.ID(segment.name),
                dimension=DimensionName.SEGMENT,
                label=text.title,
                detail=text.definition,
            ),
        )
        for number, (segment, text) in enumerate(SEGMENTS.items(), 1)
        if segment in found
    ]


def option_keys(dimension: DimensionName, ids: Sequence[str]) -> dict[str, int | str]:
    """The dimension's keys by the ids that filters take.

    Raises:
        InvalidInput: There are too many ids, or one is of another dimension.
    """
    if not 1 <= len(ids) <= MAX_FIRST:
        raise InvalidInput(f"`ids` has {len(ids)} entries, not 1 to {MAX_FIRST}.")
    distinct = dict.fromkeys(ids)
    if dimension is DimensionName.SEGMENT:
        names = {member.name: member.value for member in SegmentFilter}
        return {one: names[one] for one in distinct if one in names}
    return {one: row_id(one, TYPE_NAMES[dimension]) for one in distinct}
