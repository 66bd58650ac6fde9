"""The modelled workers and their queue."""

import heapq
import random
from collections import deque

from shopx_tools.simulator.database import Database
from shopx_tools.simulator.scenario import Scenario


class Workers:
    """Pods with slots; a slot may reserve jobs, which then leave the visible queue."""

    def __init__(self, scenario: Scenario, database: Database, rng: random.Random) -> None:
        self._scenario = scenario
        self._database = database
        self._rng = rng
        self.replicas = 0
        self._starting: list[float] = []
        """When pods that were asked for begin to work."""
        self._running = 0
        self.queue: deque[float] = deque()
        """When each waiting job came, reserved ones included."""
        self._ends: list[float] = []
        """When each job at work ends."""

    def scale(self, now: float, replicas: int) -> None:
        """Ask for a number of pods; those that stop finish their jobs."""
        while replicas > self.replicas:
            heapq.heappush(self._starting, now + self._scenario.pod_start)
            self.replicas += 1
        while replicas < self.replicas:
            if self._starting:
                self._starting.remove(max(self._starting))
                heapq.heapify(self._starting)
            else:
                self._running -= 1
            self.replicas -= 1

    def second(self, now: float) -> None:
        """One second of jobs coming, ending and beginning."""
        while self._starting and self._starting[0] <= now:
            heapq.heappop(self._starting)
            self._running += 1
        while self._ends and self._ends[0] <= now:
            heapq.heappop(self._ends)
            self._database.jobs -= 1
        rate = self._scenario.jobs(now) if self._scenario.jobs else 0.0
        coming = int(rate) + (self._rng.random() < rate % 1.0)
        self.queue.extend([now] * coming)
        slots = self._running * self._scenario.spec.worker_slots
        while self.queue and len(self._ends) < slots and not self._database.full:
            self.queue.popleft()
            took = self._scenario.job_seconds * self._rng.uniform(0.5, 1.5)
            heapq.heappush(self._ends, now + took * max(1.0, self._database.slowdown / 2.0))
            self._database.jobs += 1

    @property
    def active(self) -> int:
        """Jobs at work."""
        return len(self._ends)

    @property
    def reserved(self) -> int:
        """Waiting jobs that a slot has reserved: gone from the queue, not begun."""
        slots = self._running * self._scenario.spec.worker_slots
        return min(len(self.queue), slots * self._scenario.prefetch)

    @property
    def length(self) -> int:
        """Jobs that the queue shows."""
        return len(self.queue) - self.reserved

    def oldest(self, now: float) -> float:
        """Age of the job that waits longest, seconds."""
        return now - self.queue[0] if self.queue else 0.0
