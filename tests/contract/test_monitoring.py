"""What Prometheus, Alertmanager and Grafana are given: one source, valid, and about real series.

promtool and amtool are Debian's `prometheus` and `prometheus-alertmanager`.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from shopx_operator.manifests.alert_rules import EVERY, RUNBOOKS, groups
from tests.support.rendering import children

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "prometheus" / "rules" / "shopx.yml"
RUNBOOK_PAGES = ROOT / "docs" / "runbooks"
DASHBOARDS = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
ALERTS = {
    rule["alert"]: rule for group in groups(EVERY) for rule in group["rules"] if "alert" in rule
}
EVERYTHING = {
    "backup": {"destination": {"s3": {"url": "s3://backups", "secretName": "s3"}}},
    "database": {"bundled": {"instances": 3}},
}
_FOREIGN = ("kube_", "kubelet_", "node_", "process_", "up")
"""Beginnings of series that other exporters serve."""


def tool(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a tool; without it the test is skipped, but not in CI, which installs it."""
    if shutil.which(name) is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    # promtool writes a database for each test, which a memory disk takes without waiting.
    memory = {"TMPDIR": "/dev/shm"} if os.access("/dev/shm", os.W_OK) else {}  # noqa: S108
    return subprocess.run(
        [name, *map(str, words)],
        env=os.environ | memory,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_prometheus_accepts_its_configuration() -> None:
    done = tool("promtool", "check", "config", MONITORING / "prometheus" / "prometheus.yml")
    assert done.returncode == 0, done.stderr


def test_alertmanager_accepts_its_configuration() -> None:
    done = tool("amtool", "check-config", MONITORING / "alertmanager" / "alertmanager.yml")
    assert done.returncode == 0, done.stderr


def test_a_cluster_and_one_machine_have_the_same_rules() -> None:
    """The operator's PrometheusRule is the file of deploy/monitoring for one dashboard."""
    (rule,) = children(EVERYTHING).kind("PrometheusRule")
    text = yaml.safe_dump(rule["spec"]["groups"], sort_keys=False, width=1000)
    for one, every in (
        ('cronjob="sales-verify",namespace="shop"', EVERY.cronjob),
        ('cronjob="sales-backup",namespace="shop"', EVERY.backup),
        ('cronjob="sales-backup-check",namespace="shop"', EVERY.backup_check),
        ('persistentvolumeclaim=~"sales-database(-[2-9])?",namespace="shop"', EVERY.volume),
        ('dashboard="sales",namespace="shop"', EVERY.series),
    ):
        text = text.replace(one, every)
    assert yaml.safe_load(text) == yaml.safe_load(RULES.read_text())["groups"]


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    linked = {rule["annotations"]["runbook_url"] for rule in ALERTS.values()}
    pages = {path.name for path in RUNBOOK_PAGES.glob("ShopX*.md")}
    assert linked == {f"{RUNBOOKS}/{page}" for page in pages}


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_a_page_says_what_to_do(alert: str) -> None:
    """Each has the same four sections, none of them empty."""
    text = (RUNBOOK_PAGES / f"{alert}.md").read_text()
    assert text.startswith(f"# {alert}\n")
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert sections[::2] == ["Meaning", "What users notice", "Find the cause", "Repair"]
    assert all(body.strip() for body in sections[1::2])


def _known_series() -> set[str]:
    """The names that the product's sources give to metrics."""
    sources = [
        path.read_text()
        for folder in ("api", "store", "workers", "operator")
        for path in (ROOT / folder).rglob("*.py")
        if "manifests" not in path.parts
    ]
    found = {name for text in sources for name in re.findall(r'"(shopx_[a-z_]+)"', text)}
    # The operator composes some of its names.
    return found | {"shopx_operator_leader", "shopx_operator_queued", "shopx_operator_dashboards"}


def _asked_series(expression: str) -> set[str]:
    names = re.findall(r"(?<![\w:\"])((?:[a-z]+:)?[a-z_]+(?::[a-z0-9_]+)?)\{", expression)
    return {name for name in names if not name.startswith(_FOREIGN)}


def _base(name: str) -> str:
    return re.sub(r"_(?:total|bucket|sum|count)$", "", name)


def _expressions() -> Iterator[tuple[str, str]]:
    for group in groups(EVERY):
        for rule in group["rules"]:
            yield rule.get("alert", rule.get("record", "")), rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def test_queries_ask_for_series_that_exist() -> None:
    """Served by the product, or recorded by a rule."""
    recorded = {
        rule["record"] for group in groups(EVERY) for rule in group["rules"] if "record" in rule
    }
    known = _known_series()
    unknown = {
        (where, name)
        for where, expression in _expressions()
        for name in _asked_series(expression)
        if _base(name) not in known and name not in known and name not in recorded
    }
    assert not unknown
    assert len(known) > 40


def test_prometheus_can_parse_every_query_of_the_dashboards(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = []
    for where, expression in _expressions():
        filled = expression.replace("$__rate_interval", "1m").replace("$__interval", "15s")
        number = len(rules)
        rules.append({"record": f"query:{number}", "expr": filled, "labels": {"where": where}})
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = tool("promtool", "check", "rules", file)
    assert done.returncode == 0, done.stderr
    assert len(rules) > 80


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_the_sdk_reads_a_dashboard_as_it_was_written(path: Path) -> None:
    register_default_plugins()
    given = json.loads(path.read_text())
    read: dict[str, Any] = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
    for panel in read["panels"]:
        # What the SDK adds where nothing was given.
        assert panel.pop("options") is None
        assert panel["fieldConfig"]["defaults"].pop("custom") == {}
    assert read == given


def test_dashboards_are_told_apart() -> None:
    models = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert {path.stem for path in DASHBOARDS} == {
        "overview",
        "cache",
        "database",
        "workers",
        "scaling",
        "business",
    }
    assert len({model["uid"] for model in models}) == len(models)
    for model in models:
        numbers = [panel["id"] for panel in model["panels"]]
        assert len(set(numbers)) == len(numbers)


def test_provisioning_names_what_is_mounted() -> None:
    folder = MONITORING / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    assert source["type"] == "prometheus"
    (provider,) = yaml.safe_load((folder / "dashboards" / "shopx.yml").read_text())["providers"]
    assert provider["options"]["path"].endswith("/dashboards")
