"""Asking a Prometheus for what it has scraped, where the manifest names one.

What comes back are the same counters as the pods themselves show, each with the time at which it
was scraped; so the same pure functions read both, and a Prometheus that has stopped scraping is
not taken for pods that have nothing to do.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import aiohttp

from shopx_core import logging
from shopx_core.scaling.measurement import Scrape, SeriesSample, scrape_of
from shopx_core.scaling.measurement.scrape import COUNTERS, GAUGES, GREATEST
from shopx_operator.autoscaling.scrape_targets import Target

TIMEOUT_SECONDS: Final = 5.0
_AT_ONCE: Final = 4
_REFERENCE: Final = "process_cpu_seconds_total"
"""Every process shows it: the time of its sample is the time of the scrape."""

_log = logging.get(__name__)

Series = tuple[Mapping[str, str], float]


def expressions(selector: str) -> dict[str, str]:
    """By the name under which its values are read: what to ask, with one row a pod and label.

    Args:
        selector: Labels of the dashboard's pods, as PromQL has them between the braces.
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
    """Pages by pod, each with the time of its scrape.

    A pod that two jobs scrape is read from one of them: two would count everything twice.

    Args:
        found: Rows by series name, labels with `pod` and `job`.
        scraped: Rows whose values are the times of the scrapes.
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
    """One server.

    Args:
        session: The connections.
        url: Its address, without `/api`.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url.rstrip('/')}/api/v1/query"
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def pages(
        self, namespace: str, name: str, targets: Iterable[Target], now: float
    ) -> dict[str, Scrape]:
        """What it knows of pods; none when it does not answer.

        Args:
            namespace: The dashboard's.
            name: The dashboard's.
            targets: The pods that there are.
            now: Seconds since 1970: everything is asked as of one moment.
        """
        # The names of a dashboard's pods; another dashboard's may begin alike, so what comes back
        # is compared with the pods that there are.
        selector = f'namespace="{namespace}",pod=~"{name}-.*"'
        asked = expressions(selector)
        reference = f"max by (pod, job) (timestamp({_REFERENCE}{{{selector}}}))"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                scraped, *rows = await asyncio.gather(
                    self._ask(reference, now), *(self._ask(text, now) for text in asked.values())
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("prometheus_not_asked", url=self._url, reason=reason)
            return {}
        known = {target.name for target in targets}
        made = assembled(dict(zip(asked, rows, strict=True)), scraped)
        return {pod: one for pod, one in made.items() if pod in known}

    async def _ask(self, expression: str, now: float) -> list[Series]:
        asked = {"query": expression, "time": f"{now:.3f}"}
        async with self._turns, self._session.post(self._url, data=asked) as answer:
            if answer.status >= 400:  # noqa: PLR2004 -- HTTP's first error status
                raise ValueError(f"HTTP {answer.status}: {(await answer.text())[:200]}")
            return rows(json.loads(await answer.text()))


def rows(answer: Any) -> list[Series]:
    """The rows of an instant vector.

    Raises:
        ValueError: It is none; the message says what Prometheus said.
    """
    try:
        if answer["status"] != "success":
            raise ValueError(str(answer.get("error")))
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"no answer of a Prometheus: {error!r}") from error
