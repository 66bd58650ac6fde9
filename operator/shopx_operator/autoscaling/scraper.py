"""Reading the pods' metrics: many at once, none for long."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.scaling.measurement import Scrape, parse_scrape
from shopx_operator.autoscaling.scrape_targets import Target

TIMEOUT_SECONDS: Final = 2.0
"""How long a pod may take: one that is too busy to answer must not hold up the others' tick."""
AT_ONCE: Final = 16
LARGEST_BYTES: Final = 4 * 1024**2

_log = logging.get(__name__)


class Scraper:
    """Asks pods for their figures.

    Args:
        session: The connections; kept open between two ticks.
        clock: Seconds since 1970.
    """

    def __init__(
        self, session: aiohttp.ClientSession, clock: Callable[[], float] = time.time
    ) -> None:
        self._session = session
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def pages(self, targets: Iterable[Target]) -> dict[str, Scrape]:
        """What they show, by pod; who does not answer in time is left out."""
        asked = list(targets)
        found = await asyncio.gather(*(self._page(target) for target in asked))
        return {
            target.name: page for target, page in zip(asked, found, strict=True) if page is not None
        }

    async def _page(self, target: Target) -> Scrape | None:
        try:
            async with (
                self._turns,
                asyncio.timeout(TIMEOUT_SECONDS),
                self._session.get(target.url, allow_redirects=False) as answer,
            ):
                answer.raise_for_status()
                text = await _text(answer)
            return parse_scrape(text, self._clock())
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            _log.debug("pod_not_scraped", pod=target.name, reason=reason)
            return None


async def _text(answer: aiohttp.ClientResponse) -> str:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise ValueError(f"more than {LARGEST_BYTES} bytes of metrics")
    return body.decode()
