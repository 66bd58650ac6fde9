"""One dashboard's scaling from tick to tick: figures in, decision out, what is kept of it.

Pure but for what it remembers. Whoever runs it reads the pages, obeys the decision and keeps the
memory: the operator on a cluster, `shopx up` on one machine.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shopx_core.scaling.codec import decoded, encoded
from shopx_core.scaling.decision import Decision, Record
from shopx_core.scaling.evaluation import evaluate
from shopx_core.scaling.facts import CacheTuning, ScalingSpec
from shopx_core.scaling.measurement import Counts, History, Pace, Page, observe, remembered
from shopx_core.scaling.memory import Direction, ScalingState

KEPT: Final = 50
"""Records that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What outlives the process that decides."""

    state: ScalingState = field(default_factory=ScalingState)
    records: tuple[Record, ...] = ()
    """The last decisions that changed something, or that found something else than before."""

    def packed(self) -> bytes:
        """As bytes that `unpacked` reads: compressed JSON, a small part of a ConfigMap."""
        text = json.dumps(encoded(self), separators=(",", ":"), allow_nan=False)
        return zlib.compress(text.encode(), 6)

    @classmethod
    def unpacked(cls, data: bytes) -> "Memory":
        """Read what `packed` wrote.

        Raises:
            ValueError: It is damaged, or another release wrote it.
        """
        try:
            return decoded(cls, json.loads(zlib.decompress(data)))
        except (zlib.error, UnicodeDecodeError) as error:
            raise ValueError(f"the memory of scaling is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class Step:
    """What one tick came to."""

    record: Record
    memory: Memory
    """After it."""
    notable: bool
    """It changed something or found something else than the last one: keep the memory now."""
    turned: Direction | None
    """API pods now go into the other direction than before; `None` = they do not."""

    @property
    def decision(self) -> Decision:
        """What is to be done."""
        return self.record.decision


@dataclass(slots=True)
class Controller:
    """The decisions of one dashboard, one after the other."""

    memory: Memory = field(default_factory=Memory)
    api: History = field(default_factory=dict)
    others: History = field(default_factory=dict)
    last: Decision | None = None

    def read(
        self,
        pages: Mapping[str, Page],
        api: Iterable[str],
        others: Iterable[str],
        now: float,
        pace: Pace,
    ) -> None:
        """Take in what was read.

        Args:
            pages: By process; one that did not answer is absent.
            api: The API processes that there are.
            others: The other processes that there are.
            now: Seconds since 1970.
            pace: The windows.
        """
        self.api = remembered(self.api, pages, api, now, pace)
        self.others = remembered(self.others, pages, others, now, pace)

    def step(self, spec: ScalingSpec, counts: Counts, now: float, pace: Pace) -> Step:
        """Decide; `obeyed` comes when that was done.

        Args:
            spec: What is asked for.
            counts: What is there.
            now: Seconds since 1970.
            pace: The windows.
        """
        before = self.memory.state
        observation = observe(self.api, self.others, counts, now, pace)
        decision, state = evaluate(observation, spec, before, now)
        record = Record(
            observation=observation, spec=spec, state=before, now=now, decision=decision
        )
        notable = bool(decision.changes) or _says(decision) != _says(self.last)
        records = (*self.memory.records, record)[-KEPT:] if notable else self.memory.records
        was, is_now = before.api.direction, state.api.direction
        return Step(
            record,
            Memory(state=state, records=records),
            notable,
            is_now if is_now not in {None, was} else None,
        )

    def obeyed(self, step: Step) -> None:
        """Go on from a step."""
        self.memory, self.last = step.memory, step.decision


def _says(decision: Decision | None) -> tuple[object, ...]:
    """What makes a decision another one to people."""
    if decision is None:
        return ()
    return decision.rule, decision.bottleneck, decision.limited, decision.blind


def tuning_changes(configured: CacheTuning, wanted: CacheTuning) -> dict[str, str]:
    """The hash of levers for the API's processes; empty = as configured."""
    if wanted == configured:
        return {}
    return {name: f"{value:g}" for name, value in encoded(wanted).items()}
