"""No empty panel: every query of the dashboards and rules, asked of a Prometheus that scrapes.

`make test-live`: `shopx up` with generated sales, Debian's Prometheus with this repository's rules,
visitors from tests/performance; about two minutes. Grafana itself is not run: it sends the same
queries. Decisions are the operator's, which serves the metrics here without a cluster.

The panels are also drawn. With `SHOPX_PICTURES=1`, as `make pictures` sets it, drawings whose
dashboard has changed since replace those of docs/images/monitoring.
"""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from html import escape
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from prometheus_client import start_http_server

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling import Decision
from shopx_core.scaling.decision import ScalingRule
from shopx_operator.manifests.alert_rules import EVERY, groups
from shopx_operator.manifests.grafana import SELECTOR
from shopx_operator.runtime.metrics import Metrics
from tests.live.panel_pictures import Series, legend, picture
from tests.performance.pages import PAGES, View, explored, requests, usual
from tests.support.postgres import free_port

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy" / "monitoring" / "grafana" / "dashboards").glob("*.json"))
PICTURES = ROOT / "docs" / "images" / "monitoring"
RULES = ROOT / "deploy" / "monitoring" / "prometheus" / "rules"
WATCHED_SECONDS = 60
EMPTY_HERE = {
    # Builds are fetched on a cluster alone.
    'sum by (result) (increase(shopx_columns_fetches_total{dashboard="demo"}[15m]))',
    # The database is one server.
    'sum by (reason) (rate(shopx_db_replica_fallbacks_total{dashboard="demo"}[30s]))',
}
MANIFEST = """
apiVersion: analytics.shopx.io/v1beta1
kind: AnalyticsDashboard
metadata: {name: demo}
spec:
  environment: development
  columns: {enabled: true}
  demo: {orders: 3000, liveOrdersPerMinute: 120}
"""


