"""The context of resolvers: the caller, the data of one snapshot, the loaders, the process."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import strawberry

from shopx_api.auth.principal import Principal
from shopx_api.auth.token_rows import TokenAdministration
from shopx_api.data.limiter import Limiter
from shopx_api.data.loaders import Loaders
from shopx_api.data.operation_data import OperationData
from shopx_api.data.replicas import Replicas
from shopx_core.caching.dependencies import Dependencies
from shopx_core.settings import Settings

if TYPE_CHECKING:
    from shopx_api.data.columns import ColumnsReplica


@dataclass(frozen=True, slots=True)
class Services:
    """The services that all requests of a process share."""

    settings: Settings
    pool: asyncpg.Pool
    """Connections for reads."""
    read_limiter: Limiter
    """Limits how many of them are in use."""
    writes: asyncpg.Pool
    """Connections for ingest and tokens."""
    tokens: TokenAdministration
    columns: "ColumnsReplica | None" = None
    """The columnar replica, where there is one."""
    replicas: Replicas | None = None
    """The database's streaming replicas, where they may answer reads."""


@dataclass(slots=True)
class Context:
    """One operation."""

    services: Services
    principal: Principal
    request_id: str
    data: OperationData
    dependencies: Dependencies
    """Records what the response depends on, for the response cache."""
    loaders: Loaders
    received_at: dt.datetime
    """When the request arrived, by this process's clock; reads count from `data.now()`."""

    async def renew(self) -> None:
        """Begin a new snapshot after a write, so that later reads see it."""
        await self.data.renew()
        self.loaders = Loaders(self.data, self.dependencies)


Info: TypeAlias = strawberry.Info[Context, None]
