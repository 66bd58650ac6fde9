"""ColumnsReady: what the metrics of builder and API pods mean."""

from dataclasses import replace
from typing import Any

import pytest

from shopx_core.scaling.measurement import Scrape, parse_scrape
from shopx_operator.autoscaling.notifications import PUBLISH_SECONDS, columns_report
from shopx_operator.status.columns import (
    BEHIND_AFTER,
    SILENT_AFTER,
    Builder,
    ColumnsFacts,
    columns_condition,
    columns_facts,
)
from shopx_operator.status.inputs import NOT_MEASURED
from shopx_store.columns.build_daemon import EARLY
from tests.support.alerts import alerts_of
from tests.support.cluster import Cluster
from tests.support.rendering import children

NOW = 1_800_000_000.0
BUILDER = Builder(has_built=True, building=False, pending=0, silent=5)
WELL = ColumnsFacts(pods=2, seen=2, ready=2, builder=BUILDER)
LATE = replace(BUILDER, silent=SILENT_AFTER + 1)


@pytest.mark.parametrize(
    ("facts", "status", "reason"),
    [
        (WELL, "True", "Serving"),
        (replace(WELL, builder=replace(BUILDER, pending=BEHIND_AFTER)), "True", "Serving"),
        (replace(WELL, builder=replace(LATE, building=True)), "True", "Serving"),
        (replace(WELL, builder=LATE), "Unknown", "BuilderSilent"),
        (replace(WELL, builder=None), "Unknown", "BuilderAway"),
        (replace(WELL, pods=3), "Unknown", "NotMeasured"),
        (ColumnsFacts(0, 0, 0, BUILDER), "Unknown", "NotMeasured"),
        (ColumnsFacts(2, 0, 0, None), "Unknown", "NotMeasured"),
        (replace(WELL, ready=1), "False", "NoBase"),
        (replace(WELL, pods=3, ready=1), "False", "NoBase"),
        (replace(WELL, ready=0, builder=None), "False", "BuilderAway"),
        (replace(WELL, ready=0, builder=replace(LATE, has_built=False)), "False", "Building"),
        (replace(WELL, ready=1, builder=replace(BUILDER, pending=BEHIND_AFTER)), "False", "Behind"),
    ],
)
def test_an_unknown_is_never_a_green_light(facts: ColumnsFacts, status: str, reason: str) -> None:
    made = columns_condition(facts)
    assert (made.status, made.reason) == (status, reason)
    if status == "False":
        assert "PostgreSQL answers" in made.message


def scrape(**gauges: float) -> Scrape:
    lines = [f"shopx_columns_{name} {value}" for name, value in gauges.items()]
    return parse_scrape("\n".join(lines), NOW)


def test_the_facts_are_read_from_what_the_pods_serve() -> None:
    builder = scrape(
        pending_lines=3,
        generation_timestamp_seconds=NOW - 60,
        observed_timestamp_seconds=NOW - 7,
        building=1,
    )
    scrapes = {
        "api-1": scrape(ready=1, generation_timestamp_seconds=NOW - 60),
        "api-2": scrape(ready=0, generation_timestamp_seconds=0),
        "columns": builder,
        "fold": scrape(),
    }
    found = columns_facts(["api-1", "api-2", "api-3"], scrapes, NOW)
    assert found == ColumnsFacts(
        3, 2, 1, Builder(has_built=True, building=True, pending=3, silent=7)
    )
    assert columns_facts(["api-1"], {}, NOW) == ColumnsFacts(1, 0, 0, None)


def test_a_builder_that_just_started_has_built_nothing_and_seen_nothing() -> None:
    started = scrape(pending_lines=0, generation_timestamp_seconds=0, observed_timestamp_seconds=0)
    found = columns_facts(["api"], {"api": scrape(ready=0), "columns": started}, NOW)
    assert columns_condition(found).reason == "Building"


def test_the_builder_counts_as_far_as_the_condition_reads() -> None:
    assert BEHIND_AFTER == EARLY


def test_another_reason_is_published_at_once_and_another_wording_at_times() -> None:
    first = columns_report(None, columns_condition(WELL), NOW)
    assert columns_report(first, columns_condition(WELL), NOW + PUBLISH_SECONDS) is first
    more = columns_condition(replace(WELL, pods=3, seen=3, ready=3))
    assert columns_report(first, more, NOW + PUBLISH_SECONDS - 1) is first
    assert columns_report(first, more, NOW + PUBLISH_SECONDS).condition == more
    away = columns_condition(replace(WELL, builder=None))
    assert columns_report(first, away, NOW + 1).condition == away


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ("True", "Serving")),
        ({"columns": {"enabled": False}}, ("False", "Disabled")),
        ({"suspend": True}, ("False", "Suspended")),
        ({"api": {"resources": {"limits": {"memory": "300Mi"}}}}, ("False", "Disabled")),
    ],
)
def test_the_status_has_it_and_ready_does_not_depend_on_it(
    spec: dict[str, Any], expected: tuple[str, str]
) -> None:
    cluster = Cluster()
    cluster.running()
    assert cluster.condition("ColumnsReady") == ("Unknown", NOT_MEASURED.reason)
    assert cluster.condition("Ready") == ("True", "Serving")
    cluster.columns = columns_condition(WELL)
    cluster.reconcile(spec)
    assert cluster.condition("ColumnsReady") == expected
    cluster.columns = columns_condition(replace(WELL, ready=0))
    cluster.reconcile()
    assert cluster.condition("ColumnsReady") == ("False", "NoBase")
    assert cluster.condition("Degraded") == ("False", "AsExpected")


def test_a_dashboard_without_a_replica_has_no_alert_about_it() -> None:
    with_it, without = children(), children({"columns": {"enabled": False}})
    assert alerts_of(with_it).keys() - alerts_of(without).keys() == {
        "ShopXColumnsNotReady",
        "ShopXColumnsAway",
        "ShopXColumnsLag",
    }
