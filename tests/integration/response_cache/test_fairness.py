"""A caller who asks much waits for itself: by the real clock, through the whole front."""

import asyncio
import datetime as dt
from functools import partial

import asyncpg

from tests.support.cached_app import CachedApp, cached_app, settings
from tests.support.postgres import Database

MANY, FEW, SECONDS = 50, 4, 0.1
"""Questions of the greedy and of the modest caller, and how long each takes."""
FIRST = dt.date(2020, 1, 1)


async def asked(process: CachedApp, caller: str, number: int) -> int:
    """The status of a question that was never asked before."""
    day, end = FIRST + dt.timedelta(days=number), FIRST + dt.timedelta(days=number + 1)
    answer = await process.ask(str(day), str(end), x_caller=caller)
    return answer.status_code


async def test_a_greedy_caller_delays_itself_alone(database: Database, pool: asyncpg.Pool) -> None:
    """50 questions at once; meanwhile another caller's are answered one after another."""
    made = settings(database.dsn, None, api={"miss_wait": 60})
    async with cached_app(made, pool) as process:
        process.app.before = partial(asyncio.sleep, SECONDS)
        greedy = [asyncio.create_task(asked(process, "greedy", one)) for one in range(MANY)]
        while process.app.calls == 0:  # noqa: ASYNC110 -- of other tasks
            await asyncio.sleep(0.01)
        assert [await asked(process, "modest", MANY + one) for one in range(FEW)] == [200] * FEW
        done = sum(task.done() for task in greedy)
        # The eight that ran when it came, and what half of the width computed meanwhile: 24.
        assert done < MANY * 0.8
        assert await asyncio.gather(*greedy) == [200] * MANY
