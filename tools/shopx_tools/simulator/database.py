"""The modelled PostgreSQL: a few cores, a limit of connections, locks."""

import random
from collections.abc import Sequence

from shopx_tools.simulator.scenario import Fault, Product, Trouble


class Database:
    """Answers each query after a time that depends on the concurrent queries.

    The slowdown by contention is fixed when a query starts: an approximation of processor sharing
    without rescheduling.
    """

    def __init__(self, product: Product, faults: Sequence[Fault], rng: random.Random) -> None:
        self._product = product
        self._faults = [
            fault
            for fault in faults
            if fault.trouble
            in {Trouble.SLOW_DATABASE, Trouble.LOCK, Trouble.CONNECTIONS, Trouble.REFRESH}
        ]
        self._rng = rng
        self.active = 0
        """Queries of the API."""
        self.jobs = 0
        """Running jobs, one connection and half a core each."""
        self.finished = 0
        self.seconds = 0.0
        """Spent in finished queries."""
        self.slowdown = 1.0
        self.cores = product.database_cores
        self.foreign = 0
        self.lock_end = 0.0
        self.lock_share = 0.0

    def second(self, now: float) -> None:
        """Apply the faults of this second."""
        self.slowdown, self.cores, self.foreign = 1.0, self._product.database_cores, 0
        self.lock_end = self.lock_share = 0.0
        for fault in self._faults:
            if not fault.start <= now < fault.end:
                continue
            if fault.trouble is Trouble.SLOW_DATABASE:
                self.slowdown *= fault.size
            elif fault.trouble is Trouble.CONNECTIONS:
                self.foreign += int(fault.size)
            elif fault.trouble is Trouble.REFRESH:
                self.cores = max(0.25, self.cores - fault.size)
            else:
                self.lock_end, self.lock_share = fault.end, fault.size

    @property
    def connections(self) -> int:
        """Connections in use, by all clients."""
        return self.active + self.jobs + self.foreign

    @property
    def full(self) -> bool:
        """No further connection is accepted."""
        return self.connections >= self._product.most_connections

    def begin(self, now: float) -> float:
        """Start a query; returns its seconds."""
        self.active += 1
        busy = self.active + 0.5 * self.jobs
        stretch = max(1.0, busy / self.cores)
        stretch *= 1.0 + self._product.thrash * max(0.0, busy - 2.0 * self.cores)
        took = self._rng.expovariate(1.0 / self._product.query) * self.slowdown * stretch
        if self.lock_share and self._rng.random() < self.lock_share:
            took += max(0.0, self.lock_end - now)
        return took

    def end(self, took: float) -> None:
        """A query finished."""
        self.active -= 1
        self.finished += 1
        self.seconds += took
