"""The scaling of one dashboard from round to round.

The caller scrapes the processes, applies each decision and stores the state: the operator on a
cluster, `shopx up` on one machine. Nothing here does I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.codec import encoded
from shopx_core.scaling.decision import Decision, DecisionRecord
from shopx_core.scaling.evaluation import evaluate
from shopx_core.scaling.inputs import ScalingSpec
from shopx_core.scaling.measurement import (
    History,
    ReplicaCounts,
    Scrape,
    Windows,
    append_scrapes,
    observe,
)
from shopx_core.scaling.persisted_state import MAX_RECORDS, PersistedState
from shopx_core.scaling.state import ScaleDirection


@dataclass(frozen=True, slots=True)
class TickResult:
    """The result of one round."""

    record: DecisionRecord
    persisted: PersistedState
    """The state to store after this round."""
    notable: bool
    """It changes something, or its findings differ from the last one's: store the state now."""
    new_direction: ScaleDirection | None
    """The direction of the API pods if it has reversed; `None` = it has not."""

    @property
    def decision(self) -> Decision:
        """The decision to apply."""
        return self.record.decision


@dataclass(slots=True)
class Controller:
    """The consecutive decisions of one dashboard."""

    persisted: PersistedState = field(default_factory=PersistedState)
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
        """Add the scrapes of one round.

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
        before = self.persisted.state
        observation = observe(self.api, self.others, counts, now, windows)
        decision, state = evaluate(observation, spec, before, now)
        record = DecisionRecord(
            observation=observation, spec=spec, state=before, now=now, decision=decision
        )
        notable = bool(decision.changes) or _visible_result(decision) != _visible_result(self.last)
        records = (
            (*self.persisted.records, record)[-MAX_RECORDS:] if notable else self.persisted.records
        )
        was, is_now = before.api.direction, state.api.direction
        return TickResult(
            record,
            PersistedState(state=state, records=records),
            notable,
            is_now if is_now not in {None, was} else None,
        )

    def commit(self, step: TickResult) -> None:
        """Continue from a step."""
        self.persisted, self.last = step.persisted, step.decision


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
