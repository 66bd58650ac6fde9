"""Timelines of upgrades with a migration that is not compatible with the release before."""

from typing import Any, ClassVar

import pytest

from shopx_operator.planning.problem import Problem
from tests.support.rendering import children, environment
from tests.support.upgrade import API, CRON, NEW, PAGE, POLICY, USERS, Upgrade


class TestTheWholeCourse:
    """Each step waits for the one before, and a look in between changes nothing."""

    def test_the_page_is_made_while_the_release_before_serves(self) -> None:
        upgrade = Upgrade()
        upgrade.look()
        upgrade.needs_maintenance()
        upgrade.look()
        assert PAGE in upgrade.cluster
        assert POLICY in upgrade.cluster
        assert upgrade.component() == "api"
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1}
        assert upgrade.cluster.condition("Maintenance") == ("True", "Preparing")
        assert upgrade.cluster.condition("Available") == ("True", "Serving")
        assert upgrade.cluster.condition("Ready") == ("False", "Maintenance")
        assert upgrade.cluster.condition("Progressing") == ("True", "Maintenance")
        assert upgrade.cluster.condition("Degraded") == ("False", "AsExpected")
        assert upgrade.cluster.condition("Migrated") == ("False", "Waiting")

    def test_what_nobody_sees_stops_first(self) -> None:
        """Jobs that are running finish while the dashboard still serves."""
        upgrade = Upgrade().prepared()
        upgrade.look()
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 0}
        assert upgrade.cluster[CRON]["spec"]["suspend"] is True
        assert upgrade.component() == "api"
        assert "sales-workers-0" in upgrade.cluster.message("Maintenance")
        assert upgrade.calm()

    def test_a_running_refresh_is_waited_for(self) -> None:
        upgrade = Upgrade().prepared()
        upgrade.cluster.runs("refresh", "sales-refresh-rfm-1-x")
        upgrade.cluster.runs("workers")
        upgrade.look()
        assert upgrade.component() == "api"
        upgrade.cluster.runs("refresh")
        upgrade.look()
        assert upgrade.component() == "maintenance"

    def test_a_page_that_does_not_start_takes_nothing_away(self) -> None:
        upgrade = Upgrade()
        upgrade.look()
        upgrade.needs_maintenance()
        upgrade.cluster.runs("workers")
        upgrade.look(3)
        assert upgrade.component() == "api"
        assert upgrade.cluster.replicas("sales-api") == 2
        assert upgrade.cluster.condition("Available") == ("True", "Serving")
        assert upgrade.cluster.condition("Ready") == ("False", "Maintenance")

    def test_the_page_is_shown_and_the_dashboard_drains(self) -> None:
        upgrade = Upgrade().shown()
        assert upgrade.component() == "maintenance"
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert ("Job", upgrade.alone) not in upgrade.cluster, "its pods have not ended"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Draining")
        assert "sales-api-0" in upgrade.cluster.message("Maintenance")
        assert upgrade.cluster.condition("Ready") == ("False", "Maintenance")
        assert upgrade.calm()

    def test_the_migration_is_alone(self) -> None:
        upgrade = Upgrade().migrating()
        job = upgrade.cluster["Job", upgrade.alone]
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert "shopx migrate --existing --maintenance" in container["command"][-1]
        assert job["spec"]["backoffLimit"] == 0, "each try would take more time"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Migrating")
        assert upgrade.image() == "1.0.0"
        assert upgrade.calm()

    def test_the_new_pods_start_only_with_the_new_template(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Complete", "The database is at revision 010.")
        upgrade.look()
        assert upgrade.image() == "2.0.0"
        assert upgrade.cluster.replicas("sales-api") == 0, "whether it was taken is not seen yet"
        upgrade.look()
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1}
        assert upgrade.component() == "maintenance", "no new pod serves"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Returning")
        assert upgrade.cluster[CRON]["spec"]["suspend"] is False

    def test_a_refused_template_starts_no_pod(self) -> None:
        """Those of the release before would meet a database that they do not know."""
        upgrade = Upgrade().migrating()
        upgrade.cluster.refuse = {API: Problem("ApplyFailed", "no")}
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Complete")
        upgrade.look(3)
        assert upgrade.image() == "1.0.0"
        assert upgrade.cluster.replicas("sales-api") == 0
        assert upgrade.component() == "maintenance"

    def test_it_comes_back_when_the_new_pods_serve(self) -> None:
        upgrade = Upgrade().migrated()
        upgrade.cluster.serves()
        upgrade.look()
        assert upgrade.component() == "api"
        assert PAGE in upgrade.cluster, "until the Service is observed to route to the API"
        upgrade.look()
        assert PAGE not in upgrade.cluster
        assert POLICY not in upgrade.cluster
        assert upgrade.cluster.condition("Maintenance") == ("False", "AsExpected")
        assert upgrade.cluster.condition("Ready") == ("True", "Serving")
        assert upgrade.cluster.condition("Progressing") == ("False", "Complete")
        assert upgrade.cluster.status["version"] == "2.0.0"

    def test_in_the_end_it_is_as_after_any_upgrade(self) -> None:
        """The asking Job asks once more, finds nothing to do, and is the only one that is left."""
        upgrade = Upgrade().migrated()
        upgrade.cluster.serves()
        upgrade.look(2)
        assert ("Job", upgrade.asking) in upgrade.cluster
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.asking, "Complete", "The database is at revision 010.")
        upgrade.look()
        assert upgrade.cluster.job() == upgrade.asking
        assert upgrade.cluster.status["schemaRevision"] == "010"
        assert upgrade.calm()

    def test_an_upgrade_without_such_a_migration_has_none_of_it(self) -> None:
        upgrade = Upgrade()
        upgrade.look()
        upgrade.cluster.ends(upgrade.asking, "Complete")
        upgrade.look()
        upgrade.cluster.serves()
        upgrade.look()
        assert PAGE not in upgrade.cluster
        assert upgrade.cluster.condition("Maintenance") == ("False", "AsExpected")
        assert upgrade.cluster.since("Maintenance") == "2026-11-23T10:00:00Z"


