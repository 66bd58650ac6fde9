"""A decision in words, for `explain`."""

from datetime import UTC, datetime

from shopx_core.scaling.decision import Decision, Record
from shopx_core.scaling.evaluation import replay


def summary(decision: Decision) -> str:
    """One line of a timeline: when, which rule, what changed."""
    changed = ", ".join(f"{c.what} {c.before:g} → {c.after:g}" for c in decision.changes)
    return f"{_clock(decision.at)} {decision.rule.value}: {changed or 'hold'}"


def explained(record: Record) -> str:
    """The whole reasoning, and whether the record replays to the same decision."""
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
