"""Which of several Sentinels' answers counts, and what none of them may do."""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator

import pytest

from shopx_core.clients.sentinels import Answer, PrimaryUnknown, primary_of
from shopx_core.redis_urls import SentinelUrl, sentinel_url


def reply(epoch: int, host: str, port: int = 6379) -> bytes:
    """To SENTINEL MASTER."""
    words = ("name", "main", "ip", host, "port", str(port), "config-epoch", str(epoch))
    return f"*{len(words)}\r\n".encode() + b"".join(
        f"${len(word)}\r\n{word}\r\n".encode() for word in words
    )


@contextlib.asynccontextmanager
async def sentinels(*replies: bytes | None) -> AsyncIterator[SentinelUrl]:
    """Sentinels with these replies; `None` = it never answers."""

    async def serve(
        answer: bytes | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while said := await reader.read(4096):
            if answer is not None:
                writer.write(answer if b"MASTER" in said else b"+OK\r\n" * said.count(b"*"))
        writer.close()

    async with contextlib.AsyncExitStack() as stack:
        hosts = []
        for one in replies:
            server = await asyncio.start_server(functools.partial(serve, one), "127.0.0.1", 0)
            await stack.enter_async_context(server)
            hosts.append(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        found = sentinel_url(f"redis-sentinel://{','.join(hosts)}#main")
        assert found is not None
        yield found


async def test_the_latest_failover_counts() -> None:
    """A Sentinel that was cut off names an earlier primary."""
    async with sentinels(reply(3, "old"), reply(4, "new")) as url:
        assert await primary_of(url, 5) == Answer(4, "new", 6379)


async def test_one_that_hangs_holds_up_nothing() -> None:
    async with sentinels(None, reply(1, "a"), reply(1, "a")) as url:
        began = time.monotonic()
        assert (await primary_of(url, 30)).host == "a"
        assert time.monotonic() - began < 10


async def test_without_a_majority_one_answer_suffices_in_the_end() -> None:
    async with sentinels(None, None, reply(1, "a")) as url:
        assert (await primary_of(url, 0.5)).host == "a"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ((b"-ERR No such master with that name\r\n",), "No such master"),
        ((b"$5\r\nhello\r\n", b"*0\r\n"), "gave an answer that is none"),
        ((b"*2\r\n$2\r\nip\r\n$1\r\nh\r\n",), "gave an answer that is none"),
        ((reply(1, "h").replace(b"6379", b"port"),), "gave an answer that is none"),
        ((None,), "did not answer within 0.3 s"),
    ],
    ids=["unknown name", "other types", "half of it", "no number", "silence"],
)
async def test_what_is_no_answer_is_told(answers: tuple[bytes | None, ...], says: str) -> None:
    async with sentinels(*answers) as url:
        with pytest.raises(PrimaryUnknown, match=says) as refused:
            await primary_of(url, 0.3)
    assert "no Sentinel knows the primary 'main'" in str(refused.value)
