"""What feeds need on a cluster: their credentials as files, and a way to their sources."""

from typing import Any

import pytest

from shopx_core.containers.variables import CREDENTIALS_FOLDER
from tests.support.rendering import children, environment

FEEDS = {"imports": {"feeds": {"secretName": "keys", "permitted": ["10.20.0.0/16"]}}}


@pytest.mark.parametrize("component", ["api", "workers"])
def test_credentials_are_files(component: str) -> None:
    """For what reads sources, and for what checks signatures; an absent Secret stops no pod."""
    template = children(FEEDS).pod("Deployment", f"sales-{component}")
    pod = template["spec"]
    (container,) = pod["containers"]
    (volume,) = (one for one in pod["volumes"] if one["name"] == "credentials")
    assert volume["secret"] == {"secretName": "keys", "optional": True, "defaultMode": 0o440}
    mount = {"name": "credentials", "mountPath": CREDENTIALS_FOLDER, "readOnly": True}
    assert mount in container["volumeMounts"]
    variables = environment(template)
    assert variables["SHOPX_IMPORTS_CREDENTIALS"] == CREDENTIALS_FOLDER
    assert variables["SHOPX_IMPORTS_PERMITTED"] == '["10.20.0.0/16"]'


@pytest.mark.parametrize("component", ["api", "workers"])
def test_without_feeds_there_are_none(component: str) -> None:
    template = children({}).pod("Deployment", f"sales-{component}")
    assert "credentials" not in {one["name"] for one in template["spec"]["volumes"]}
    assert "SHOPX_IMPORTS_CREDENTIALS" not in environment(template)


@pytest.mark.parametrize(
    ("spec", "reach"), [({}, {"import"}), ({"imports": {"feeds": {}}}, {"import", "workers"})]
)
def test_workers_reach_sources_where_feeds_are_on(spec: dict[str, Any], reach: set[str]) -> None:
    policy = children(spec)["NetworkPolicy", "sales-imports"]["spec"]
    (expression,) = policy["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == reach
