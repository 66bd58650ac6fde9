"""Decisions, statuses and scrapes as text: pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shopx_core.scaling import Observation, PersistedState, explain_record, replay, summary
from shopx_core.scaling.measurement import Scrape

Object = Mapping[str, Any]

TIERS: Final = (("l0", "L0 process"), ("l1", "L1 Redis"))
NOTHING: Final = "-"


def explanation(
    name: str, memory: PersistedState, chosen: Iterable[int] | None = None
) -> tuple[str, bool]:
    """The timeline of decisions, and the reasons of some of them.

    Args:
        name: The dashboard.
        memory: The memory of its scaling.
        chosen: Numbers of the timeline; `None` = the last one.

    Returns:
        The text, and whether every record replays to its decision.
    """
    records = memory.records
    if not records:
        return f"{name}: no decision is recorded yet.", True
    same = [replay(record) == record.decision for record in records]
    lines = [f"{name}: the last {len(records)} notable decisions"]
    lines += [
        f"{number:>3} {'' if same[number - 1] else 'ANOTHER DECISION ON REPLAY '}"
        f"{summary(record.decision)}"
        for number, record in enumerate(records, 1)
    ]
    wanted = [len(records)] if chosen is None else [n for n in chosen if 1 <= n <= len(records)]
    for number in wanted:
        lines += ["", f"{number:>3} {explain_record(records[number - 1])}"]
    lines += ["", f"{sum(same)} of {len(records)} decisions replayed to the same result."]
    return "\n".join(lines), all(same)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns; the first row is the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def overview(dashboards: Iterable[Object]) -> str:
    """One row per dashboard, from its status."""
    header = ["NAME", "READY", "API", "WORKERS", "REQ/S", "HIT", "P95", "P95 HIT", "P95 MISS"]
    rows = [[*header, "DATABASE", "LAST DECISION"]]
    for body in dashboards:
        status: Object = body.get("status", {})
        cache, latency = status.get("cache", {}), status.get("latency", {})
        decision = status.get("lastDecision", {})
        rows.append(
            [
                body["metadata"]["name"],
                _condition(status, "Ready"),
                _replicas(status.get("api")),
                _replicas(status.get("workers")),
                _number(cache.get("requestsPerSecond")),
                _number(cache.get("hitRatio"), 2),
                *(
                    _milliseconds(latency.get(key))
                    for key in ("p95Milliseconds", "p95HitMilliseconds", "p95MissMilliseconds")
                ),
                {"True": "saturated", "False": "fine"}.get(
                    _condition(status, "DatabaseBottleneck"), NOTHING
                ),
                f"{decision['reason']}: {decision['action']}" if decision else NOTHING,
            ]
        )
    return table(rows)


def dashboard_status(body: Object) -> str:
    """The whole status of one dashboard."""
    status: Object = body.get("status", {})
    decision: Object = status.get("lastDecision", {})
    lines = [
        (
            f"{body['metadata'].get('namespace', '')}/{body['metadata']['name']}"
            f"  release {status.get('version', NOTHING)}  {status.get('url', '')}"
        ),
        "",
        overview([body]),
        "",
    ]
    for condition in status.get("conditions", ()):
        message = f": {condition['message']}" if condition.get("message") else ""
        lines.append(
            f"  {condition['type']:<18} {condition['status']:<8} {condition['reason']}{message}"
        )
    if decision:
        lines += ["", f"Last decision, {decision['time']}: {decision['reason']}"]
        lines += [f"  action: {decision['action']}", f"  because {decision.get('message', '')}"]
        for option in decision.get("rejected", ()):
            lines.append(f"  not {option['action']}: {option['reason']}")
        lines.append(f"  next decision {decision.get('nextTime', NOTHING)}")
    return "\n".join(lines)


def pod_activity(
    name: str, observation: Observation, first: Mapping[str, Scrape], last: Mapping[str, Scrape]
) -> str:
    """The current activity of the API pods.

    Args:
        name: The dashboard.
        observation: The observation over both scrapes.
        first: The first scrape, by pod.
        last: The last scrape, by pod.
    """
    tiers = _tiers(first, last)
    total = sum(tiers.values()) or 1.0
    cpu = None if observation.cpu is None else observation.cpu * 100
    lines = [
        f"{name}: {observation.api_reporting} of {observation.api_ready} serving pods answered",
        (
            f"  {_rounded(observation.rps, 1)} requests/s,"
            f" {_rounded(observation.in_flight, 1)} in progress,"
            f" {_rounded(cpu, 0)} % of the requested CPU"
        ),
        (
            f"  hit ratio {_rounded(observation.hit_ratio, 2)}; p95 {_seconds(observation.p95)},"
            f" hits {_seconds(observation.p95_hit)}, misses {_seconds(observation.p95_miss)}"
        ),
        "  answered by: "
        + ", ".join(f"{title} {tiers.get(tier, 0.0) / total:.0%}" for tier, title in TIERS)
        + f", computed {tiers.get('miss', 0.0) / total:.0%}",
        "",
    ]
    rows = [["POD", "REQ/S", "CPU CORES"]]
    for pod in sorted(last):
        if pod in first:
            seconds = last[pod].at - first[pod].at or 1.0
            requests = sum(_increases(first[pod], last[pod], "requests/").values())
            cpu = sum(_increases(first[pod], last[pod], "cpu").values())
            rows.append([pod, f"{requests / seconds:.1f}", f"{cpu / seconds:.2f}"])
    return "\n".join([*lines, table(rows)])


def _tiers(first: Mapping[str, Scrape], last: Mapping[str, Scrape]) -> dict[str, float]:
    made: dict[str, float] = {}
    for pod in first.keys() & last.keys():
        for prefix in ("tiers/", "requests/miss"):
            for name, value in _increases(first[pod], last[pod], prefix).items():
                key = name.partition("/")[2]
                made[key] = made.get(key, 0.0) + value
    return made


def _increases(first: Scrape, last: Scrape, prefix: str) -> dict[str, float]:
    """The increase of counters by name; after a reset, the whole new value."""
    return {
        name: value - first.counters.get(name, 0.0)
        if value >= first.counters.get(name, 0.0)
        else value
        for name, value in last.counters.items()
        if name.startswith(prefix)
    }


def _condition(status: Object, kind: str) -> str:
    for condition in status.get("conditions", ()):
        if condition["type"] == kind:
            return str(condition["status"])
    return NOTHING


def _replicas(part: Object | None) -> str:
    return f"{part.get('ready', 0)}/{part.get('desired', 0)}" if part else NOTHING


def _number(text: str | None, places: int = 1) -> str:
    return NOTHING if text is None else f"{float(text):.{places}f}"


def _milliseconds(text: str | None) -> str:
    return NOTHING if text is None else f"{float(text):.0f} ms"


def _rounded(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value * 1000:.0f} ms"
