"""One process's figures at one moment, out of all that it shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, Mapping[str, str], float]
"""A series' name and labels, and its value."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one process has counted, and how it stands; values as shown, also broken ones."""

    at: float
    """When it was read, in seconds since 1970."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """Sums since the process began, by the names that `window` uses."""
    gauges: Mapping[str, float] = field(default_factory=dict)

    @property
    def serves(self) -> bool:
        """Whether it is an API process's, and whole."""
        return "in_flight" in self.counters and "cpu" in self.counters


OUTCOMES: Final = {"hit-l0": "hit", "hit-l1": "hit", "stale": "hit", "miss": "miss"}
"""Where answers came from, as far as scaling tells them apart; anything else is `bypass`."""


def _outcome(labels: Mapping[str, str]) -> str:
    return OUTCOMES.get(labels.get("cache", ""), "bypass")


def _requests(labels: Mapping[str, str]) -> Iterable[str]:
    yield f"requests/{_outcome(labels)}"
    if labels.get("status", "").startswith("5"):
        yield "errors"


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
"""By series: under which names its values are added up, and the labels that this reads."""

GAUGES: Final[Mapping[str, tuple[_Names, tuple[str, ...]]]] = {
    "process_start_time_seconds": (lambda _: ("started",), ()),
    "shopx_event_loop_lag_seconds": (lambda _: ("loop_lag",), ()),
    "shopx_db_backends": (_backends, ("state",)),
    "shopx_jobs_queued": (lambda _: ("queued",), ("queue",)),
    "shopx_jobs_reserved": (lambda _: ("reserved",), ()),
    "shopx_jobs_active": (lambda _: ("active",), ()),
}

GREATEST: Final = {"shopx_jobs_oldest_age_seconds": ("oldest_job", ("queue",))}
"""Gauges of which the greatest value counts."""


def page(samples: Iterable[Sample], at: float) -> Page:
    """Add up what scaling needs; series of other names are passed over.

    Args:
        samples: Of one process.
        at: When they were true, in seconds since 1970.
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
    return Page(at, counters, gauges)


_WANTED: Final = tuple({*COUNTERS, *GAUGES, *GREATEST})


def read(text: str, at: float) -> Page:
    """Read the text format of Prometheus.

    Args:
        text: What the process answered.
        at: When, in seconds since 1970.

    Raises:
        ValueError: It is not that format.
    """
    # Only lines of series that are used are parsed: the rest is most of the text. Without the
    # comments every series is a family of its own.
    lines = [line for line in text.splitlines() if line.startswith(_WANTED)]
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"no text format of Prometheus: {error}") from error
    return page(
        (
            (sample.name, sample.labels, sample.value)
            for family in families
            for sample in family.samples
        ),
        at,
    )
