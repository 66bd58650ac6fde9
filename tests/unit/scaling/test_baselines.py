"""The other autoscalers do what their documentation and sources say."""

import math

import pytest

from shopx_core.scaling import ReplicaBounds
from shopx_tools.simulator.measure import quantile
from shopx_tools.simulator.pod import BOUNDS
from shopx_tools.simulator.policies.controller import ReplicaController
from shopx_tools.simulator.policies.hpa import external_average, external_value, pods_metric
from shopx_tools.simulator.policies.kpa import Decider

WIDE = ReplicaBounds(min=1, max=100)


class TestHpaMetrics:
    """From a metric to a wish."""

    @pytest.mark.parametrize(
        ("values", "starting", "missing", "current", "wish"),
        [
            ([1.0, 1.0], 0, 0, 2, 3),
            ([0.76, 0.76], 0, 0, 2, 2),
            ([0.35, 0.35, 0.35, 0.35], 0, 0, 4, 2),
            ([1.0, 1.0], 2, 0, 4, 4),
            ([1.4, 1.4], 1, 0, 3, 4),
            ([0.35, 0.35], 0, 2, 4, 3),
            ([1.4, 1.4], 0, 2, 4, 4),
        ],
        ids=[
            "ceil of 2 * 1.43",
            "within a tenth",
            "half",
            "starting pods count as idle: the ratio reverses",
            "starting pods count as idle: less growth",
            "missing pods count as at target when shrinking",
            "missing pods count as idle when growing",
        ],
    )
    def test_pods_metric(
        self, values: list[float], starting: int, missing: int, current: int, wish: int
    ) -> None:
        found = pods_metric(
            values,
            ready=len(values),
            starting=starting,
            missing=missing,
            current=current,
            target=0.7,
        )
        assert found == wish

    def test_a_value_multiplies_the_pods_at_every_sync(self) -> None:
        """p95 held at twice its target by a slow database: 2, 4, 8, 16 pods."""
        counts = [2]
        for _ in range(3):
            current = counts[-1]
            counts.append(external_value(0.4, ready=current, current=current, target=0.2))
        assert counts == [2, 4, 8, 16]

    def test_an_average_value_of_a_latency_says_nothing_about_pods(self) -> None:
        """0.4 s over a threshold of 0.2 s is two pods, however many there are."""
        assert [external_average(0.4, current=n, target=0.2) for n in (1, 2, 8)] == [2, 2, 2]

    def test_no_value_reads_as_nothing_needed(self) -> None:
        assert external_value(0.0, ready=5, current=5, target=0.2) == 0


class TestHpaController:
    """From wishes to pods."""

    def test_up_at_most_double_or_four_within_fifteen_seconds(self) -> None:
        controller = ReplicaController(WIDE)
        assert controller.step(0.0, 2, 50) == 6
        assert controller.step(10.0, 6, 50) == 6
        assert controller.step(15.0, 6, 50) == 12

    def test_down_by_the_highest_wish_of_five_minutes(self) -> None:
        controller = ReplicaController(WIDE)
        assert controller.step(0.0, 8, 8) == 8
        assert controller.step(285.0, 8, 2) == 8
        assert controller.step(300.0, 8, 3) == 3

    def test_bounds(self) -> None:
        controller = ReplicaController(ReplicaBounds(min=2, max=5))
        assert controller.step(0.0, 4, 40) == 5
        assert ReplicaController(ReplicaBounds(min=2, max=5)).step(0.0, 4, 0) == 2


class TestKpa:
    """Stable and panic mode."""

    def test_stable_mode_follows_the_average(self) -> None:
        assert Decider(10.0, 1, 0.0).scale(0.0, 1, stable=15.0, panic=15.0) == 2

    def test_panic_begins_at_twice_the_pods_and_takes_nothing_away(self) -> None:
        decider = Decider(10.0, 1, 0.0)
        assert decider.scale(0.0, 1, stable=5.0, panic=40.0) == 4
        assert decider.scale(30.0, 4, stable=5.0, panic=5.0) == 4
        assert decider.scale(60.0, 4, stable=5.0, panic=5.0) == 4
        assert decider.scale(61.0, 4, stable=5.0, panic=5.0) == 2, "at most half per step"

    def test_it_starts_in_panic_with_several_pods(self) -> None:
        assert Decider(10.0, 3, 0.0).scale(2.0, 3, stable=1.0, panic=1.0) == 3


class TestQuantile:
    """Prometheus's histogram_quantile."""

    def test_linear_within_a_bucket(self) -> None:
        counts = [0] * (len(BOUNDS) + 1)
        counts[BOUNDS.index(0.2)] = 100
        assert quantile(0.95, counts) == pytest.approx(0.195)

    def test_beyond_the_last_bound_it_is_the_last_bound(self) -> None:
        counts = [0] * (len(BOUNDS) + 1)
        counts[-1] = 1
        assert quantile(0.95, counts) == BOUNDS[-1]

    def test_nothing_counted_is_no_number(self) -> None:
        assert math.isnan(quantile(0.95, [0] * (len(BOUNDS) + 1)))
