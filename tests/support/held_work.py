"""Pieces of work that enter something limited, and stay until a test ends them."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Enter(Protocol):
    """Waits for a place; the work runs within what it returns."""

    def __call__(self, *, background: bool) -> AbstractAsyncContextManager[None]:
        """Enter."""
        ...


class HeldWork:
    """Pieces of work, by name.

    Args:
        enter: What each piece enters.
    """

    def __init__(self, enter: Enter) -> None:
        self._enter = enter
        self.started: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    def begin(self, name: str, *, background: bool = False) -> asyncio.Task[None]:
        """Begin a piece."""
        self.ends[name] = asyncio.Event()

        async def run() -> None:
            async with self._enter(background=background):
                self.started.append(name)
                await self.ends[name].wait()

        return asyncio.create_task(run())


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)
