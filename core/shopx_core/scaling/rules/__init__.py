"""The rules, in the order in which they are applied; each is a function from plan to plan.

An earlier rule may block later ones from adding or removing pods, with a reason. A later rule never
undoes the change of an earlier one.
"""

from collections.abc import Callable

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules.api import app_bound, errors_high, step_without_effect
from shopx_core.scaling.rules.cache import cold_cache, miss_bound, restore_tuning
from shopx_core.scaling.rules.database import database_saturated, pool_too_small
from shopx_core.scaling.rules.workers import match_queue

RULES: tuple[Callable[[Assessment, ScalingPlan], ScalingPlan], ...] = (
    errors_high,
    step_without_effect,
    cold_cache,
    database_saturated,
    pool_too_small,
    miss_bound,
    app_bound,
    match_queue,
    restore_tuning,
)