class TestCounts:
    """As many pods come back as there were, with each mode of autoscaling."""

    MODES: ClassVar[dict[str, tuple[dict[str, Any], dict[str, int]]]] = {
        "fixed": ({"api": {"replicas": 3}}, {"api": 3, "workers": 1}),
        "native": (
            {"api": {"autoscaling": {"min": 2, "max": 5}}, "workers": {"autoscaling": {"max": 4}}},
            {"api": 4, "workers": 3},
        ),
        "hpa": ({"api": {"autoscaling": {"mode": "hpa", "max": 5}}}, {"api": 5, "workers": 1}),
        "keda": ({"api": {"autoscaling": {"mode": "keda", "max": 5}}}, {"api": 4, "workers": 1}),
    }

    @pytest.mark.parametrize(("spec", "found"), MODES.values(), ids=MODES.keys())
    def test_after_a_migration(self, spec: dict[str, Any], found: dict[str, int]) -> None:
        upgrade = Upgrade(spec, found).migrated()
        assert {part: upgrade.counts()[part] for part in found} == found
        upgrade.cluster.serves()
        upgrade.look(3)
        assert {part: upgrade.counts()[part] for part in found} == found

    @pytest.mark.parametrize(("spec", "found"), MODES.values(), ids=MODES.keys())
    def test_after_one_that_failed(self, spec: dict[str, Any], found: dict[str, int]) -> None:
        upgrade = Upgrade(spec, found).failed()
        assert {part: upgrade.counts()[part] for part in found} == found
        upgrade.cluster.serves()
        upgrade.look(3)
        assert {part: upgrade.counts()[part] for part in found} == found

    @pytest.mark.parametrize(("spec", "found"), MODES.values(), ids=MODES.keys())
    def test_when_it_is_called_off(self, spec: dict[str, Any], found: dict[str, int]) -> None:
        upgrade = Upgrade(spec, found).shown()
        upgrade.spec = upgrade.old
        upgrade.look(2)
        upgrade.cluster.serves()
        upgrade.look(3)
        assert {part: upgrade.counts()[part] for part in found} == found

    def test_keda_is_told_to_wait(self) -> None:
        scaler = ("ScaledObject", "sales-api")
        upgrade = Upgrade({"api": {"autoscaling": {"mode": "keda"}}}).shown()
        note = upgrade.cluster[scaler]["metadata"]["annotations"]
        assert note["autoscaling.keda.sh/paused"] == "true"
        for part in USERS:
            upgrade.cluster.runs(part)
        upgrade.spec = upgrade.old
        upgrade.look()
        note = upgrade.cluster[scaler]["metadata"]["annotations"]
        assert "autoscaling.keda.sh/paused" not in note

    def test_a_page_whose_memory_somebody_took_brings_back_the_least(self) -> None:
        upgrade = Upgrade({"api": {"autoscaling": {"min": 2, "max": 5}}}, {"api": 4}).migrating()
        upgrade.cluster[PAGE]["metadata"]["annotations"].clear()
        upgrade.look()
        upgrade.cluster.ends(upgrade.alone, "Complete")
        upgrade.look(2)
        assert upgrade.cluster.replicas("sales-api") == 2


def test_the_page_needs_nothing_of_the_dashboard() -> None:
    """No Secret, no setting; and the release that brings it has been pulled by then."""
    upgrade = Upgrade().prepared()
    pod = upgrade.cluster[PAGE]["spec"]["template"]
    assert environment(pod) == {}
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "registry.test/shopx:2.0.0"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["tmp"]
    accounts = {one["metadata"]["name"] for one in children(NEW).kind("ServiceAccount")}
    assert pod["spec"]["serviceAccountName"] in accounts
    labels = pod["metadata"]["labels"]
    chosen = upgrade.cluster[POLICY]["spec"]["podSelector"]["matchLabels"]
    assert chosen.items() <= labels.items()


def test_who_may_reach_the_api_may_reach_the_page() -> None:
    peers = [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]
    upgrade = Upgrade({"networkPolicy": {"ingressFrom": peers}}).prepared()
    (rule,) = upgrade.cluster[POLICY]["spec"]["ingress"]
    assert rule["from"] == peers
    open_ = Upgrade({"networkPolicy": {"enabled": False}}).prepared()
    assert POLICY not in open_.cluster
