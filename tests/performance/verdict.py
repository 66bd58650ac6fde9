"""The table of a load, and whether the dashboard kept its promise. Pure."""

from dataclasses import dataclass, field
from typing import Final

P95_SECONDS: Final = 0.2
HIT_RATIO: Final = 0.8
NEVER_CACHED: Final = ("Wall screen",)
"""Live figures are read anew each time, so they have no hits to promise."""
_HITS: Final = frozenset({"hit-l0", "hit-l1", "stale"})


@dataclass(slots=True)
class Answers:
    """The answers to the queries of one page."""

    seconds: list[float] = field(default_factory=list)
    hits: int = 0
    misses: int = 0
    errors: int = 0

    def add(self, seconds: float, outcome: str | None, *, failed: bool) -> None:
        """Count one answer; `outcome` is its header `X-Cache`."""
        self.seconds.append(seconds)
        self.errors += failed
        self.hits += outcome in _HITS
        self.misses += outcome == "miss"

    def percentile(self, share: float) -> float | None:
        """Seconds within which a share was answered; `None` without answers."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    @property
    def hit_ratio(self) -> float | None:
        """Hits among what may be cached; `None` when nothing of it was asked."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


def total(pages: dict[str, Answers]) -> Answers:
    """All reads; writes have no promise."""
    made = Answers()
    for name, page in pages.items():
        if not name.startswith("Shop"):
            made.seconds += page.seconds
        if name not in NEVER_CACHED:
            made.hits += page.hits
            made.misses += page.misses
        made.errors += page.errors
    return made


def table(pages: dict[str, Answers]) -> str:
    """Markdown: one line a page, and one for all reads."""
    lines = [
        "| page | requests | p50 ms | p95 ms | p99 ms | hits | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, page in (*sorted(pages.items()), ("**all reads**", total(pages))):
        times = " | ".join(_milliseconds(page.percentile(share)) for share in (0.5, 0.95, 0.99))
        ratio = "-" if page.hit_ratio is None else f"{page.hit_ratio:.1%}"
        lines.append(f"| {name} | {len(page.seconds)} | {times} | {ratio} | {page.errors} |")
    return "\n".join(lines)


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f}"


def shortfalls(pages: dict[str, Answers]) -> list[str]:
    """What was promised and not kept; what could not be measured is not kept either."""
    every = total(pages)
    found = []
    p95, ratio = every.percentile(0.95), every.hit_ratio
    if p95 is None or p95 >= P95_SECONDS:
        found.append(
            f"p95 is {_milliseconds(p95)} ms; promised are less than {P95_SECONDS * 1000:.0f}"
        )
    if ratio is None or ratio < HIT_RATIO:
        shown = "unknown" if ratio is None else f"{ratio:.1%}"
        found.append(f"the hit ratio is {shown}; promised are {HIT_RATIO:.0%}")
    if every.errors:
        found.append(f"{every.errors} requests failed")
    return found
