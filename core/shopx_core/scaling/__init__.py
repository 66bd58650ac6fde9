"""How many pods and which cache tuning: pure functions of observation, spec, state and `now`.

`evaluate` is the whole decision; `replay` repeats a recorded one. `shopx_tools.simulator` runs the
same `evaluate` against a model of the product, beside other autoscalers.
"""

from shopx_core.scaling.codec import dumps, loads
from shopx_core.scaling.controller import Controller, TickResult, tuning_overrides
from shopx_core.scaling.decision import Change, Decision, DecisionRecord, Rejected, ScalingRule
from shopx_core.scaling.evaluation import evaluate, replay
from shopx_core.scaling.explanation import explain_record, summary
from shopx_core.scaling.inputs import (
    Misses,
    Observation,
    ReplicaBounds,
    ScalingBehavior,
    ScalingSpec,
    ScalingTargets,
    Thresholds,
)
from shopx_core.scaling.persisted_state import PersistedState
from shopx_core.scaling.state import ScalingState

__all__ = [
    "Change",
    "Controller",
    "Decision",
    "DecisionRecord",
    "Misses",
    "Observation",
    "PersistedState",
    "Rejected",
    "ReplicaBounds",
    "ScalingBehavior",
    "ScalingRule",
    "ScalingSpec",
    "ScalingState",
    "ScalingTargets",
    "Thresholds",
    "TickResult",
    "dumps",
    "evaluate",
    "explain_record",
    "loads",
    "replay",
    "summary",
    "tuning_overrides",
]
