"""A scaling decision as the status shows it: pure."""

import datetime as dt
import math
from typing import Any, Final

from shopx_core.scaling import Decision

_SHORT: Final = 253
_LONG: Final = 1024


def scaling_status(decision: Decision) -> dict[str, Any]:
    """The parts of the status that follow from a decision."""
    inputs = decision.inputs
    milliseconds = {
        name: figure(inputs[key] * 1000)
        for name, key in (
            ("p95Milliseconds", "p95"),
            ("p95HitMilliseconds", "p95_hit"),
            ("p95MissMilliseconds", "p95_miss"),
        )
        if key in inputs
    }
    cache = {
        name: figure(inputs[key])
        for name, key in (("hitRatio", "hit_ratio"), ("requestsPerSecond", "rps"))
        if key in inputs
    }
    return {"cache": cache, "latency": milliseconds, "lastDecision": _decision(decision)}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "time": _time(decision.at),
        "action": action(decision)[:_SHORT],
        "reason": decision.rule.value,
        "message": decision.reason[:_LONG],
        "inputs": {name: figure(value) for name, value in sorted(decision.inputs.items())[:32]},
        "rejected": [
            {"action": one.action[:_SHORT], "reason": one.reason[:_SHORT]}
            for one in decision.rejected
        ],
        "nextTime": _time(decision.next_at),
    }


def action(decision: Decision) -> str:
    """The changes of a decision, in a few words."""
    done = [f"{one.what} {one.before:g} → {one.after:g}" for one in decision.changes]
    return ", ".join(done) or "hold"


def figure(value: float) -> str:
    """A number in the status's format: no exponent, at most six decimal places."""
    text = f"{value:.6f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"
    return "0" if text == "-0" else text


def _time(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
