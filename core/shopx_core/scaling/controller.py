"""The scaling of one dashboard from tick to tick.

The caller scrapes the processes, applies each decision and stores the memory: the operator on a
cluster, `shopx up` on one machine. Nothing here does I/O.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.codec import decoded, encoded
from shopx_core.scaling.decision import Decision, Record
from shopx_core.scaling.evaluation import evaluate
from shopx_core.scaling.facts import ScalingSpec
from shopx_core.scaling.measurement import (
    History,
    ReplicaCounts,
    Scrape,
    Windows,
    append_scrapes,
    observe,
)
from shopx_core.scaling.memory import ScaleDirection, ScalingState

MAX_RECORDS: Final = 50
"""Records that are kept; the oldest are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What survives a restart of the deciding process."""

    state: ScalingState = field(default_factory=ScalingState)
    records: tuple[Record, ...] = ()
    """The last notable decisions, the newest last."""

    def to_bytes(self) -> bytes:
        """Compressed JSON, small enough for a ConfigMap."""
        text = json.dumps(encoded(self), separators=(",", ":"), allow_nan=False)
        return zlib.compress(text.encode(), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Memory":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: The data is damaged, or another release wrote it.
        """
        try:
            return decoded(cls, json.loads(zlib.decompress(data)))
        except (zlib.error, UnicodeDecodeError) as error:
            raise ValueError(f"the memory of scaling is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class TickResult:
    """The result of one tick."""

    record: Record
    memory: Memory
    """The memory after this step."""
    notable: bool
    """It changes something, or its findings differ from the last one's: store the memory now."""
    new_direction: ScaleDirection | None
    """The direction of the API pods if it has reversed; `None` = it has not."""

    @property
    def decision(self) -> Decision:
        """The decision to apply."""
        return self.record.decision


@dataclass(slots=True)
class Controller:
    """The consecutive decisions of one dashboard."""

    memory: Memory = field(default_factory=Memory)
    api: History = field(default_factory=dict)
    others: History = field(default_factory=dict)
    last: Decision | None = None

    def add_scrapes(
        self,
        scrapes: Mapping[str, Scrape],
        api: Iterable[str],
        others: Iterable[str],
        now: float,
        windows: Windows,
    ) -> None:
        """Add the scrapes of one tick.

        Args:
            scrapes: By process; a process that did not answer is absent.
            api: The running API processes.
            others: The other running processes.
            now: Seconds since 1970.
            windows: The time windows.
        """
        self.api = append_scrapes(self.api, scrapes, api, now, windows)
        self.others = append_scrapes(self.others, scrapes, others, now, windows)

    def step(
        self, spec: ScalingSpec, counts: ReplicaCounts, now: float, windows: Windows
    ) -> TickResult:
        """Decide; call `commit` when the decision has been applied.

        Args:
            spec: What the manifest allows.
            counts: The current pods.
            now: Seconds since 1970.
            windows: The time windows.
        """
        before = self.memory.state
        observation = observe(self.api, self.others, counts, now, windows)
        decision, state = evaluate(observation, spec, before, now)
        record = Record(
            observation=observation, spec=spec, state=before, now=now, decision=decision
        )
        notable = bool(decision.changes) or _visible_result(decision) != _visible_result(self.last)
        records = (*self.memory.records, record)[-MAX_RECORDS:] if notable else self.memory.records
        was, is_now = before.api.direction, state.api.direction
        return TickResult(
            record,
            Memory(state=state, records=records),
            notable,
            is_now if is_now not in {None, was} else None,
        )

    def commit(self, step: TickResult) -> None:
        """Continue from a step."""
        self.memory, self.last = step.memory, step.decision


def _visible_result(decision: Decision | None) -> tuple[object, ...]:
    """The part of a decision that makes it notable when it differs."""
    if decision is None:
        return ()
    return decision.rule, decision.bottleneck, decision.limited, decision.data_missing


def tuning_overrides(configured: CacheTuning, wanted: CacheTuning) -> dict[str, str]:
    """The hash of overrides for the API's processes; empty = as configured."""
    if wanted == configured:
        return {}
    return {name: f"{value:g}" for name, value in encoded(wanted).items()}
