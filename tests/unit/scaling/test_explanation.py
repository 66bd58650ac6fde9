"""Decisions in words."""

from dataclasses import replace

from shopx_core.scaling import (
    DecisionRecord,
    ScalingSpec,
    ScalingState,
    evaluate,
    explain_record,
    summary,
)
from tests.unit.scaling.timeline import HEALTHY

SEEN = replace(HEALTHY, at=1_000_000.0, p95=0.5, cpu=0.95)


def record() -> DecisionRecord:
    spec, state = ScalingSpec(), ScalingState()
    decision, _ = evaluate(SEEN, spec, state, 1_000_000.0)
    return DecisionRecord(
        observation=SEEN, spec=spec, state=state, now=1_000_000.0, decision=decision
    )


def test_a_line_says_when_by_which_rule_and_what() -> None:
    assert summary(record().decision) == "1970-01-12T13:46:40Z AppBound: api 2 → 3"


def test_the_reasoning_has_figures_and_the_replay() -> None:
    text = explain_record(record())
    assert "cpu = 0.95" in text
    assert "because" in text
    assert text.endswith("replayed: the same decision")


def test_a_record_that_was_touched_says_so() -> None:
    kept = record()
    touched = replace(kept, decision=replace(kept.decision, api=6))
    assert explain_record(touched).endswith("replayed: ANOTHER decision")
