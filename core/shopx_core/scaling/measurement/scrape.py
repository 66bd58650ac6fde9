"""The metrics of one process at one instant, reduced to what scaling needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

SeriesSample = tuple[str, Mapping[str, str], float]
"""Name, labels and value of one series."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """Counters and gauges of one process; values as exposed, implausible ones included."""

    at: float
    """When it was scraped, in seconds since 1970."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """Sums since the process started, by the names that `window` uses."""
    gauges: Mapping[str, float] = field(default_factory=dict)

    @property
    def serves(self) -> bool:
        """Whether it is a complete scrape of an API process."""
        return "in_flight" in self.counters and "cpu" in self.counters


OUTCOMES: Final = {"hit-l0": "hit", "hit-l1": "hit", "stale": "hit", "miss": "miss"}
"""Where answers came from, as scaling groups them; anything else is `bypass`."""


REFUSED: Final = "503"
"""The status of what an API process does not begin, because its turn would come too late."""


def _outcome(labels: Mapping[str, str]) -> str:
    return OUTCOMES.get(labels.get("cache", ""), "bypass")


def _requests(labels: Mapping[str, str]) -> Iterable[str]:
    yield f"requests/{_outcome(labels)}"
    status = labels.get("status", "")
    if status.startswith("5"):
        yield "errors"
    if status == REFUSED:
        yield "refused"


def _lookups(labels: Mapping[str, str]) -> Iterable[str]:
    if labels.get("result") == "miss":
        yield f"misses/{labels.get('reason', '')}"
    elif labels.get("result") in {"hit", "stale"}:
        yield f"tiers/{labels.get('tier', '')}"


def _backends(labels: Mapping[str, str]) -> Iterable[str]:
    yield "backends"
    if labels.get("state") == "active":
        yield "active_backends"


def _bucket(name: str, labels: Mapping[str, str]) -> Iterable[str]:
    yield f"{name}/{float(labels['le'])}"


_Names = Callable[[Mapping[str, str]], Iterable[str]]

COUNTERS: Final[Mapping[str, tuple[_Names, tuple[str, ...]]]] = {
    "process_cpu_seconds_total": (lambda _: ("cpu",), ()),
    "shopx_http_requests_total": (_requests, ("cache", "status")),
    "shopx_http_requests_in_flight_seconds_total": (lambda _: ("in_flight",), ()),
    "shopx_http_request_duration_seconds_bucket": (
        lambda labels: _bucket(f"seconds/{_outcome(labels)}", labels),
        ("cache", "le"),
    ),
    "shopx_cache_requests_total": (_lookups, ("tier", "result", "reason")),
    "shopx_db_pool_wait_seconds_bucket": (lambda labels: _bucket("wait", labels), ("le",)),
    "shopx_db_query_seconds_sum": (lambda _: ("query_seconds",), ()),
    "shopx_db_query_seconds_count": (lambda _: ("queries",), ()),
}
"""By series: the names under which its values are summed, and the labels they depend on."""

GAUGES: Final[Mapping[str, tuple[_Names, tuple[str, ...]]]] = {
    "process_start_time_seconds": (lambda _: ("started",), ()),
    "shopx_event_loop_lag_seconds": (lambda _: ("loop_lag",), ()),
    "shopx_db_backends": (_backends, ("state",)),
    "shopx_jobs_queued": (lambda _: ("queued",), ("queue",)),
    "shopx_jobs_reserved": (lambda _: ("reserved",), ()),
    "shopx_jobs_active": (lambda _: ("active",), ()),
    # Not for scaling: conditions are read from the same scrapes.
    "shopx_columns_ready": (lambda _: ("columns_ready",), ()),
    "shopx_columns_generation_timestamp_seconds": (lambda _: ("columns_generation",), ()),
    "shopx_columns_pending_lines": (lambda _: ("columns_pending",), ()),
    "shopx_columns_observed_timestamp_seconds": (lambda _: ("columns_observed",), ()),
    "shopx_fold_observed_timestamp_seconds": (lambda _: ("fold_observed",), ()),
    "shopx_fold_lag_seconds": (lambda _: ("fold_lag",), ()),
    "shopx_wal_archive_lag_seconds": (lambda _: ("archive_lag",), ()),
    "shopx_columns_building": (lambda _: ("columns_building",), ()),
}

GREATEST: Final = {"shopx_jobs_oldest_age_seconds": ("oldest_job", ("queue",))}
"""Gauges of which the greatest value is taken."""


def scrape_of(samples: Iterable[SeriesSample], at: float) -> Scrape:
    """Sum the series that scaling needs; others are ignored.

    Args:
        samples: Of one process.
        at: When they were scraped, in seconds since 1970.
    """
    counters: dict[str, float] = {}
    gauges: dict[str, float] = {}
    for name, labels, value in samples:
        for table, into in ((COUNTERS, counters), (GAUGES, gauges)):
            if name in table:
                for key in table[name][0](labels):
                    into[key] = into.get(key, 0.0) + value
        if name in GREATEST:
            key = GREATEST[name][0]
            gauges[key] = max(gauges.get(key, value), value)
    return Scrape(at, counters, gauges)


_WANTED: Final = tuple({*COUNTERS, *GAUGES, *GREATEST})


def parse_scrape(text: str, at: float) -> Scrape:
    """Parse the text format of Prometheus.

    Args:
        text: The response of the process.
        at: When, in seconds since 1970.

    Raises:
        ValueError: The text has another format.
    """
    # Only lines of used series are parsed, because most of the text is others. Without the
    # comments every series is a family of its own.
    lines = [line for line in text.splitlines() if line.startswith(_WANTED)]
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"not the text format of Prometheus: {error}") from error
    return scrape_of(
        (
            (sample.name, sample.labels, sample.value)
            for family in families
            for sample in family.samples
        ),
        at,
    )
