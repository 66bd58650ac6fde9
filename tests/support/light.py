"""Small dashboards: a shared machine of two cores runs several of them."""

from typing import Any

LITTLE = {"requests": {"cpu": "10m", "memory": "64Mi"}}


def light(host: str | None = None, **more: Any) -> dict[str, Any]:
    """A production spec of small requests; reading is public, so that tests need no token.

    Args:
        host: Its name at the ingress; `None` = no route.
        more: Groups of the spec, merged over this one.
    """
    spec: dict[str, Any] = {
        "environment": "production",
        "auth": {"mode": "token", "public": True},
        "api": {"replicas": 1, "resources": LITTLE},
        "workers": {"replicas": 1, "resources": LITTLE},
        "fold": {"resources": LITTLE},
        "columns": {"resources": LITTLE},
        "database": {
            "bundled": {
                "storage": {"size": "1Gi"},
                "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
            }
        },
        "cache": {"redis": {"bundled": {"resources": LITTLE}}},
    }
    if host is not None:
        spec["ingress"] = {"host": host}
    return merged(spec, more)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """One spec laid over another, group by group."""
    made = dict(base)
    for key, value in over.items():
        old = made.get(key)
        made[key] = (
            merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return made
