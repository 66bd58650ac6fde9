"""A decision as text, for `explain`."""

from datetime import UTC, datetime

from shopx_core.scaling.decision import Decision, DecisionRecord
from shopx_core.scaling.evaluation import replay


def summary(decision: Decision) -> str:
    """One line of a timeline: time, rule, changes."""
    changed = ", ".join(f"{c.what} {c.before:g} → {c.after:g}" for c in decision.changes)
    return f"{_clock(decision.at)} {decision.rule.value}: {changed or 'hold'}"


def explain_record(record: DecisionRecord) -> str:
    """All reasons of a decision, and whether its record replays to the same decision."""
    decision = record.decision
    same = replay(record) == decision
    lines = [
        summary(decision),
        f"  because {decision.reason}",
        *(f"  {name} = {value:g}" for name, value in sorted(decision.inputs.items())),
        *(f"  not {option.action}: {option.reason}" for option in decision.rejected),
        f"  next evaluation {_clock(decision.next_at)}",
        "  replayed: the same decision" if same else "  replayed: ANOTHER decision",
    ]
    return "\n".join(lines)


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
