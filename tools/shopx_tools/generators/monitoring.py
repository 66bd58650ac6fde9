"""deploy/monitoring: rules of Prometheus and dashboards of Grafana, and the operator's overview."""

import json
from pathlib import Path
from typing import Any, Final

import yaml
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from shopx_operator.manifests.alert_rules import EVERY, groups
from shopx_operator.manifests.grafana import SELECTOR
from shopx_tools import ROOT
from shopx_tools.generators.grafana_pages import PAGES, Page, Panel

MONITORING: Final = ROOT / "deploy" / "monitoring"
OVERVIEW: Final = ROOT / "operator" / "shopx_operator" / "manifests" / "overview.json"
_SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH: Final = 12
_HEIGHT: Final = 8


def rules() -> str:
    """rules/shopx.yml: what the operator puts into each PrometheusRule, for every dashboard."""
    header = (
        "# Written by `make generate` from operator/shopx_operator/manifests/alert_rules.py;"
        " edit that.\n"
    )
    return header + yaml.safe_dump({"groups": groups(EVERY)}, sort_keys=False, width=1000)


def _panel(panel: Panel) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .title(panel.title)
        .datasource(_SOURCE)
        .unit(panel.unit)
        .min(0)
        .span(_WIDTH)
        .height(_HEIGHT)
    )
    if panel.note:
        made.description(panel.note)
    for place, query in enumerate(panel.queries):
        made.with_target(
            prometheus.Dataquery()
            .ref_id(chr(ord("A") + place))
            .expr(query.expression.replace("$S", SELECTOR))
            .legend_format(query.legend)
            .range()
        )
    return made


def _variables() -> list[builders.QueryVariable | builders.DatasourceVariable]:
    known = "shopx_http_requests_in_flight"
    return [
        builders.DatasourceVariable("datasource").type("prometheus"),
        builders.QueryVariable("dashboard")
        .datasource(_SOURCE)
        .query(f"label_values({known}, dashboard)")
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD),
        # On one machine the series have no namespace: `.*` matches its absence.
        builders.QueryVariable("namespace")
        .datasource(_SOURCE)
        .query(f'label_values({known}{{dashboard="$dashboard"}}, namespace)')
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .include_all(True)  # noqa: FBT003 -- the SDK's signature
        .all_value(".*"),
    ]


def model(page: Page) -> dict[str, Any]:
    """A page in Grafana's JSON model, as the SDK makes and checks it."""
    made = (
        builders.Dashboard(page.title)
        .uid(f"shopx-{page.name}")
        .tags(["shopx"])
        .timezone("browser")
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(
            builders.DashboardLink("ShopX")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags(["shopx"])
            .keep_time(True)  # noqa: FBT003 -- the SDK's signature
            .include_vars(True)  # noqa: FBT003 -- the SDK's signature
        )
        .annotation(
            # A line over every panel where a decision changed something.
            builders.AnnotationQuery()
            .name("Decisions")
            .datasource(_SOURCE)
            .enable(True)  # noqa: FBT003 -- the SDK's signature
            .icon_color("orange")
            .expr(f"sum by (what) (changes(shopx_operator_wanted{{{SELECTOR}}}[$__interval])) > 0")
        )
    )
    for variable in _variables():
        made.with_variable(variable)
    for panel in page.panels:
        made.with_panel(_panel(panel))
    built: dict[str, Any] = json.loads(JSONEncoder().encode(made.build()))
    for number, one in enumerate(built["panels"], 1):
        # The SDK numbers none; links to a panel need one that stays.
        one["id"] = number
        # The SDK writes null for a panel without options, and Grafana wants none.
        del one["options"]
    return built


def _text(page: Page) -> str:
    return json.dumps(model(page), indent=1, sort_keys=True) + "\n"


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    dashboards = MONITORING / "grafana" / "dashboards"
    return {
        MONITORING / "prometheus" / "rules" / "shopx.yml": rules(),
        OVERVIEW: _text(PAGES[0]),
        **{dashboards / f"{page.name}.json": _text(page) for page in PAGES},
    }
