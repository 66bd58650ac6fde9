"""Asks the Sentinels which server is the primary now.

All are asked at once and a majority's answers suffice, so one that is away costs nothing. Of
several answers that of the latest failover counts: a Sentinel that was cut off knows an earlier
primary. What it names is no promise: the caller checks the server's own role.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import RedisError, ResponseError

from shopx_core.redis_urls import SentinelUrl

Connect = Callable[[str], Connection]
"""Makes a connection by a plain URL; it is not open yet."""


class PrimaryUnknown(OSError):  # noqa: N818 -- a state, as of any server that is away
    """No Sentinel knows the primary."""


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What one Sentinel knows of the primary."""

    epoch: int
    """Of the failover that made it the primary; a later one is higher."""
    host: str
    port: int


async def primary_of(url: SentinelUrl, seconds: float, connect: Connect | None = None) -> Answer:
    """The server that the Sentinels call the primary.

    Args:
        url: The Sentinels.
        seconds: How long one may take to answer.
        connect: How they are connected to; `None` = without any check.

    Raises:
        PrimaryUnknown: None of them knows; the message says what each replied.
    """
    made = connect or _connection
    asked = [asyncio.create_task(_ask(made(one), url.primary, seconds)) for one in url.sentinels()]
    try:
        return await _newest(asked, url)
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _newest(asked: Sequence["asyncio.Task[Answer]"], url: SentinelUrl) -> Answer:
    found: list[Answer] = []
    failed: list[str] = []
    for finished in asyncio.as_completed(asked):
        try:
            found.append(await finished)
        except (OSError, RedisError, ValueError) as error:
            failed.append(str(error) or type(error).__name__)
        if 2 * len(found) > len(asked):
            break
    if not found:
        said = "; ".join(dict.fromkeys(failed))
        raise PrimaryUnknown(f"no Sentinel knows the primary {url.primary!r}: {said}")
    return max(found)


def is_primary(role: Any) -> bool:
    """Whether a server takes writes, by its reply to ROLE."""
    return isinstance(role, list) and bool(role) and _text(role[0]) == "master"


def _connection(url: str) -> Connection:
    options: Any = parse_url(url)
    kind = options.pop("connection_class", Connection)
    made: Connection = kind(**options, protocol=2)
    return made


async def _ask(connection: Connection, primary: str, seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            await connection.connect()  # type: ignore[no-untyped-call] # redis-py's
            await connection.send_command("SENTINEL", "MASTER", primary)
            return _answer(await connection.read_response())
    except TimeoutError:
        raise TimeoutError(f"a Sentinel did not answer within {seconds:g} s") from None
    except ResponseError as error:
        raise ResponseError(f"a Sentinel replied: {error}") from error
    finally:
        # A server that is away cannot be told.
        with contextlib.suppress(OSError, RedisError, TimeoutError):
            await connection.disconnect(nowait=True)


def _answer(reply: Any) -> Answer:
    """Read the reply to SENTINEL MASTER: names and values in turn.

    Raises:
        ValueError: It is none.
    """
    fields = _texts(reply)
    try:
        return Answer(int(fields["config-epoch"]), fields["ip"], int(fields["port"]))
    except (KeyError, ValueError):
        message = "a Sentinel gave an answer that is none"
        raise ValueError(message) from None


def _texts(reply: Any) -> dict[str, str]:
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(reply, Mapping):
        pairs = reply.items()
    else:
        words = reply if isinstance(reply, list) else []
        pairs = zip(words[::2], words[1::2], strict=False)
    return {_text(name): _text(value) for name, value in pairs}


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
