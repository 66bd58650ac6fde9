"""Counts the SQL statements that the API sends."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from shopx_api.server.app import create_inner_app
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE

Prepare = Callable[[asyncpg.Connection], Awaitable[None]]

_FRAME = ("begin", "commit", "rollback", "set ")
"""Statements that frame a transaction are not counted."""


@dataclass(slots=True)
class Counted:
    """An API that records its statements."""

    api: Api
    sent: list[str] = field(default_factory=list)
    snapshot: str = ""
    """The token of the first response."""

    async def statements(self, document: str, variables: dict[str, Any] | None = None) -> int:
        """The number of statements of an operation, which must succeed."""
        if not self.snapshot:
            self.snapshot = (await self.api.post(document, variables)).json()["extensions"][
                "snapshot"
            ]
        self.sent.clear()
        # As of one instant, so that pending lines are looked up only once.
        await self.api.data(document, variables, x_shopx_as_of=self.snapshot)
        self.sent[:] = [sql for sql in self.sent if not sql.lstrip().lower().startswith(_FRAME)]
        return len(self.sent)

    def sketch(self) -> str:
        """The beginning of each statement of the last operation."""
        return "\n".join(" ".join(sql.split())[:90] for sql in self.sent)


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of all pools that are made from now on."""
    sent: list[str] = []
    create_pool = asyncpg.create_pool

    def listening(*args: Any, init: Prepare | None = None, **more: Any) -> asyncpg.Pool:
        async def prepare(connection: asyncpg.Connection) -> None:
            if init is not None:
                await init(connection)
            connection.add_query_logger(lambda record: sent.append(record.query))

        return create_pool(*args, init=prepare, **more)

    monkeypatch.setattr(asyncpg, "create_pool", listening)
    return sent


@contextlib.asynccontextmanager
async def counting(monkeypatch: pytest.MonkeyPatch, dsn: str) -> AsyncIterator[Counted]:
    """Run the API over a database and record its statements."""
    sent = recorded(monkeypatch)
    async with serving(create_inner_app(settings_for(dsn, api=ALL_AT_ONCE))) as api:
        yield Counted(api, sent)
