"""Small texts that processes share through Redis, such as persisted queries. Fails open."""

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable


class TextStore:
    """Texts by key, below one prefix.

    Args:
        link: The connection.
        prefix: From `shopx_core.caching.keys.namespace`.
    """

    def __init__(self, link: RedisClient, prefix: bytes) -> None:
        self._link = link
        self._prefix = prefix + b"t:"

    async def get(self, key: str) -> str | None:
        """The text; `None` also when Redis is away."""
        try:
            raw = await self._link.call("GET", self._prefix + key.encode())
        except RedisUnavailable:
            return None
        return None if raw is None else raw.decode("utf-8", "surrogatepass")

    async def put(self, key: str, text: str, seconds: int) -> None:
        """Keep a text for some time, if Redis is there."""
        try:
            await self._link.call(
                "SET",
                self._prefix + key.encode(),
                text.encode("utf-8", "surrogatepass"),
                "EX",
                seconds,
            )
        except RedisUnavailable:
            return
