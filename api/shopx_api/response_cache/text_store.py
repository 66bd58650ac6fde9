"""Small texts in Redis, shared by all processes, such as persisted queries. Fails open."""

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable


class TextStore:
    """Texts by key, below one prefix.

    Args:
        redis: The connection.
        prefix: From `shopx_core.caching.keys.namespace`.
    """

    def __init__(self, redis: RedisClient, prefix: bytes) -> None:
        self._redis = redis
        self._prefix = prefix + b"t:"

    async def get(self, key: str) -> str | None:
        """The text; `None` also when Redis is unavailable."""
        try:
            raw = await self._redis.call("GET", self._prefix + key.encode())
        except RedisUnavailable:
            return None
        return None if raw is None else raw.decode("utf-8", "surrogatepass")

    async def put(self, key: str, text: str, seconds: int) -> None:
        """Keep a text for some seconds, if Redis is available."""
        try:
            await self._redis.call(
                "SET",
                self._prefix + key.encode(),
                text.encode("utf-8", "surrogatepass"),
                "EX",
                seconds,
            )
        except RedisUnavailable:
            return
