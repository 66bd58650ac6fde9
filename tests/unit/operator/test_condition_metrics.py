"""The conditions of dashboards as series, for alerts."""

from prometheus_client import generate_latest

from shopx_operator.runtime.metrics import Metrics


def _series(metrics: Metrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    mine = [one for one in lines if one.startswith("shopx_operator_dashboard_condition{")]
    return {line.rpartition(" ")[0].partition("{")[2]: float(line.split()[-1]) for line in mine}


def _of(kind: str, dashboard: str = "sales") -> str:
    return f'dashboard="{dashboard}",namespace="shop",type="{kind}"}}'


def test_a_condition_is_one_or_nought_and_an_unknown_one_absent() -> None:
    metrics = Metrics()
    metrics.show_conditions(
        "shop",
        "sales",
        [
            {"type": "Ready", "status": "True"},
            {"type": "Degraded", "status": "False"},
            {"type": "CacheReady", "status": "Unknown"},
        ],
    )
    assert _series(metrics) == {_of("Ready"): 1, _of("Degraded"): 0}


def test_what_is_no_longer_known_goes() -> None:
    metrics = Metrics()
    for name in ("sales", "other"):
        metrics.show_conditions("shop", name, [{"type": "Ready", "status": "True"}])
    metrics.show_conditions("shop", "sales", [{"type": "Ready", "status": "Unknown"}])
    assert _series(metrics) == {_of("Ready", "other"): 1}
    metrics.forget_conditions("shop", "other")
    metrics.forget_conditions("shop", "never-there")
    assert _series(metrics) == {}
