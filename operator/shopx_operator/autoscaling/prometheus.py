"""Queries of a Prometheus for what it has scraped, where the manifest names one.

The answers are the counters that the pods serve, each with the time of its scrape. So the same pure
functions read both, and a Prometheus that stopped scraping does not look like idle pods.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from yarl import URL

from shopx_core import logging
from shopx_core.clients.outbound import AddressRefused, Outbound
from shopx_core.scaling.measurement import Scrape, SeriesSample, scrape_of
from shopx_core.scaling.measurement.scrape import COUNTERS, GAUGES, GREATEST
from shopx_operator.autoscaling.bounded_body import HEADERS, bounded_text
from shopx_operator.autoscaling.scrape_targets import ScrapeTarget

TIMEOUT_SECONDS: Final = 5.0
_CONCURRENT: Final = 4
_REFERENCE: Final = "process_cpu_seconds_total"
"""Every process serves it: the time of its sample is the time of the scrape."""

_log = logging.get(__name__)

Series = tuple[Mapping[str, str], float]


def expressions(selector: str) -> dict[str, str]:
    """The queries, by the name under which their values are read; one row for each pod and label.

    Args:
        selector: Labels of the dashboard's pods, as between the braces of PromQL.
    """
    made = {}
    for table in (COUNTERS, GAUGES):
        for name, (_, labels) in table.items():
            made[name] = f"sum by ({', '.join(('pod', 'job', *labels))}) ({name}{{{selector}}})"
    for name, (_, labels) in GREATEST.items():
        made[name] = f"max by ({', '.join(('pod', 'job', *labels))}) ({name}{{{selector}}})"
    return made


def assembled(
    found: Mapping[str, Iterable[Series]], scraped: Iterable[Series]
) -> dict[str, Scrape]:
    """Scrapes by pod, each with the time of its scrape.

    A pod that two jobs scrape is read from one of them: both would count everything twice.

    Args:
        found: Rows by series name, labels with `pod` and `job`.
        scraped: Rows with the times of the scrapes as values.
    """
    times: dict[str, tuple[str, float]] = {}
    for labels, at in scraped:
        pod, job = labels.get("pod", ""), labels.get("job", "")
        if pod not in times or job < times[pod][0]:
            times[pod] = (job, at)
    samples: dict[str, list[SeriesSample]] = {pod: [] for pod in times}
    for name, rows in found.items():
        for labels, value in rows:
            pod = labels.get("pod", "")
            if pod in times and labels.get("job", "") == times[pod][0]:
                samples[pod].append((name, labels, value))
    return {pod: scrape_of(of, times[pod][1]) for pod, of in samples.items()}


class Prometheus:
    """One Prometheus server.

    Args:
        session: The HTTP session.
        outbound: Which addresses may be connected to.
        url: Its address, without `/api`.
    """

    def __init__(self, session: aiohttp.ClientSession, outbound: Outbound, url: str) -> None:
        self._session = session
        self._outbound = outbound
        self._url = URL(f"{url.rstrip('/')}/api/v1/query")
        self._slots = asyncio.Semaphore(_CONCURRENT)
        self.refusal = ""
        """Why its address may not be connected to; empty = it may."""

    async def scrapes(
        self, namespace: str, name: str, targets: Iterable[ScrapeTarget], now: float
    ) -> dict[str, Scrape]:
        """The scrapes of the pods; none when the server does not answer.

        Args:
            namespace: The dashboard's.
            name: The dashboard's.
            targets: The pods that exist.
            now: Seconds since 1970: every query is evaluated at this time.
        """
        # Another dashboard's name may have the same beginning, so the result is reduced to the
        # pods that exist.
        selector = f'namespace="{namespace}",pod=~"{name}-.*"'
        queries = expressions(selector)
        reference = f"max by (pod, job) (timestamp({_REFERENCE}{{{selector}}}))"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                # One address for all queries: what was checked is what is asked.
                at = await self._checked(namespace)
                scraped, *rows = await asyncio.gather(
                    self._query(at, reference, now),
                    *(self._query(at, text, now) for text in queries.values()),
                )
        except AddressRefused as error:
            self.refusal = str(error)
            return {}
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("prometheus_query_failed", host=self._url.host, reason=reason)
            return {}
        known = {target.name for target in targets}
        made = assembled(dict(zip(queries, rows, strict=True)), scraped)
        return {pod: one for pod, one in made.items() if pod in known}

    async def _checked(self, namespace: str) -> URL:
        host, port = self._url.host or "", self._url.port or 0
        found = await self._outbound.addresses(host, port, namespace)
        return self._url.with_host(found[0])

    async def _query(self, at: URL, expression: str, now: float) -> list[Series]:
        async with (
            self._slots,
            self._session.post(
                at,
                data={"query": expression, "time": f"{now:.3f}"},
                headers={**HEADERS, "Host": self._url.authority.rpartition("@")[2]},
                server_hostname=self._url.host if self._url.scheme == "https" else None,
                allow_redirects=False,
            ) as answer,
        ):
            if answer.status != HTTPStatus.OK:
                raise ValueError(f"HTTP {answer.status}")
            return rows(_parsed(await bounded_text(answer)))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def rows(answer: Any) -> list[Series]:
    """The rows of an instant vector.

    Raises:
        ValueError: The answer is not one; the message has what Prometheus said.
    """
    try:
        if answer["status"] != "success":
            raise ValueError(str(answer.get("error")))
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not an answer of a Prometheus: {error!r}") from error
