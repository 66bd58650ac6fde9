"""The alerts of a rendered dashboard."""

from typing import Any

from tests.support.rendering import Children


def alerts_of(children: Children) -> dict[str, dict[str, Any]]:
    """The alerts in its PrometheusRule, by name."""
    (rule,) = children.kind("PrometheusRule")
    return {
        one["alert"]: one
        for group in rule["spec"]["groups"]
        for one in group["rules"]
        if "alert" in one
    }
