"""Memories, statuses and pages in words: pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shopx_core.scaling import Memory, Observation, explained, replay, summary
from shopx_core.scaling.measurement import Page

Object = Mapping[str, Any]

TIERS: Final = (("l0", "L0 process"), ("l1", "L1 Redis"))
NOTHING: Final = "-"


def explanation(name: str, memory: Memory, chosen: Iterable[int] | None = None) -> tuple[str, bool]:
    """The timeline, and the whole reasoning of some decisions.

    Args:
        name: The dashboard's.
        memory: What is kept.
        chosen: Numbers of the timeline; `None` = the last one.

    Returns:
        The text, and whether every kept decision is made again from its record.
    """
    records = memory.records
    if not records:
        return f"{name}: no decision is kept yet.", True
    same = [replay(record) == record.decision for record in records]
    lines = [f"{name}: the last {len(records)} decisions that changed or found something"]
    lines += [
        f"{number:>3} {'' if same[number - 1] else 'ANOTHER DECISION WHEN REPLAYED '}"
        f"{summary(record.decision)}"
        for number, record in enumerate(records, 1)
    ]
    wanted = [len(records)] if chosen is None else [n for n in chosen if 1 <= n <= len(records)]
    for number in wanted:
        lines += ["", f"{number:>3} {explained(records[number - 1])}"]
    lines += ["", f"{sum(same)} of {len(records)} decisions replayed to the same answer."]
    return "\n".join(lines), all(same)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first one as their heads."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def overview(dashboards: Iterable[Object]) -> str:
    """One row a dashboard, from its status."""
    heads = ["NAME", "READY", "API", "WORKERS", "REQ/S", "HIT", "P95", "P95 HIT", "P95 MISS"]
    rows = [[*heads, "DATABASE", "LAST DECISION"]]
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


def whole(body: Object) -> str:
    """Everything that the status of one dashboard says."""
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
        said = f": {condition['message']}" if condition.get("message") else ""
        lines.append(
            f"  {condition['type']:<18} {condition['status']:<8} {condition['reason']}{said}"
        )
    if decision:
        lines += ["", f"Last decision, {decision['time']}: {decision['reason']}"]
        lines += [f"  did {decision['action']}", f"  because {decision.get('message', '')}"]
        for option in decision.get("rejected", ()):
            lines.append(f"  not {option['action']}: {option['reason']}")
        lines.append(f"  asked again {decision.get('nextTime', NOTHING)}")
    return "\n".join(lines)


def live(name: str, told: Observation, first: Mapping[str, Page], last: Mapping[str, Page]) -> str:
    """What the pods do right now.

    Args:
        name: The dashboard's.
        told: What the two readings come to.
        first: The first reading, by pod.
        last: The second one.
    """
    tiers = _tiers(first, last)
    whole_ = sum(tiers.values()) or 1.0
    lines = [
        f"{name}: {told.api_reporting} of {told.api_ready} serving pods answered",
        (
            f"  {_plain(told.rps, 1)} requests/s, {_plain(told.in_flight, 1)} in work,"
            f" {_plain(None if told.cpu is None else told.cpu * 100, 0)} % of the CPU asked for"
        ),
        (
            f"  hit ratio {_plain(told.hit_ratio, 2)}; p95 {_seconds(told.p95)},"
            f" hits {_seconds(told.p95_hit)}, misses {_seconds(told.p95_miss)}"
        ),
        "  answered by: "
        + ", ".join(f"{said} {tiers.get(tier, 0.0) / whole_:.0%}" for tier, said in TIERS)
        + f", computed {tiers.get('miss', 0.0) / whole_:.0%}",
        "",
    ]
    rows = [["POD", "REQ/S", "CPU CORES"]]
    for pod in sorted(last):
        if pod in first:
            seconds = last[pod].at - first[pod].at or 1.0
            requests = sum(_grown(first[pod], last[pod], "requests/").values())
            cpu = sum(_grown(first[pod], last[pod], "cpu").values())
            rows.append([pod, f"{requests / seconds:.1f}", f"{cpu / seconds:.2f}"])
    return "\n".join([*lines, table(rows)])


def _tiers(first: Mapping[str, Page], last: Mapping[str, Page]) -> dict[str, float]:
    made: dict[str, float] = {}
    for pod in first.keys() & last.keys():
        for prefix in ("tiers/", "requests/miss"):
            for name, value in _grown(first[pod], last[pod], prefix).items():
                key = name.partition("/")[2]
                made[key] = made.get(key, 0.0) + value
    return made


def _grown(first: Page, last: Page, prefix: str) -> dict[str, float]:
    """By name: how much counters grew; one that began anew counts whole."""
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


def _plain(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value * 1000:.0f} ms"
