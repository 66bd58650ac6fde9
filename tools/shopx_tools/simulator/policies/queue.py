"""Workers by KEDA's list-length trigger, which all other autoscalers here need beside them.

https://keda.sh/docs/latest/scalers/redis-lists/: the number of pods is the queue's length over
`listLength` (5 by default), through an HPA; from and to nothing KEDA acts itself, polling each
30 s, with a cooldown of 300 s.
"""

import math

from shopx_core.scaling.inputs import ReplicaBounds
from shopx_tools.simulator.measure import Lens
from shopx_tools.simulator.policies.controller import TOLERANCE, ReplicaController

LIST_LENGTH = 5
POLLING = 30.0
COOLDOWN = 300.0


class ListLength:
    """One ScaledObject on the queue."""

    def __init__(self, bounds: ReplicaBounds) -> None:
        self._bounds = bounds
        self._controller = ReplicaController(ReplicaBounds(min=1, max=max(1, bounds.max)))
        self._polled = -POLLING
        self._active_at = -COOLDOWN

    def look(self, lens: Lens) -> int:
        """Worker pods wanted."""
        now, length = lens.world.now, lens.world.workers.length
        current = lens.world.workers.replicas
        if length > 0:
            self._active_at = now
        if current == 0:
            if now - self._polled < POLLING:
                return 0
            self._polled = now
            return 1 if length > 0 else 0
        if self._bounds.min == 0 and now - self._active_at >= COOLDOWN:
            return 0
        ratio = length / (LIST_LENGTH * current)
        wish = current if abs(1.0 - ratio) <= TOLERANCE else math.ceil(length / LIST_LENGTH)
        return self._controller.step(now, current, wish)
