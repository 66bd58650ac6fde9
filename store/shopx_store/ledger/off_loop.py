"""Pure work over a batch, beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

_Made = TypeVar("_Made")

SHORT: Final = 100
"""Lines or rows that take the event loop about a millisecond, less than a thread is worth."""


async def off_loop(size: int, work: Callable[[], _Made]) -> _Made:
    """Do pure work: at once if it is short, else in a thread.

    Args:
        size: Lines or rows that it goes over.
        work: What is done.
    """
    return work() if size <= SHORT else await asyncio.to_thread(work)
