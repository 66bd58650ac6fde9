"""What resolvers know: the caller, the data as of one moment, the loaders, the installation."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import strawberry

from shopx_api.auth.principal import Principal
from shopx_api.auth.tokens import TokenStore
from shopx_api.data.limiter import Limiter
from shopx_api.data.loaders import Loaders
from shopx_api.data.operation_data import OperationData
from shopx_core.caching.dependencies import Dependencies
from shopx_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests of a process share."""

    settings: Settings
    pool: asyncpg.Pool
    """Connections for reads."""
    turns: Limiter
    """Who may have one of them now."""
    writes: asyncpg.Pool
    """Connections for ingest and tokens."""
    tokens: TokenStore


@dataclass(slots=True)
class Context:
    """One operation."""

    services: Services
    principal: Principal
    request_id: str
    data: OperationData
    dependencies: Dependencies
    """Notes what the answer depends on, for the response cache."""
    loaders: Loaders
    received_at: dt.datetime
    """When the request arrived, by this process's clock; reads count from `data.now()`."""

    async def renew(self) -> None:
        """Something was written: what is read from now on shall show it."""
        await self.data.renew()
        self.loaders = Loaders(self.data, self.dependencies)


Info: TypeAlias = strawberry.Info[Context, None]
