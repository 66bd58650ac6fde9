"""What the comparison of autoscalers on a cluster computes from its samples."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from autoscaler_comparison.load import Sample, Stretch, samples
from autoscaler_comparison.pod_counts import Pods
from autoscaler_comparison.policies import POLICIES, TARGET_SECONDS, manifest
from autoscaler_comparison.report import Outcome, Phase, failed, missed, p95, page, plot

from shopx_core.resource.manifest import parse_dashboard
from tests.support.dashboards import dashboard

PHASE = Phase("busy", "ten a second", exact=True, stretches=(Stretch(20, 10),))


def outcome(*found: Sample) -> Outcome:
    pods = Pods([(990.0, 1), (1005.0, 3), (1015.0, 2)])
    return Outcome(POLICIES[0], PHASE, 1000.0, found, pods, reported=7.0)


def test_pods_count_as_long_as_they_were_asked_for() -> None:
    """1 for 5 s, 3 for 10 s, 2 for the 5 s that are left."""
    pods = outcome().pods
    assert pods.minutes(1000.0, 1020.0) == pytest.approx(45 / 60)
    assert pods.most(1000.0, 1020.0) == 3
    assert pods.most(1000.0, 1004.0) == 1


def test_a_request_without_an_answer_is_slow_and_failed() -> None:
    rows = [["1000000000000", "200", "2000000", ""], ["1000500000000", "0", "10000000000", ""]]
    found = samples(rows)
    assert [one.good for one in found] == [True, False]
    assert p95(found) == 10.0
    assert failed(found) == 0.5


def test_a_window_is_missed_when_one_in_twenty_is_slow() -> None:
    def window(at: float, slow: int) -> list[Sample]:
        return [
            Sample(at, TARGET_SECONDS * (2 if number < slow else 0.5), good=True)
            for number in range(40)
        ]

    found = outcome(*window(1001, 2), *window(1006, 3), *window(1012, 40))
    assert missed(found) == 10


def test_the_report_names_who_was_compared_and_under_what() -> None:
    found = [outcome(Sample(1001.0, 0.1, good=True))]
    text = page(found, [PHASE], ["cluster-busy.svg"])
    assert "| busy | native | 1 | 100 | 0 | 0.0% | 0.8 | 3 | 7 s |" in text
    assert "ten a second" in text
    assert plot(PHASE, found).startswith("<svg")


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: str(policy.name))
def test_each_policy_runs_a_valid_dashboard(policy: object) -> None:
    (chosen,) = [one for one in POLICIES if one == policy]
    parsed = parse_dashboard(dashboard(manifest(chosen, "x.localhost"), "sales"))
    assert parsed.metadata.name == "sales"
