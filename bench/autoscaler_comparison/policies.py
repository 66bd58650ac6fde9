"""The autoscalers compared: the same dashboard, the same bounds, the same windows."""

from dataclasses import dataclass
from typing import Any, Final

from tests.support.light import light, merged

NAME: Final = "sales"
LEAST, MOST = 1, 4
TARGET_SECONDS: Final = 0.5
"""The target of p95."""
CPU_PERCENT: Final = 70
DOWN_SECONDS: Final = 30
PROMETHEUS: Final = "http://prometheus.prometheus:9090"


@dataclass(frozen=True, slots=True)
class Policy:
    """One autoscaler."""

    name: str
    about: str
    autoscaling: dict[str, Any] | None
    """Of the manifest; `None` = a fixed number, which another autoscaler then changes."""
    keda: bool = False


POLICIES: Final = (
    Policy("native", "`mode: native`", {"mode": "native"}),
    Policy(
        "hpa",
        f"`mode: hpa`: a HorizontalPodAutoscaler on {CPU_PERCENT} % CPU from metrics-server v0.9.0"
        " (the cache is still tuned)",
        {"mode": "hpa"},
    ),
    Policy(
        "keda",
        f"KEDA 2.20.2 with a ScaledObject on p95 over {TARGET_SECONDS * 1000:.0f} ms (type Value)"
        " from a Prometheus that scrapes each 15 s; the manifest itself scales nothing",
        None,
        keda=True,
    ),
)


def manifest(policy: Policy, host: str) -> dict[str, Any]:
    """The dashboard's spec.

    Args:
        policy: What sets the number of pods.
        host: Its name at the ingress.
    """
    share = {"cpu": "150m", "memory": "160Mi"}
    spec = light(
        host,
        environment="development",
        demo={"orders": 3000, "liveOrdersPerMinute": 120},
        api={"replicas": LEAST, "resources": {"requests": share, "limits": {"cpu": "150m"}}},
        database={"bundled": {"resources": {"limits": {"cpu": "400m"}}}},
    )
    del spec["auth"]
    if policy.autoscaling is None:
        return spec
    scaling = policy.autoscaling | {
        "min": LEAST,
        "max": MOST,
        "targets": {"p95Latency": f"{TARGET_SECONDS * 1000:.0f}ms", "cpu": CPU_PERCENT},
        "behavior": {"cooldown": "10s", "scaleDownStabilization": f"{DOWN_SECONDS}s"},
    }
    return merged(spec, {"api": {"autoscaling": scaling}})


def scaled_object(namespace: str) -> dict[str, Any]:
    """KEDA on p95, as its documentation shows it."""
    pods = f'namespace="{namespace}",pod=~"{NAME}-api-.*"'
    rate = f"sum by (le) (rate(shopx_http_request_duration_seconds_bucket{{{pods}}}[1m]))"
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": NAME},
        "spec": {
            "scaleTargetRef": {"name": f"{NAME}-api"},
            "minReplicaCount": LEAST,
            "maxReplicaCount": MOST,
            "pollingInterval": 15,
            "triggers": [
                {
                    "type": "prometheus",
                    "metricType": "Value",
                    "metadata": {
                        "serverAddress": PROMETHEUS,
                        "query": f"histogram_quantile(0.95, {rate})",
                        "threshold": str(TARGET_SECONDS),
                    },
                }
            ],
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {"scaleDown": {"stabilizationWindowSeconds": DOWN_SECONDS}}
                }
            },
        },
    }
