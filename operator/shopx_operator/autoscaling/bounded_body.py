"""Bodies of bounded size: what answers may be no friend."""

from typing import Final

import aiohttp

LARGEST_BYTES: Final = 4 * 1024**2
HEADERS: Final = {"Accept-Encoding": "identity"}
"""A compressed body could be a thousand times as large as what is received of it."""


async def bounded_text(answer: aiohttp.ClientResponse) -> str:
    """The body as text.

    Raises:
        ValueError: It is larger than `LARGEST_BYTES`, compressed, or no UTF-8.
    """
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise ValueError("a compressed body, which was not asked for")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise ValueError(f"a body of more than {LARGEST_BYTES} bytes")
    return body.decode()
