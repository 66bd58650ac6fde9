"""What the admin fields answer."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import strawberry

from shopx_api.auth.principal import PrincipalKind
from shopx_api.data.context import Context
from shopx_api.features.admin import repository
from shopx_api.features.admin.types import (
    ApiToken,
    AuthMode,
    FilterOption,
    FoldState,
    Freshness,
    Reporting,
    Viewer,
    ViewState,
)
from shopx_api.panels.labels import labels
from shopx_api.panels.metric_values import adds_up
from shopx_api.panels.selection import TYPE_NAMES
from shopx_api.types.connection import (
    MAX_FIRST,
    Connection,
    checked_first,
    connection,
    decode_cursor,
    encode_cursor,
)
from shopx_api.types.enums import DimensionName, MetricId, SegmentFilter, Tier
from shopx_api.types.figures import Metric
from shopx_api.types.node import global_id, row_id
from shopx_core.domain.api_tokens import Scope, Token
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.rfm import SEGMENTS
from shopx_core.errors import InvalidInput, NotFound

MAX_SEARCH: Final = 200
TOKEN_TYPE: Final = "ApiToken"  # noqa: S105 -- a type's name, not a secret


def metrics() -> list[Metric]:
    """The registry."""
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


async def reporting(context: Context) -> Reporting:
    """The reporting terms."""
    terms = await context.data.terms()
    return Reporting(timezone=terms.timezone, currency=terms.currency, week_start=terms.week_start)


async def freshness(context: Context) -> Freshness:
    """How fresh each tier is."""
    terms = await context.data.terms()
    now = await context.data.now()
    # It tells the moment itself: under the next one it is another answer.
    context.dependencies.time_dependent = True
    folded_at, pending = await repository.fold_state(context.data)
    views = await repository.views(context.data)
    return Freshness(
        as_of=now,
        tier=Tier.ROLLUP if terms.trusted else Tier.BASE,
        fold=FoldState(
            folded_at=folded_at,
            pending_lines=pending,
            lag_seconds=lag(now, folded_at, pending),
            is_trusted=terms.trusted,
        ),
        views=[
            ViewState(
                name=view.name,
                as_of=view.as_of,
                refreshed_at=view.finished_at,
                seconds=view.seconds,
            )
            for view in views
        ],
    )


def lag(now: dt.datetime, folded_at: dt.datetime, pending: int) -> float:
    """Seconds that the rollups lie behind the ledger: 0 when they hold all of it."""
    return max(0.0, (now - folded_at).total_seconds()) if pending else 0.0


def viewer(context: Context) -> Viewer:
    """Who is asking."""
    principal = context.principal
    # Callers who see the same figures have different names: this answer is nobody else's.
    context.dependencies.live = True
    return Viewer(
        name=principal.name,
        is_anonymous=principal.kind is PrincipalKind.ANONYMOUS,
        scopes=[scope for scope in Scope if scope in principal.scopes],
        auth_mode=AuthMode(context.services.settings.auth.mode),
    )


async def api_tokens(context: Context) -> list[ApiToken]:
    """Every token.

    Raises:
        Forbidden: The caller is no admin.
    """
    context.principal.require(Scope.ADMIN)
    # Tokens are no part of any snapshot: what was revoked must show at once, and nowhere cached.
    context.dependencies.live = True
    return [_shown(token, context) for token in await context.services.tokens.list()]


async def revoke_token(context: Context, token_id: str) -> ApiToken:
    """Refuse a token from now on.

    Raises:
        Forbidden: The caller is no admin.
        NotFound: There is no such token.
    """
    context.principal.require(Scope.ADMIN)
    token = await context.services.tokens.revoke(row_id(token_id, TOKEN_TYPE))
    if token is None:
        raise NotFound("There is no such token.")
    return _shown(token, context)


def _shown(token: Token, context: Context) -> ApiToken:
    return ApiToken(
        id=global_id(TOKEN_TYPE, token.id),
        name=token.name,
        scopes=[scope for scope in Scope if scope in token.scopes],
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        is_active=token.active(context.received_at),
    )


async def filter_options(
    context: Context,
    dimension: DimensionName,
    search: str | None,
    first: int,
    after: str | None,
) -> Connection[FilterOption]:
    """What can be filtered by.

    Raises:
        InvalidInput: `first`, `after` or `search` cannot be used.
    """
    checked_first(first)
    if search is not None and len(search) > MAX_SEARCH:
        raise InvalidInput(f"The search is longer than {MAX_SEARCH} characters.")
    if dimension is DimensionName.SEGMENT:
        return _segments(search, first, after)
    order = f"options:{dimension.value}"
    place = decode_cursor(after, order, str, int)
    if place is not None and None in place:
        raise InvalidInput("The cursor is of no option.")
    found = await repository.options(
        context.data,
        dimension,
        search,
        after=(place[0], place[1]) if place else None,
        limit=first + 1,
    )
    shown = [
        FilterOption(
            id=global_id(TYPE_NAMES[dimension], option.id),
            dimension=dimension,
            label=option.label,
            detail=option.detail,
        )
        for option in found
    ]
    cursors = {
        one.id: encode_cursor(order, option.label, option.id)
        for one, option in zip(shown, found, strict=True)
    }

    async def count() -> int:
        return await repository.count_options(context.data, dimension, search)

    return connection(
        shown, first=first, after=after, cursor=lambda one: cursors[one.id], count=count
    )


async def named_options(
    context: Context, dimension: DimensionName, ids: Sequence[str]
) -> Connection[FilterOption]:
    """The options with these ids, such as those of a link that somebody sent.

    Raises:
        InvalidInput: There are too many of them, or one is of another dimension.
    """
    if not 1 <= len(ids) <= MAX_FIRST:
        raise InvalidInput(f"`ids` has {len(ids)} entries, not 1 to {MAX_FIRST}.")
    wanted = dict.fromkeys(ids)
    keys: dict[str, int | str]
    if dimension is DimensionName.SEGMENT:
        names = {member.name: member.value for member in SegmentFilter}
        keys = {one: names[one] for one in wanted if one in names}
    else:
        keys = {one: row_id(one, TYPE_NAMES[dimension]) for one in wanted}
    found = await labels(context.loaders, dimension, list(keys.values()), known_only=True)
    shown = [
        FilterOption(id=strawberry.ID(one), dimension=dimension, label=found[key], detail=None)
        for one, key in keys.items()
        if key in found
    ]

    async def count() -> int:
        return len(shown)

    return connection(shown, first=len(shown), after=None, cursor=lambda one: one.id, count=count)


def _segments(search: str | None, first: int, after: str | None) -> Connection[FilterOption]:
    order = "options:segment"
    place = decode_cursor(after, order, int)
    begin = 0 if place is None else (place[0] or 0)
    wanted = (search or "").casefold()
    found = [
        (number, segment, text)
        for number, (segment, text) in enumerate(SEGMENTS.items(), 1)
        if wanted in text.title.casefold()
    ]
    page = [item for item in found if item[0] > begin]
    numbers = {segment.name: number for number, segment, _ in found}

    async def count() -> int:
        return len(found)

    return connection(
        [
            FilterOption(
                id=strawberry.ID(segment.name),
                dimension=DimensionName.SEGMENT,
                label=text.title,
                detail=text.definition,
            )
            for _, segment, text in page
        ],
        first=first,
        after=after,
        cursor=lambda one: encode_cursor(order, numbers[one.id]),
        count=count,
    )
