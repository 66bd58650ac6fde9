"""The modelled product under load: events in time order, second by second."""

import heapq
import random
from collections import deque
from collections.abc import Callable
from itertools import accumulate

from shopx_core.caching.tuning import CacheTuning
from shopx_tools.simulator.database import Database
from shopx_tools.simulator.jobs import Workers
from shopx_tools.simulator.pod import MEMORY, Answer, Pod
from shopx_tools.simulator.scenario import Fault, Scenario, Trouble
from shopx_tools.simulator.score import Score

Event = tuple[float, int, Callable[..., None], tuple[object, ...]]
FIRST_SEEN, EXPIRED, INVALIDATED, SERVED = 0, 1, 2, -1
NORMAL_FROM = 10.0
"""Requests a second from which a normal distribution stands for Poisson's."""
REFUSED_AFTER = 0.002
"""Seconds until a request is rejected."""


class World:
    """The state of one run; `advance` moves it by a second."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.product = scenario.product
        self.tuning: CacheTuning = scenario.spec.configured
        self.now = 0.0
        self.score = Score(scenario, self.product)
        self._rng = random.Random(f"{scenario.name}/{seed}")  # noqa: S311 -- a simulation, repeatable by its seed
        self.database = Database(self.product, scenario.faults, self._rng)
        self.workers = Workers(scenario, self.database, self._rng)
        self.workers.scale(-scenario.pod_start, scenario.spec.workers.min)
        self.pods = [Pod(0.0) for _ in range(scenario.pods)]
        self._heap: list[Event] = []
        self._count = 0
        self._cache: dict[int, tuple[int, float]] = {}
        self._making: dict[int, Answer] = {}
        self._version = 1
        self._next_version = self.tuning.live_interval
        self._order = list(range(scenario.keys))
        self._weights = list(
            accumulate(1.0 / (rank + 1) ** scenario.skew for rank in range(scenario.keys))
        )
        self._open = self._pick_open()
        self._redis = True
        self._ingest = False
        self._errors = 0.0
        self._cpu = 1.0
        self._hot = 0.0
        self._seen: set[int] = set()
        self.reasons = [0, 0, 0]
        """Misses so far: first seen, expired, invalidated."""
        self.waits: deque[tuple[float, float]] = deque(maxlen=2000)
        """(when, seconds) of waits for a pooled connection."""
        self.past: deque[tuple[int, float, int, int, tuple[int, ...]]] = deque(maxlen=MEMORY)
        """Each second: queries, their seconds, active, connections, miss reasons."""
        self.requests = 0
        if scenario.warm_start:
            self._fill()

    def _pick_open(self) -> list[bool]:
        # About every fifth key has a closed period, independent of popularity and of the seed.
        share = self.scenario.open_share
        return [(key * 0.6180339887) % 1.0 < share for key in range(self.scenario.keys)]

    def _fill(self) -> None:
        """Fill the cache as after some time of use: the popular answers are current."""
        for rank, key in enumerate(self._order):
            self._seen.add(key)
            current = rank * 6 < len(self._order)
            made = -self._rng.uniform(0.0, self.tuning.ttl_max) * (0.5 if current else 1.0)
            self._cache[key] = (self._version if current else 0, made)

    # -- events ---------------------------------------------------------------------------------

    def _at(self, at: float, what: Callable[..., None], *arguments: object) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, what, arguments))

    def advance(self) -> None:
        """Simulate the next second."""
        second = self.now
        self._faults(second)
        self.database.second(second)
        self.workers.second(second)
        rate = max(0.0, self.scenario.rate(second))
        count = self._poisson(rate)
        rng = self._rng
        times = sorted(second + rng.random() for _ in range(count))
        keys = rng.choices(self._order, cum_weights=self._weights, k=count)
        ready = [pod for pod in self.pods if pod.ready_at <= second]
        heap, arrive, run_until = self._heap, self._arrive, self._run_until
        for at, key in zip(times, keys, strict=True):
            if heap and heap[0][0] <= at:
                run_until(at)
            arrive(at, key, ready)
        run_until(second + 1.0)
        self.now = now = second + 1.0
        for pod in self.pods:
            pod.snapshot(now)
        database = self.database
        self.past.append(
            (
                database.finished,
                database.seconds,
                database.active,
                database.connections,
                tuple(self.reasons),
            )
        )
        self.score.second(
            now,
            api=len(self.pods),
            workers=self.workers.replicas,
            live_interval=self.tuning.live_interval,
            oldest_job=self.workers.oldest(now),
        )

    def _run_until(self, at: float) -> None:
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= at:
            when, _, what, arguments = pop(heap)
            what(when, *arguments)

    def _poisson(self, rate: float) -> int:
        if rate >= NORMAL_FROM:
            return max(0, round(self._rng.gauss(rate, rate**0.5)))
        count, left = 0, self._rng.expovariate(1.0)
        while left < rate:
            count += 1
            left += self._rng.expovariate(1.0)
        return count

    # -- faults and the clock of reads ----------------------------------------------------------

    def _faults(self, second: float) -> None:
        self._redis, self._ingest = True, False
        self._errors, self._cpu, self._hot = 0.0, 1.0, 0.0
        for fault in self.scenario.faults:
            if fault.start <= second < fault.start + 1.0:
                self._once(fault)
            if not fault.start <= second < fault.end:
                continue
            match fault.trouble:
                case Trouble.REDIS_DOWN:
                    self._redis = False
                case Trouble.DEPLOY_ERRORS:
                    self._errors = fault.size
                case Trouble.DEPLOY_SLOW:
                    self._cpu = fault.size
                case Trouble.HOT_KEYS:
                    self._hot = fault.size
                case Trouble.INGEST:
                    self._ingest = True
                case _:
                    pass
        while second >= self._next_version:
            self._version += 1
            self._next_version += self.tuning.live_interval
            self._warm(second)

    def _once(self, fault: Fault) -> None:
        if fault.trouble is Trouble.FLUSH:
            self._cache.clear()
            self._seen.clear()
        elif fault.trouble is Trouble.KEY_SHIFT:
            self._order.reverse()

    def _warm(self, second: float) -> None:
        """Refresh the most requested keys ahead, spread over half an interval."""
        ready = [pod for pod in self.pods if pod.ready_at <= second]
        if not ready:
            return
        for rank in range(min(self.tuning.warm, len(self._order))):
            at = second + self.tuning.live_interval * 0.5 * rank / self.tuning.warm
            self._at(at, self._refresh_ahead, self._order[rank], ready[rank % len(ready)])

    def _refresh_ahead(self, now: float, key: int, pod: Pod) -> None:
        entry = self._entries(pod).get(key)
        if entry is None or entry[0] < self._version:
            self._make(now, pod, key)

    # -- a request ------------------------------------------------------------------------------

    def _entries(self, pod: Pod) -> dict[int, tuple[int, float]]:
        return self._cache if self._redis else pod.cache

    def _arrive(self, now: float, key: int, ready: list[Pod], again: bool = False) -> None:
        self.requests += 1
        score = self.score
        score.asked(now)
        if not ready:
            score.answered(now, 0.0, failed=True)
            return
        rng = self._rng
        pod = ready[int(rng.random() * len(ready))] if len(ready) > 1 else ready[0]
        if self._errors and rng.random() < self._errors:
            self._fail(now, pod)
            return
        if self._hot and rng.random() < self._hot:
            key = self._order[int(rng.random() * 10)]
        reason = self._why_miss(now, pod, key)
        if reason == SERVED:
            done = pod.front(now, self.product.hit_cpu * self._cpu)
            latency = done - now
            pod.will_answer(done, latency)
            score.answered(now, latency)
            if self.scenario.retries and latency > self.product.timeout and not again:
                self._at(now + self.product.timeout, self._ask_again, key)
            return
        self.reasons[reason] += 1
        self._seen.add(key)
        answer = self._make(now, pod, key)
        if answer is None:
            if not self._serve_stale(now, pod, key):
                pod.refused += 1
                self._fail(now, pod)
            return
        answer.waiting.append(now)
        pod.pending += 1
        if self.scenario.retries and not again:
            self._at(now + self.product.timeout, self._give_up, answer, now, key)

    def _why_miss(self, now: float, pod: Pod, key: int) -> int:
        """The reason of a miss, or `SERVED`; starts a refresh of a stale answer."""
        entry = (self._cache if self._redis else pod.cache).get(key)
        if entry is None:
            return EXPIRED if key in self._seen else FIRST_SEEN
        version, made = entry
        tuning = self.tuning
        if self._open[key] or self._ingest:
            if version == self._version:
                return SERVED
            if now - made > tuning.live_interval + self.product.grace:
                return INVALIDATED
        else:
            # A lifetime between ttl_min and ttl_max, fixed for each key.
            ttl = (tuning.ttl_max - tuning.ttl_min) * ((key * 0.7548776662) % 1.0)
            past = now - made - tuning.ttl_min - ttl
            if past < 0.0:
                return SERVED
            if past >= tuning.stale_while_revalidate:
                return EXPIRED
        self._make(now, pod, key)
        return SERVED

    def _serve_stale(self, now: float, pod: Pod, key: int) -> bool:
        """Whether there is an old answer within the freshness limit, which is then served."""
        entry = self._entries(pod).get(key)
        if entry is None or now - entry[1] > self.product.freshness_limit:
            return False
        done = pod.front(now, self.product.hit_cpu * self._cpu)
        pod.will_answer(done, done - now)
        self.score.answered(now, done - now)
        return True

    def _ask_again(self, now: float, key: int) -> None:
        ready = [pod for pod in self.pods if pod.ready_at <= now]
        self._arrive(now, key, ready, again=True)

    def _give_up(self, now: float, answer: Answer, asked: float, key: int) -> None:
        if asked in answer.waiting:
            self._ask_again(now, key)

    def _fail(self, now: float, pod: Pod) -> None:
        done = pod.front(now, self.product.hit_cpu) + REFUSED_AFTER
        pod.will_answer(done, done - now, failed=True)
        self.score.answered(now, done - now, failed=True)

    # -- an answer being computed ---------------------------------------------------------------

    def _make(self, now: float, pod: Pod, key: int) -> Answer | None:
        """Compute an answer, or join its running computation; `None` = it would wait too long."""
        making = self._making if self._redis else pod.making
        answer = making.get(key)
        if answer is not None:
            return answer
        if len(pod.line) * self.product.miss_cpu > self.product.miss_wait:
            return None
        answer = making[key] = Answer(key, self._version, pod, making)
        if pod.computing < self.tuning.misses:
            self._compute(now, answer)
        else:
            pod.line.append(answer)
        return answer

    def _compute(self, now: float, answer: Answer) -> None:
        pod, product = answer.pod, self.product
        pod.computing += 1
        answer.cpu = product.miss_cpu * self._cpu * (0.5 + self._rng.random())
        done = pod.compute(now, answer.cpu * product.before_query, answer)
        self._at(done, self._worked, answer, self._ask_database)

    def _worked(self, now: float, answer: Answer, then: Callable[..., None]) -> None:
        """The compute process is done with an answer, unless the front kept it from it."""
        delay = answer.pod.delay(answer)
        if delay:
            self._at(now + delay, self._worked, answer, then)
        else:
            then(now, answer)

    def _ask_database(self, now: float, answer: Answer) -> None:
        answer.began_waiting = now
        answer.pod.pool_line.append(answer)
        self._use_pool(now, answer.pod)

    def _use_pool(self, now: float, pod: Pod) -> None:
        while pod.pool_line and pod.connections < self.tuning.pool:
            if self.database.full:
                # The connection is refused; the waiting answers retry soon.
                self._at(now + 0.25, self._use_pool, pod)
                return
            answer = pod.pool_line.popleft()
            pod.connections += 1
            self.waits.append((now, now - answer.began_waiting))
            answer.seconds = self.database.begin(now)
            self._at(now + answer.seconds, self._queried, answer)

    def _queried(self, now: float, answer: Answer) -> None:
        pod = answer.pod
        self.database.end(answer.seconds)
        pod.connections -= 1
        self._use_pool(now, pod)
        done = pod.compute(now, answer.cpu * (1.0 - self.product.before_query), answer)
        self._at(done, self._worked, answer, self._computed)

    def _computed(self, now: float, answer: Answer) -> None:
        pod = answer.pod
        answer.making.pop(answer.key, None)
        self._entries(pod)[answer.key] = (answer.version, now)
        score = self.score
        for asked in answer.waiting:
            pod.computed(now - asked)
            score.answered(asked, now - asked)
        pod.pending -= len(answer.waiting)
        answer.waiting = []
        pod.computing -= 1
        while pod.line and pod.computing < self.tuning.misses:
            self._compute(now, pod.line.popleft())

    # -- what autoscalers do --------------------------------------------------------------------

    def scale_api(self, replicas: int) -> None:
        """Set the number of pods: new ones start, the youngest stop and finish their work."""
        while replicas > len(self.pods):
            self.pods.append(Pod(self.now + self.scenario.pod_start))
        while replicas < len(self.pods):
            self.pods.remove(max(self.pods, key=lambda pod: pod.ready_at))

    def set_tuning(self, tuning: CacheTuning) -> None:
        """Change the tuning of all pods at once."""
        if tuning.live_interval != self.tuning.live_interval:
            self._next_version = min(self._next_version, self.now + tuning.live_interval)
        self.tuning = tuning
