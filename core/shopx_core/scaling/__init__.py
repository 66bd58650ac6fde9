"""What scales and turns what, and why: pure functions of facts, spec, state and `now`.

`decide` is the whole decision; `replay` makes a recorded one again. `simulator` runs the same
`decide` against a model of the product, beside other autoscalers.
"""

from shopx_core.scaling.codec import dumps, loads
from shopx_core.scaling.course import Course, Memory, Step, turned_from
from shopx_core.scaling.deciding import decide, replay
from shopx_core.scaling.decision import Change, Decision, Record, Rejected, Rule
from shopx_core.scaling.explaining import explained, summary
from shopx_core.scaling.facts import (
    Behavior,
    Bounds,
    Levers,
    Misses,
    Observation,
    ScalingSpec,
    Targets,
    Tuning,
)
from shopx_core.scaling.memory import State

__all__ = [
    "Behavior",
    "Bounds",
    "Change",
    "Course",
    "Decision",
    "Levers",
    "Memory",
    "Misses",
    "Observation",
    "Record",
    "Rejected",
    "Rule",
    "ScalingSpec",
    "State",
    "Step",
    "Targets",
    "Tuning",
    "decide",
    "dumps",
    "explained",
    "loads",
    "replay",
    "summary",
    "turned_from",
]
