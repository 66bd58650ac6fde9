"""What scales and turns what, and why: pure functions of facts, spec, state and `now`.

`decide` is the whole decision; `replay` makes a recorded one again. `simulator` runs the same
`decide` against a model of the product, beside other autoscalers.
"""

from shopx_core.scaling.codec import dumps, loads
from shopx_core.scaling.controller import Controller, Memory, Step, tuning_changes
from shopx_core.scaling.decision import Change, Decision, Record, Rejected, Rule
from shopx_core.scaling.evaluation import evaluate, replay
from shopx_core.scaling.explanation import explained, summary
from shopx_core.scaling.facts import (
    Behavior,
    Bounds,
    CacheTuning,
    Misses,
    Observation,
    ScalingSpec,
    Targets,
    Tuning,
)
from shopx_core.scaling.memory import ScalingState

__all__ = [
    "Behavior",
    "Bounds",
    "CacheTuning",
    "Change",
    "Controller",
    "Decision",
    "Memory",
    "Misses",
    "Observation",
    "Record",
    "Rejected",
    "Rule",
    "ScalingSpec",
    "ScalingState",
    "Step",
    "Targets",
    "Tuning",
    "dumps",
    "evaluate",
    "explained",
    "loads",
    "replay",
    "summary",
    "tuning_changes",
]
