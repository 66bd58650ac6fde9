"""The connection to Redis, against a real Valkey."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis
import uvloop
from structlog.testing import capture_logs

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from tests.support.cached_app import until
from tests.support.proxy import Proxy
from tests.support.valkey import ValkeyServer, valkey_server


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that this test alone uses."""
    with valkey_server(tmp_path) as server:
        yield server


@pytest.fixture
def invalidated() -> list[bytes | None]:
    """The invalidated keys, as the client reported them."""
    return []


@pytest.fixture
async def redis_client(
    own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> AsyncIterator[RedisClient]:
    """A connection that is up, and waits for longer than a busy machine takes."""
    made = RedisClient(own_valkey.url, timeout=5, invalidated=invalidated.append)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def impatient(
    own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> AsyncIterator[RedisClient]:
    """A connection that is up and waits for a tenth of a second."""
    made = RedisClient(own_valkey.url, timeout=0.1, invalidated=invalidated.append)
    await made.start()
    yield made
    await made.stop()


def up(redis_client: RedisClient) -> bool:
    """Whether it is, asked anew."""
    return redis_client.up


async def is_up(redis_client: RedisClient) -> None:
    async def check() -> bool:
        return redis_client.up

    await until(check)


async def test_replies_find_their_commands(redis_client: RedisClient) -> None:
    """A thousand at once over one connection, errors among them."""

    async def one(n: int) -> bytes | str:
        if n % 7 == 0:
            with pytest.raises(RedisUnavailable, match="wrong number of arguments"):
                await redis_client.call("GET")
            return b""
        await redis_client.call("SET", f"k{n}", n)
        found: bytes = await redis_client.call("GET", f"k{n}")
        return found

    replies = await asyncio.gather(*(one(n) for n in range(1000)))
    assert replies == [b"" if n % 7 == 0 else str(n).encode() for n in range(1000)]
    assert redis_client.up


async def test_a_caller_who_goes_away_disturbs_nobody(redis_client: RedisClient) -> None:
    """Its reply comes all the same, and is not taken for another's."""
    gone = asyncio.create_task(redis_client.call("GET", "a"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await redis_client.call("ECHO", "b") == b"b"


async def test_changes_by_others_are_told_and_own_ones_are_not(
    redis_client: RedisClient, own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> None:
    with redis.Redis(port=own_valkey.port) as other:
        await redis_client.call("SET", "mine", 1)
        await redis_client.call("GET", "mine")
        await redis_client.call("GET", "theirs")
        await redis_client.call("SET", "mine", 2)
        other.set("theirs", 1)
        other.set("unread", 1)

        async def received() -> bool:
            return invalidated == [b"theirs"]

        await until(received)
        other.flushall()

        async def all_gone() -> bool:
            return invalidated == [b"theirs", None]

        await until(all_gone)


async def test_a_frozen_server_is_left_alone_after_three_late_replies(
    impatient: RedisClient, own_valkey: ValkeyServer
) -> None:
    """Each of the three waits for the timeout, and the calls after that for nothing.

    What is known is told: replies were late. Nothing says that the server is away.
    """
    assert own_valkey.process is not None
    own_valkey.process.send_signal(signal.SIGSTOP)
    waits = []
    with capture_logs() as logged:
        try:
            for _ in range(20):
                began = time.monotonic()
                with pytest.raises(RedisUnavailable):
                    await impatient.call("GET", "a")
                waits.append(time.monotonic() - began)
            assert 3 <= sum(wait >= 0.099 for wait in waits) < 10
            assert not up(impatient)
        finally:
            own_valkey.process.send_signal(signal.SIGCONT)
        await is_up(impatient)
    assert await impatient.call("ECHO", "a") == b"a"
    assert [line["event"] for line in logged] == ["redis_replied_late", "redis_reconnected"]
    assert impatient.failures["late"] >= 3
    assert impatient.failures["closed"] == impatient.failures["refused"] == 0


async def test_replies_that_are_late_together_are_one_failure(
    impatient: RedisClient, own_valkey: ValkeyServer
) -> None:
    """A pause of the server costs those who wait, and not the connection."""
    assert own_valkey.process is not None
    own_valkey.process.send_signal(signal.SIGSTOP)
    asked = [asyncio.create_task(impatient.call("PING")) for _ in range(20)]
    ended = await asyncio.gather(*asked, return_exceptions=True)
    own_valkey.process.send_signal(signal.SIGCONT)
    assert {type(one) for one in ended} == {RedisUnavailable}
    assert impatient.failures["late"] == 20
    assert impatient.up
    assert await impatient.call("ECHO", "a") == b"a"


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_busy_event_loop_is_not_taken_for_a_slow_server(
    own_valkey: ValkeyServer, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """The reply was there in time, but the loop was elsewhere when the timer rang.

    Both kinds of loop look at their sockets before they look at their timers.
    """

    async def scenario() -> None:
        made = RedisClient(own_valkey.url, timeout=0.5, invalidated=lambda _: None)
        await made.start()
        for _ in range(2):
            asked = asyncio.create_task(made.call("ECHO", "a"))
            for _ in range(3):
                await asyncio.sleep(0)
            # What must not be done in an event loop is what is to be survived.
            end = time.monotonic() + 1.0
            while time.monotonic() < end:
                pass
            assert await asked == b"a"
        assert made.up
        await made.stop()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(scenario())


async def test_a_lost_connection_means_that_anything_may_have_changed(
    redis_client: RedisClient, own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> None:
    with capture_logs() as logged:
        own_valkey.stop()

        async def noticed() -> bool:
            return invalidated == [None] and redis_client.failures["refused"] > 0

        await until(noticed)
        with pytest.raises(RedisUnavailable):
            await redis_client.call("GET", "a")
        own_valkey.start()
        await is_up(redis_client)
    assert [line["event"] for line in logged] == ["redis_connection_failed", "redis_reconnected"]
    assert redis_client.failures["closed"] == 1
    assert redis_client.failures["late"] == 0


async def test_it_identifies_itself_and_chooses_its_database(
    own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> None:
    with redis.Redis(port=own_valkey.port) as admin:
        admin.config_set("requirepass", "a b/c@d")
        admin.auth("a b/c@d")
        admin.select(3)
        admin.set("a", 1)
        url = f"redis://:a%20b%2Fc%40d@127.0.0.1:{own_valkey.port}/3"
        made = RedisClient(url, timeout=10, invalidated=invalidated.append)
        await made.start()
        assert await made.call("GET", "a") == b"1"
        await made.stop()
        refused = RedisClient(own_valkey.url, timeout=10, invalidated=invalidated.append)
        await refused.start()
        assert not refused.up
        await refused.stop()


async def test_it_speaks_through_a_unix_socket(
    tmp_path: Path, own_valkey: ValkeyServer, invalidated: list[bytes | None]
) -> None:
    """As where there is no TCP."""
    line = Proxy(own_valkey.port)
    async with await asyncio.start_unix_server(line.serve, tmp_path / "s"):
        made = RedisClient(
            f"unix://{tmp_path / 's'}?db=1", timeout=10, invalidated=invalidated.append
        )
        await made.start()
        assert await made.call("ECHO", "a") == b"a"
        await made.stop()
    await line.cut()


async def test_without_a_url_it_is_never_up(invalidated: list[bytes | None]) -> None:
    made = RedisClient(None, timeout=0.1, invalidated=invalidated.append)
    await made.start()
    with pytest.raises(RedisUnavailable):
        await made.call("GET", "a")
    await made.stop()
