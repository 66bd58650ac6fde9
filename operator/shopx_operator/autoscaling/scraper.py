"""Reads the pods' metrics: many at once, each with a short timeout."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.scaling.measurement import Scrape, parse_scrape
from shopx_operator.autoscaling.bounded_body import HEADERS, bounded_text
from shopx_operator.autoscaling.scrape_targets import ScrapeTarget

TIMEOUT_SECONDS: Final = 2.0
"""The timeout of one pod: a pod that is too busy to answer must not delay the others."""
CONCURRENT: Final = 16

_log = logging.get(__name__)


class Scraper:
    """Scrapes pods.

    Args:
        session: The HTTP session; its connections stay open between two ticks.
        clock: Seconds since 1970.
    """

    def __init__(
        self, session: aiohttp.ClientSession, clock: Callable[[], float] = time.time
    ) -> None:
        self._session = session
        self._clock = clock
        self._slots = asyncio.Semaphore(CONCURRENT)

    async def scrapes(self, targets: Iterable[ScrapeTarget]) -> dict[str, Scrape]:
        """The scrapes of the pods, by pod; one that does not answer in time is left out."""
        scraped = list(targets)
        found = await asyncio.gather(*(self._scrape(target) for target in scraped))
        return {
            target.name: scrape
            for target, scrape in zip(scraped, found, strict=True)
            if scrape is not None
        }

    async def _scrape(self, target: ScrapeTarget) -> Scrape | None:
        try:
            async with (
                self._slots,
                asyncio.timeout(TIMEOUT_SECONDS),
                self._session.get(target.url, allow_redirects=False, headers=HEADERS) as answer,
            ):
                answer.raise_for_status()
                text = await bounded_text(answer)
            return parse_scrape(text, self._clock())
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            _log.debug("pod_scrape_failed", pod=target.name, reason=reason)
            return None
