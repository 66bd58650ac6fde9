"""Root fields about the installation: metrics, filter options, freshness, the caller, tokens."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import strawberry

from shopx_api.auth.principal import PrincipalKind
from shopx_api.data.context import Context, Info
from shopx_api.features.admin import compute, queries
from shopx_api.features.admin.types import (
    TOKEN_TYPE,
    ApiToken,
    AuthMode,
    FilterOption,
    FoldState,
    Freshness,
    Reporting,
    Viewer,
    ViewState,
)
from shopx_api.panels.keyset import Column, Keyset, PageArgs
from shopx_api.panels.labels import labels
from shopx_api.panels.members import clean_search
from shopx_api.panels.selection import TYPE_NAMES
from shopx_api.types.connection import Connection
from shopx_api.types.cost import cost
from shopx_api.types.enums import DimensionName, Tier
from shopx_api.types.figures import Metric
from shopx_api.types.inputs import AfterArg, FirstArg, IdArg
from shopx_api.types.node import global_id, row_id
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import NotFound


@strawberry.type
class AdminFields:
    """A part of the type Query."""

    @strawberry.field(description="Every metric with its definition, in the order pages list them.")
    def metrics(self) -> list[Metric]:
        return compute.metrics()

    @strawberry.field(description="What can be filtered by, by name.", metadata=cost(15))
    async def filter_options(
        self,
        info: Info,
        dimension: Annotated[DimensionName, strawberry.argument(description="Which dimension.")],
        search: Annotated[
            str | None,
            strawberry.argument(description="A part of the name, SKU, key or address."),
        ] = None,
        ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Only these, 1 to 100, in this order, and the id of none among them; "
                "ids that name nothing are left out. `search`, `first` and `after` do not apply."
            ),
        ] = None,
        first: FirstArg = 20,
        after: AfterArg = None,
    ) -> Connection[FilterOption]:
        if ids is not None:
            return await _named_options(info.context, dimension, ids)
        page = PageArgs(first, after)
        search = clean_search(search)
        if dimension is DimensionName.SEGMENT:
            return _segment_options(search, page)
        return await _options(info.context, dimension, search, page)

    @strawberry.field(description="The terms in which figures are reported.", metadata=cost(8))
    async def reporting(self, info: Info) -> Reporting:
        read_state = await info.context.data.read_state()
        return Reporting(
            timezone=read_state.timezone,
            currency=read_state.currency,
            week_start=read_state.week_start,
        )

    @strawberry.field(description="How fresh each tier is.", metadata=cost(15))
    async def freshness(self, info: Info) -> Freshness:
        data = info.context.data
        read_state = await data.read_state()
        now = await data.now()
        # The response states its as-of, so it differs for every snapshot.
        info.context.dependencies.time_dependent = True
        folded_at, pending = await queries.fold_state(data)
        views = await queries.views(data)
        return Freshness(
            as_of=now,
            tier=Tier.ROLLUP if read_state.rollups_valid else Tier.BASE,
            fold=FoldState(
                folded_at=folded_at,
                pending_lines=pending,
                lag_seconds=compute.fold_lag(now, folded_at, pending),
                is_trusted=read_state.rollups_valid,
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

    @strawberry.field(description="Who is asking.")
    def viewer(self, info: Info) -> Viewer:
        principal = info.context.principal
        # Callers who share cached figures have different names.
        info.context.dependencies.live = True
        return Viewer(
            name=principal.name,
            is_anonymous=principal.kind is PrincipalKind.ANONYMOUS,
            scopes=[scope for scope in Scope if scope in principal.scopes],
            auth_mode=AuthMode(info.context.services.settings.auth.mode),
        )

    @strawberry.field(description="API tokens, the newest first; for admins.")
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        info.context.principal.require(Scope.ADMIN)
        # Tokens belong to no snapshot: a revocation must show at once.
        info.context.dependencies.live = True
        tokens = await info.context.services.tokens.list()
        return [compute.api_token(token, info.context.received_at) for token in tokens]


@strawberry.type
class AdminMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(
        description="Refuse a token from now on. Revoking it again changes nothing. Scope ADMIN."
    )
    async def revoke_token(self, info: Info, id: IdArg) -> ApiToken:
        info.context.principal.require(Scope.ADMIN)
        token = await info.context.services.tokens.revoke(row_id(id, TOKEN_TYPE))
        if token is None:
            raise NotFound("There is no such token.")
        return compute.api_token(token, info.context.received_at)


async def _options(
    context: Context, dimension: DimensionName, search: str | None, page: PageArgs
) -> Connection[FilterOption]:
    keyset = queries.options_keyset(dimension)
    found = await queries.options(
        context.data, dimension, search, first=page.first, after=keyset.key(page.after)
    )
    options = [
        FilterOption(
            id=global_id(TYPE_NAMES[dimension], option.id),
            dimension=dimension,
            label=option.label,
            detail=option.detail,
        )
        for option in found
    ]
    count = partial(queries.count_options, context.data, dimension, search)
    return keyset.connection(page, options, [(one.label, one.id) for one in found], count)


def _segment_options(search: str | None, page: PageArgs) -> Connection[FilterOption]:
    keyset = Keyset("options:segment", (Column("number", "bigint"),))
    after = keyset.key(page.after)
    found = compute.segment_options(search)
    shown = [(number, option) for number, option in found if keyset.follows((number,), after)]
    options = [option for _, option in shown]
    return keyset.connection(page, options, [(number,) for number, _ in shown], len(found))


async def _named_options(
    context: Context, dimension: DimensionName, ids: Sequence[str]
) -> Connection[FilterOption]:
    """The options with these ids, such as those of a link to a filtered page."""
    keys = compute.option_keys(dimension, ids)
    known = await labels(context.loaders, dimension, list(keys.values()), known_only=True)
    options = [
        FilterOption(id=strawberry.ID(one), dimension=dimension, label=known[key], detail=None)
        for one, key in keys.items()
        if key in known
    ]
    keyset = Keyset("options:ids", (Column("id", "text"),))
    page = PageArgs(max(len(options), 1), None)
    return keyset.connection(page, options, [(one.id,) for one in options], len(options))
