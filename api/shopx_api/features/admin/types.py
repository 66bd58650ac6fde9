"""Types about the installation itself: reporting settings, freshness, the caller, tokens."""

import datetime as dt
import enum
from typing import Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.admin import queries
from shopx_api.types.enums import DimensionName, Tier, describe
from shopx_api.types.node import Node
from shopx_core.domain.api_tokens import Scope

TOKEN_TYPE: Final = "ApiToken"  # noqa: S105 -- a type's name, not a secret
"""The type within the global ids of tokens."""


@strawberry.type(description="The terms in which figures are reported.")
class Reporting:
    """The reporting settings, and the first and the last sale."""

    timezone: str = strawberry.field(description="The zone whose days count by default (IANA).")
    currency: str = strawberry.field(description="ISO 4217 code that all totals are in.")
    week_start: int = strawberry.field(description="First day of a week: 1 Monday to 7 Sunday.")

    @strawberry.field(
        description="When the first line was booked, to the quarter-hour; null while there is none."
    )
    async def first_sale_at(self, info: Info) -> dt.datetime | None:
        extent = await info.context.data.extent()
        return extent[0] if extent else None

    @strawberry.field(
        description="When the last line was booked, to the quarter-hour; null while there is none."
    )
    async def last_sale_at(self, info: Info) -> dt.datetime | None:
        extent = await info.context.data.extent()
        return extent[1] if extent else None

    @strawberry.field(
        description="When an import or a seeding last changed sales; null while none has. A view "
        "that is older lacks it."
    )
    async def last_import_at(self, info: Info) -> dt.datetime | None:
        return await queries.last_import_at(info.context.data)


@strawberry.type(description="How far the fold is behind the ledger.")
class FoldState:
    """Reads are exact all the same: they add the pending lines."""

    folded_at: dt.datetime = strawberry.field(description="When it last folded something.")
    pending_lines: int = strawberry.field(
        description="Ledger lines that are not in the rollups yet."
    )
    lag_seconds: float = strawberry.field(
        description="Seconds since the last fold while lines are pending, else 0."
    )
    is_trusted: bool = strawberry.field(
        description="False after a restore until the rollups are rebuilt: reads are then slower."
    )


@strawberry.type(description="A materialized view and its own as-of.")
class ViewState:
    """One of the views behind slow analyses."""

    name: str = strawberry.field(description="Which view.")
    as_of: dt.datetime = strawberry.field(description="What it is as of.")
    refreshed_at: dt.datetime = strawberry.field(description="When its last refresh ended.")
    seconds: float = strawberry.field(description="How long that took.")


@strawberry.type(description="How fresh each tier is.")
class Freshness:
    """The as-of of every tier."""

    as_of: dt.datetime = strawberry.field(description="The instant of this very answer.")
    tier: Tier = strawberry.field(description="Where sums come from at present.")
    fold: FoldState = strawberry.field(description="The rollups.")
    views: list[ViewState] = strawberry.field(description="The materialized views, by name.")


class AuthMode(enum.StrEnum):
    """How callers are authenticated."""

    DEVELOPMENT = "development"
    TOKEN = "token"  # noqa: S105 -- a mode, not a secret
    PROXY = "proxy"


describe(
    AuthMode,
    name="AuthMode",
    description="How callers are recognised.",
    values={
        AuthMode.DEVELOPMENT: "Reads are open; writes need a token.",
        AuthMode.TOKEN: "Everything needs a token.",
        AuthMode.PROXY: "An authenticating proxy names the user; tokens are accepted too.",
    },
)


describe(
    Scope,
    name="Scope",
    description="What a caller may do.",
    values={
        Scope.READ: "See every figure.",
        Scope.INGEST: "Record, refund and cancel orders, and change reference data.",
        Scope.ADMIN: "See and revoke tokens, and manage reports.",
    },
)


@strawberry.type(description="Who is asking.")
class Viewer:
    """The caller as this API sees it."""

    name: str = strawberry.field(description="The token's or user's name, or `anonymous`.")
    is_anonymous: bool = strawberry.field(description="Whether no proof of identity was given.")
    scopes: list[Scope] = strawberry.field(description="What they may do.")
    auth_mode: AuthMode = strawberry.field(description="How callers are recognised here.")


@strawberry.type(description="An API token, without its secret, which is stored nowhere.")
class ApiToken(Node):
    """A token."""

    name: str = strawberry.field(description="What it was named when it was made.")
    scopes: list[Scope] = strawberry.field(description="What it allows.")
    sources: list[str] | None = strawberry.field(
        description="The sources that it may write as; null = every source."
    )
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    expires_at: dt.datetime | None = strawberry.field(description="From when on it is refused.")
    revoked_at: dt.datetime | None = strawberry.field(description="Since when it is refused.")
    is_active: bool = strawberry.field(description="Whether it is accepted now.")


@strawberry.type(description="Something to filter by.")
class FilterOption:
    """A member of a dimension."""

    id: strawberry.ID = strawberry.field(
        description="What to pass in a filter; for segments the segment's name."
    )
    dimension: DimensionName = strawberry.field(description="Which dimension it belongs to.")
    label: str = strawberry.field(description="What it is called.")
    detail: str | None = strawberry.field(
        description="What tells it from its namesakes: a SKU, an address, the categories above."
    )