def until_ready(url: str, process: subprocess.Popen[Any], log: Path) -> None:
    end = time.monotonic() + 240
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 -- loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"{url} does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def dashboard() -> Iterator[tuple[str, Path]]:
    """A dashboard on this machine: its URL, and its state folder."""
    # Not pytest's own folder, which the account of the servers cannot enter.
    with tempfile.TemporaryDirectory(prefix="shopx-live-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "demo.yaml").write_text(MANIFEST)
        port = free_port()
        command = [sys.executable, "-m", "shopx_core.cli", "up", "-f", str(folder / "demo.yaml")]
        options = ["--port", str(port), "--state", str(folder / "state")]
        with (folder / "up.log").open("w") as log:
            process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        try:
            until_ready(f"http://127.0.0.1:{port}/readyz", process, folder / "up.log")
            yield f"http://127.0.0.1:{port}", folder / "state"
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def operator() -> Iterator[int]:
    """The port of the operator's metrics, about this dashboard."""
    metrics = Metrics()
    rule = next(iter(ScalingRule))
    decision = Decision(
        at=0, rule=rule, reason="", api=2, workers=1, tuning=CacheTuning(), next_at=1
    )
    metrics.show("", "demo", decision)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=metrics.registry)
    ticking = threading.Event()

    def decide() -> None:
        while not ticking.wait(0.5):
            metrics.decisions.labels("hold", rule.value).inc()

    threading.Thread(target=decide, daemon=True).start()
    yield server.server_port
    ticking.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def prometheus(
    dashboard: tuple[str, Path], operator: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a Prometheus that has scraped the dashboard under load."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed")
    url, state = dashboard
    folder = tmp_path_factory.mktemp("prometheus")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "2s"},
        "rule_files": [str(RULES / "*.yml")],
        "scrape_configs": [
            {
                "job_name": "shopx-up",
                "file_sd_configs": [
                    {"files": [str(state / "prometheus-targets.json")], "refresh_interval": "2s"}
                ],
            },
            {
                "job_name": "operator",
                "honor_labels": True,
                "static_configs": [{"targets": [f"127.0.0.1:{operator}"]}],
            },
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        until_ready(f"http://127.0.0.1:{port}/-/ready", process, folder / "log")
        visit(url, WATCHED_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def visit(url: str, seconds: float) -> None:
    """Visitors, and a reader past the cache, until the time is over."""
    draw, end = Random(1), time.monotonic() + seconds
    pages = list(PAGES)
    while time.monotonic() < end:
        view = explored(draw, []) if draw.random() < 0.5 else usual(draw)
        for request in requests(draw.choice(pages), View(view.period)):
            for headers in ({}, {}, {"Cache-Control": "no-cache"}):
                send = urllib.request.Request(  # noqa: S310 -- loopback
                    f"{url}/graphql",
                    json.dumps(request.body()).encode(),
                    {"Content-Type": "application/json", **headers},
                )
                with urllib.request.urlopen(send, timeout=30) as answer:  # noqa: S310 -- likewise
                    assert b'"errors"' not in answer.read()


def ask(
    prometheus: str, expression: str, pattern: str = "", *, seconds: float = 30
) -> list[Series]:
    """The finite values of an expression over the last seconds, by series."""
    now = time.time()
    form = {"query": expression, "start": now - seconds, "end": now, "step": seconds / 30}
    url = f"{prometheus}/api/v1/query_range?{urllib.parse.urlencode(form)}"
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 -- loopback
        found = json.load(answer)["data"]["result"]
    return [
        Series(legend(pattern, one["metric"]), *zip(*points, strict=True))
        for one in found
        if (
            points := [
                (at, value) for at, text in one["values"] if math.isfinite(value := float(text))
            ]
        )
    ]


def _filled(expression: str) -> str:
    return (
        expression.replace(SELECTOR, 'dashboard="demo"')
        .replace("$__rate_interval", "30s")
        .replace("$__interval", "15s")
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_no_panel_is_empty(prometheus: str, path: Path) -> None:
    empty = [
        (panel["title"], target["expr"])
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
        if _filled(target["expr"]) not in EMPTY_HERE
        and not ask(prometheus, _filled(target["expr"]))
    ]
    assert empty == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_are_drawn_from_what_their_queries_answer(prometheus: str, path: Path) -> None:
    text = path.read_text()
    dashboard = json.loads(text)
    answers = {
        panel["title"]: [
            line
            for target in panel["targets"]
            for line in ask(
                prometheus, _filled(target["expr"]), target["legendFormat"], seconds=WATCHED_SECONDS
            )
        ]
        for panel in dashboard["panels"]
    }
    drawn = picture(dashboard, answers)
    assert [title for title in answers if f">{escape(title)}<" not in drawn] == []
    mark = f"<!-- drawn from {hashlib.sha256(text.encode()).hexdigest()[:16]} -->\n"
    kept = PICTURES / f"{path.stem}.svg"
    if "SHOPX_PICTURES" in os.environ and not (kept.exists() and mark in kept.read_text()):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(drawn + mark)


@pytest.mark.timeout(600)
def test_rules_record_what_alerts_compare(prometheus: str) -> None:
    """Every recorded series has values, and Prometheus evaluates every rule without an error."""
    recorded = [
        rule["record"] for group in groups(EVERY) for rule in group["rules"] if "record" in rule
    ]
    assert [name for name in recorded if not ask(prometheus, name)] == []
    with urllib.request.urlopen(f"{prometheus}/api/v1/rules", timeout=30) as answer:  # noqa: S310
        known = json.load(answer)["data"]["groups"]
    health = {rule["name"]: rule["health"] for group in known for rule in group["rules"]}
    assert {name for name, state in health.items() if state != "ok"} == set()
    assert len(health) > 30


@pytest.mark.timeout(600)
def test_nothing_fires_about_a_dashboard_that_is_well(prometheus: str) -> None:
    with urllib.request.urlopen(f"{prometheus}/api/v1/alerts", timeout=30) as answer:  # noqa: S310
        alerts = json.load(answer)["data"]["alerts"]
    # How fast this machine is, is no property of the rules.
    firing = {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}
    assert {name for name in firing if "Latency" not in name} == set()
