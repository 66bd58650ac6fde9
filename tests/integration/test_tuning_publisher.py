"""The connections over which tuning is published: one a server, and none to those of the past."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from shopx_core.caching.runtime_tuning import RedisAccess, WriteResult
from shopx_core.clients.tuning_publisher import IDLE_SECONDS, TuningPublisher
from tests.support.valkey import valkey_server

DSN = "postgresql://reader@pg.test/sales"
GRANTED = WriteResult(RedisAccess.GRANTED)
PASSWORD = "Zq8-alone"


def _clients(port: int) -> set[str]:
    """The databases with connected clients, except for this one."""
    with redis.Redis(port=port, db=15) as client:
        return {one["db"] for one in client.client_list()} - {"15"}


async def test_a_server_that_no_dashboard_names_any_more_is_let_go(tmp_path: Path) -> None:
    """A dashboard that is removed, or whose password changes, leaves no connection behind."""
    now = 0.0
    with valkey_server(tmp_path) as valkey:
        old, new = (f"redis://127.0.0.1:{valkey.port}/{number}" for number in (1, 2))
        board = TuningPublisher(lambda: now)
        assert await board.publish(old, DSN, {"warm": "10"}) == GRANTED
        assert await board.publish(new, DSN, {"warm": "20"}) == GRANTED
        assert _clients(valkey.port) == {"1", "2"}

        now = IDLE_SECONDS
        assert await board.publish(new, DSN, {"warm": "20"}) == GRANTED
        assert len(board) == 2, "it may have missed some ticks"
        now += 1.0
        assert await board.publish(new, DSN, {"warm": "20"}) == GRANTED
        assert len(board) == 1
        assert _clients(valkey.port) == {"2"}

        assert await board.publish(old, DSN, {}) == GRANTED, "it came back"
        assert _clients(valkey.port) == {"1", "2"}
        await board.close()
        assert _clients(valkey.port) == set()


async def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    with valkey_server(tmp_path) as valkey:
        board = TuningPublisher()
        assert await board.publish(valkey.url, DSN, {"warm": "10"}) == GRANTED
        valkey.stop()
        away = await board.publish(valkey.url, DSN, {"warm": "10"})
        assert away.access is RedisAccess.UNREACHED
        assert away.reason
        valkey.start()
        assert await board.publish(valkey.url, DSN, {"warm": "10"}) == GRANTED
        await board.close()


Refusing = Callable[[redis.Redis], Any]
REFUSALS: dict[str, tuple[Refusing, str, str]] = {
    "wrong password": (
        lambda server: server.config_set("requirepass", "another-one"),
        f":{PASSWORD}@",
        "invalid username-password pair or user is disabled",
    ),
    "no password": (
        lambda server: server.config_set("requirepass", PASSWORD),
        "",
        "Authentication required",
    ),
    "no rights": (
        lambda server: server.acl_setuser(
            "reader", enabled=True, passwords=[f"+{PASSWORD}"], commands=["+ping", "+@connection"]
        ),
        f"reader:{PASSWORD}@",
        "has no permissions to run the",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_server_that_lets_no_client_in_says_why(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In its own words, without the password; and it is used once it accepts the client."""
    refuse, user, words = REFUSALS[case]
    with valkey_server(tmp_path) as valkey, redis.Redis(port=valkey.port) as server:
        refuse(server)
        board = TuningPublisher()
        url = valkey.url.replace("//", f"//{user}")
        refused = await board.publish(url, DSN, {"warm": "10"})
        assert refused.access is RedisAccess.REFUSED
        assert words in refused.reason
        if case == "no rights":
            server.acl_setuser("reader", categories=["+@all"], keys=["*"])
        else:
            server.config_set("requirepass", PASSWORD if user else "")
        assert await board.publish(url, DSN, {"warm": "10"}) == GRANTED
        await board.close()
    assert PASSWORD not in refused.reason
    shown = capsys.readouterr()
    assert "tuning_not_published" in shown.out + shown.err
    assert PASSWORD not in shown.out + shown.err


@pytest.mark.parametrize(
    "url",
    [f"redis://:{PASSWORD[:3]}/{PASSWORD}@h:6379/0", f"redis://:{PASSWORD}@h/0?unheard=of"],
    ids=["a slash in the password", "an unknown option"],
)
async def test_a_url_that_cannot_be_read_is_refused_without_being_shown(url: str) -> None:
    board = TuningPublisher()
    tried = await board.publish(url, DSN, {"warm": "10"})
    assert tried.access is RedisAccess.REFUSED
    assert "percent-encoded" in tried.reason
    assert PASSWORD[:3] not in tried.reason
    assert len(board) == 0


async def _answered(answer: Callable[[bytes], bytes]) -> WriteResult:
    """The result of publishing tuning to a server that answers the first command so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(await reader.read(1000)))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        board = TuningPublisher()
        tried = await board.publish(f"redis://:{PASSWORD}@127.0.0.1:{port}", DSN, {})
        await board.close()
    return tried


async def test_what_a_server_repeats_of_the_password_is_not_told() -> None:
    """One that does not know the command repeats all that came with it, or the first part."""

    def unknown(asked: bytes) -> bytes:
        assert PASSWORD.encode() in asked
        return b"-ERR unknown command 'AUTH', with args beginning with: 'Zq8-al\r\n"

    tried = await _answered(unknown)
    assert tried == WriteResult(RedisAccess.REFUSED, "unknown command 'AUTH'")
    tried = await _answered(lambda _: f"-ERR {PASSWORD} is no good\r\n".encode())
    assert tried == WriteResult(RedisAccess.REFUSED, "*** is no good")


async def test_what_does_not_speak_as_redis_does_was_not_reached() -> None:
    tried = await _answered(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert tried.access is RedisAccess.UNREACHED
    assert tried.reason
