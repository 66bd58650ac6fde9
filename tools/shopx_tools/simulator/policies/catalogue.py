"""The policies that are compared."""

from collections.abc import Callable

from shopx_tools.simulator.policies.base import Policy
from shopx_tools.simulator.policies.hpa import HpaCpu, HpaP95
from shopx_tools.simulator.policies.keda import Keda
from shopx_tools.simulator.policies.kpa import Kpa
from shopx_tools.simulator.policies.native import Native
from shopx_tools.simulator.scenario import Scenario

NATIVE = "native"

KPA_CONCURRENCY = 2.0
"""Concurrency given to a pod: of 2, 3, 4, 6 and 8 the one with which KPA did best in tuning."""


def policies(scenario: Scenario) -> dict[str, Callable[[], Policy]]:
    """How to make each policy for a scenario, ours first."""
    spec = scenario.spec
    api, workers, p95 = spec.api, spec.workers, spec.targets.p95
    return {
        NATIVE: lambda: Native(spec),
        "HPA cpu": lambda: HpaCpu(api, workers, spec.targets.cpu),
        "HPA p95": lambda: HpaP95(api, workers, p95),
        "KEDA Value": lambda: Keda(api, workers, p95, "Value"),
        "KEDA AverageValue": lambda: Keda(api, workers, p95, "AverageValue"),
        "Knative KPA": lambda: Kpa(api, workers, KPA_CONCURRENCY),
    }
