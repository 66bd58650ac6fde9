"""The rules, in the order in which they are asked; each is a function from plan to plan.

An earlier rule may forbid a later one to add or to take away pods, and says why; a later rule
never undoes what an earlier one did.
"""

from collections.abc import Callable

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules.api import app_bound, errors_high, in_vain
from shopx_core.scaling.rules.cache import calm, cold_cache, miss_bound
from shopx_core.scaling.rules.database import pool_too_small, saturated
from shopx_core.scaling.rules.workers import follow_queue

RULES: tuple[Callable[[Assessment, ScalingPlan], ScalingPlan], ...] = (
    errors_high,
    in_vain,
    cold_cache,
    saturated,
    pool_too_small,
    miss_bound,
    app_bound,
    follow_queue,
    calm,
)
