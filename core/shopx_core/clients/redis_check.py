"""`python -m shopx_core.clients.redis_check`: whether the Redis of SHOPX_REDIS_URL may be used.

It writes, reads and removes a key below the dashboard's prefix, as the cache does.
"""

import asyncio
import os
import secrets
import sys
from typing import Final

from redis.exceptions import RedisError

from shopx_core.clients.redis_client import redis_client
from shopx_core.clients.tuning_publisher import failed_write

_SECONDS: Final = 5.0


async def problem_of(url: str, prefix: str) -> str:
    """Why a Redis cannot be used, in one line without secrets; empty = it can."""
    key = f"{prefix}check:{secrets.token_hex(8)}"
    try:
        client = redis_client(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        options = client.connection_pool.connection_kwargs
    except (ValueError, TypeError):
        return "the URL is invalid; special characters in a password must be percent-encoded"
    try:
        async with asyncio.timeout(2 * _SECONDS):
            await client.set(key, "1", ex=10)
            await client.get(key)
            await client.delete(key)
    except (RedisError, OSError, TimeoutError, ValueError) as error:
        return failed_write(error, options).reason
    finally:
        await client.aclose()
    return ""


def main() -> int:
    """Try it; returns the exit code."""
    url = os.environ["SHOPX_REDIS_URL"]
    problem = asyncio.run(problem_of(url, os.environ.get("SHOPX_REDIS_PREFIX", "")))
    if problem:
        sys.stderr.write(f"error: {problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
