"""The connections over which levers are turned: one a server, and none to those of the past."""

from pathlib import Path

import redis

from shopx_core.lever_board import IDLE_SECONDS, LeverBoard
from tests.support.valkey import valkey_server

DSN = "postgresql://reader@pg.test/sales"


def _clients(port: int) -> set[str]:
    """The databases that somebody is connected to, but for who asks."""
    with redis.Redis(port=port, db=15) as client:
        return {one["db"] for one in client.client_list()} - {"15"}


async def test_a_server_that_no_dashboard_names_any_more_is_let_go(tmp_path: Path) -> None:
    """A dashboard that is removed, or whose password changes, leaves no connection behind."""
    now = 0.0
    with valkey_server(tmp_path) as valkey:
        old, new = (f"redis://127.0.0.1:{valkey.port}/{number}" for number in (1, 2))
        board = LeverBoard(lambda: now)
        assert await board.turn(old, DSN, {"warm": "10"})
        assert await board.turn(new, DSN, {"warm": "20"})
        assert _clients(valkey.port) == {"1", "2"}

        now = IDLE_SECONDS
        assert await board.turn(new, DSN, {"warm": "20"})
        assert len(board) == 2, "it may have missed some ticks"
        now += 1.0
        assert await board.turn(new, DSN, {"warm": "20"})
        assert len(board) == 1
        assert _clients(valkey.port) == {"2"}

        assert await board.turn(old, DSN, {}), "it came back"
        assert _clients(valkey.port) == {"1", "2"}
        await board.close()
        assert _clients(valkey.port) == set()


async def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    with valkey_server(tmp_path) as valkey:
        board = LeverBoard()
        assert await board.turn(valkey.url, DSN, {"warm": "10"})
        valkey.stop()
        assert not await board.turn(valkey.url, DSN, {"warm": "10"})
        valkey.start()
        assert await board.turn(valkey.url, DSN, {"warm": "10"})
        await board.close()
