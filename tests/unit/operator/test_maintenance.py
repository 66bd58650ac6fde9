"""An upgrade whose migration the release before cannot live with, told as timelines."""

import itertools
from typing import Any, ClassVar

import pytest

from shopx_operator import downtime
from shopx_operator.downtime import Verdict
from shopx_operator.manifests import migration
from shopx_operator.observed import Observed
from shopx_operator.problems import Problem
from tests.support.cluster import Cluster
from tests.support.rendering import children, context, environment

API = ("Deployment", "sales-api")
PAGE = ("Deployment", "sales-maintenance")
POLICY = ("NetworkPolicy", "sales-maintenance")
SERVICE = ("Service", "sales-api")
CRON = ("CronJob", "sales-partitions")
NEW: dict[str, Any] = {"version": "2.0.0"}
USERS = ("api", "fold", "workers", "scheduler")
REFUSED = "error: The release before cannot live with migration 010; nothing was changed."
WORDS = 'error: A migration failed and changed nothing: column "note" does not exist.'


class Upgrade:
    """A dashboard that serves, and a release that must be alone with its database."""

    def __init__(
        self, spec: dict[str, Any] | None = None, found: dict[str, int] | None = None
    ) -> None:
        self.old = spec or {}
        self.new = self.old | NEW
        self.spec = self.new
        self.cluster = Cluster()
        self.cluster.running(self.old)
        for part, count in (found or {}).items():
            self.cluster["Deployment", f"sales-{part}"]["spec"]["replicas"] = count
        self.cluster.serves()
        for part in USERS:
            self.cluster.runs(part, f"sales-{part}-0")
        self.asking = migration.name(context(self.new))
        self.alone = migration.name_alone(context(self.new))

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.cluster.reconcile(self.spec)

    def needs_maintenance(self) -> None:
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.asking, "Failed", REFUSED, reason="PodFailurePolicy")

    def prepared(self) -> "Upgrade":
        """The release says what it needs, and the page is there."""
        self.look()
        self.needs_maintenance()
        self.look(2)
        self.cluster.serves("sales-maintenance")
        return self

    def shown(self) -> "Upgrade":
        """What nobody sees has ended, so the page is shown."""
        self.prepared()
        for part in ("workers", "scheduler"):
            self.cluster.runs(part)
        self.look(2)
        return self

    def migrating(self) -> "Upgrade":
        """All pods have ended, so the migration is alone."""
        self.shown()
        for part in USERS:
            self.cluster.runs(part)
        self.cluster.serves()
        self.look()
        return self

    def migrated(self) -> "Upgrade":
        """It succeeded, and new pods are asked for."""
        self.migrating()
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.alone, "Complete", "The database is at revision 010.")
        self.look(2)
        return self

    def failed(self) -> "Upgrade":
        """It failed; the database was asked again, and is as it was."""
        self.migrating()
        self.cluster.pass_(minutes=1)
        self.cluster.ends(self.alone, "Failed", WORDS)
        self.look(2)
        self.needs_maintenance()
        self.look()
        return self

    def component(self) -> str:
        """Which pods visitors reach."""
        found: str = self.cluster[SERVICE]["spec"]["selector"]["app.kubernetes.io/component"]
        return found

    def image(self) -> str:
        found: str = self.cluster[API]["spec"]["template"]["spec"]["containers"][0]["image"]
        return found.rpartition(":")[2]

    def counts(self) -> dict[str, int]:
        return {part: self.cluster.replicas(f"sales-{part}") for part in USERS}

    def calm(self) -> bool:
        """Whether a further look has nothing to do."""
        plan = self.cluster.reconcile(self.spec)
        return not (plan.changes or plan.prune)


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
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1, "scheduler": 1}
        assert upgrade.cluster.condition("Maintenance") == ("True", "Preparing")
        assert upgrade.cluster.condition("Ready") == ("True", "Serving")
        assert upgrade.cluster.condition("Progressing") == ("True", "Maintenance")
        assert upgrade.cluster.condition("Degraded") == ("False", "AsExpected")
        assert upgrade.cluster.condition("Migrated") == ("False", "Waiting")

    def test_what_nobody_sees_stops_first(self) -> None:
        """Jobs that are running finish while the dashboard still serves."""
        upgrade = Upgrade().prepared()
        upgrade.look()
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 0, "scheduler": 0}
        assert upgrade.cluster[CRON]["spec"]["suspend"] is True
        assert upgrade.component() == "api"
        assert "sales-workers-0" in upgrade.cluster.message("Maintenance")
        assert upgrade.calm()

    def test_a_running_refresh_is_waited_for(self) -> None:
        upgrade = Upgrade().prepared()
        upgrade.cluster.runs("refresh", "sales-refresh-rfm-1-x")
        for part in ("workers", "scheduler"):
            upgrade.cluster.runs(part)
        upgrade.look()
        assert upgrade.component() == "api"
        upgrade.cluster.runs("refresh")
        upgrade.look()
        assert upgrade.component() == "maintenance"

    def test_a_page_that_does_not_start_takes_nothing_away(self) -> None:
        upgrade = Upgrade()
        upgrade.look()
        upgrade.needs_maintenance()
        for part in ("workers", "scheduler"):
            upgrade.cluster.runs(part)
        upgrade.look(3)
        assert upgrade.component() == "api"
        assert upgrade.cluster.replicas("sales-api") == 2
        assert upgrade.cluster.condition("Ready") == ("True", "Serving")

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
        assert "shopx migrate --maintenance" in container["command"][-1]
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
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1, "scheduler": 1}
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
        assert PAGE in upgrade.cluster, "until it is seen that nobody is sent there any more"
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
    """As many pods come back as there were, whoever set the number."""

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


class TestFailure:
    """A migration that failed alone changed nothing: the release before comes back."""

    def test_the_database_is_asked_before_anything_starts(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", WORDS)
        upgrade.look()
        assert ("Job", upgrade.asking) not in upgrade.cluster, "its answer was of before"
        upgrade.look()
        assert ("Job", upgrade.asking) in upgrade.cluster
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.component() == "maintenance"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Asking")

    def test_the_release_before_serves_again_and_the_status_says_why(self) -> None:
        upgrade = Upgrade().failed()
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1, "scheduler": 1}
        assert upgrade.component() == "maintenance", "no pod serves yet"
        assert upgrade.cluster.condition("Maintenance") == ("True", "Returning")
        upgrade.cluster.serves()
        upgrade.look(2)
        assert upgrade.image() == "1.0.0"
        assert upgrade.component() == "api"
        assert PAGE not in upgrade.cluster
        assert upgrade.cluster[CRON]["spec"]["suspend"] is False
        assert upgrade.cluster.condition("Ready") == ("True", "Serving")
        assert upgrade.cluster.condition("Degraded") == ("True", "MigrationFailed")
        assert upgrade.cluster.condition("Progressing") == ("False", "MigrationFailed")
        assert upgrade.cluster.condition("Maintenance") == ("False", "AsExpected")
        assert 'column "note" does not exist' in upgrade.cluster.message("Degraded")
        assert upgrade.cluster.status["version"] == "1.0.0"

    def test_it_does_not_take_the_dashboard_away_again_by_itself(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(hours=5)
        assert upgrade.calm()
        assert "spec.restartedAt" in upgrade.cluster.message("Migrated")

    def test_a_person_has_it_tried_again(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(hours=1)
        upgrade.spec = upgrade.new | {"restartedAt": "2026-11-23T12:00:00Z"}
        upgrade.look()
        asking = migration.name(context(upgrade.spec))
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(asking, "Failed", REFUSED, reason="PodFailurePolicy")
        upgrade.look()
        assert upgrade.cluster.condition("Maintenance") == ("True", "Preparing")
        assert upgrade.cluster.condition("Ready") == ("True", "Serving")

    def test_going_back_asks_the_database_and_shows_no_page(self) -> None:
        upgrade = Upgrade().failed()
        upgrade.cluster.serves()
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert upgrade.component() == "api"
        old = migration.name(context(upgrade.old))
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(old, "Complete")
        upgrade.look()
        assert upgrade.cluster.condition("Degraded") == ("False", "AsExpected")
        assert upgrade.cluster.job() == old
        assert upgrade.calm()

    def test_a_database_that_does_not_answer_keeps_the_page(self) -> None:
        """Nothing runs that could answer wrong; it is asked again every few minutes."""
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", "error: The connection was lost.")
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.asking, "Failed", "error: The database is away.")
        upgrade.look()
        assert upgrade.component() == "maintenance"
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.cluster.condition("Maintenance") == ("True", "NotAnswered")
        assert upgrade.cluster.condition("Degraded") == ("True", "MigrationFailed")
        upgrade.cluster.pass_(minutes=6)
        assert upgrade.cluster.reconcile(upgrade.spec).retry == (("Job", upgrade.asking),)

    def test_one_that_failed_after_it_had_changed_the_database_goes_on(self) -> None:
        """Such as one that was killed between its commit and its last word."""
        upgrade = Upgrade().migrating()
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Failed", "error: killed")
        upgrade.look(2)
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.asking, "Complete", "The database is at revision 010.")
        upgrade.look(2)
        assert upgrade.image() == "2.0.0"
        assert upgrade.cluster.replicas("sales-api") == 2


class TestAChangeOfMind:
    """Another version in the middle of it."""

    def test_while_the_page_is_made_nobody_notices(self) -> None:
        upgrade = Upgrade().prepared()
        upgrade.look()
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert PAGE not in upgrade.cluster
        assert upgrade.counts() == {"api": 2, "fold": 1, "workers": 1, "scheduler": 1}
        assert upgrade.cluster[CRON]["spec"]["suspend"] is False
        assert upgrade.component() == "api"

    def test_while_it_drains_the_release_before_comes_back(self) -> None:
        upgrade = Upgrade().shown()
        upgrade.spec = upgrade.old
        upgrade.cluster.serves()
        upgrade.look()
        assert upgrade.cluster.replicas("sales-api") == 2
        assert upgrade.component() == "maintenance"
        upgrade.cluster.serves()
        upgrade.look(2)
        assert upgrade.component() == "api"
        assert PAGE not in upgrade.cluster

    def test_while_the_migration_is_alone_its_end_is_waited_for(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.old
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert ("Job", upgrade.alone) in upgrade.cluster
        assert upgrade.cluster.condition("Maintenance") == ("True", "Migrating")

    def test_after_it_the_release_before_is_asked_about_the_database(self) -> None:
        """Its own Job has succeeded, but long before; it does not know this database."""
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.old
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(upgrade.alone, "Complete")
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        old = migration.name(context(upgrade.old))
        upgrade.cluster.pass_(minutes=1)
        upgrade.cluster.ends(old, "Failed", "error: The database is at an unknown revision.")
        upgrade.look(2)
        assert upgrade.counts() == dict.fromkeys(USERS, 0)
        assert upgrade.component() == "maintenance"
        assert "unknown revision" in upgrade.cluster.message("Degraded")
        upgrade.spec = upgrade.new
        upgrade.look(3)
        assert upgrade.image() == "2.0.0"
        assert upgrade.cluster.replicas("sales-api") == 2

    def test_suspending_leaves_the_server_to_a_migration(self) -> None:
        upgrade = Upgrade().migrating()
        upgrade.spec = upgrade.new | {"suspend": True}
        upgrade.look(2)
        assert upgrade.cluster.replicas("sales-database", "StatefulSet") == 1


OK, ASKED, FAILED = ("Complete", ""), ("Failed", "PodFailurePolicy"), ("Failed", "Other")
VERDICTS: list[tuple[str, Any, Any, Any, Verdict, bool]] = [
    # What it is; the asking Job and when it started; the own and another release's alone: when
    # they ended (`None` = it runs); the verdict; whether it must be asked again.
    ("nothing", None, None, None, Verdict.PENDING, False),
    ("an upgrade", (OK, 1), None, None, Verdict.DONE, False),
    ("a failure", (FAILED, 1), None, None, Verdict.FAILED, False),
    ("a need", (ASKED, 1), None, None, Verdict.ALONE, False),
    ("it runs", (ASKED, 1), ("run", None), None, Verdict.ALONE, False),
    ("it runs, nobody remembers why", None, ("run", None), None, Verdict.ALONE, False),
    ("another's runs", (OK, 1), None, ("run", None), Verdict.ALONE, False),
    ("it succeeded", (ASKED, 1), (OK, 5), None, Verdict.DONE, True),
    ("it succeeded, asked again", (OK, 6), (OK, 5), None, Verdict.DONE, False),
    ("it succeeded, asked at that moment", (OK, 5), (OK, 5), None, Verdict.DONE, False),
    ("it failed", (ASKED, 1), (FAILED, 5), None, Verdict.ASKING, True),
    ("it failed, nobody asked", None, (FAILED, 5), None, Verdict.ASKING, False),
    ("it failed, as it was", (ASKED, 6), (FAILED, 5), None, Verdict.ROLLED_BACK, False),
    ("it failed, changed all the same", (OK, 6), (FAILED, 5), None, Verdict.DONE, False),
    ("it failed, no answer", (FAILED, 6), (FAILED, 5), None, Verdict.UNKNOWN, False),
    ("another's succeeded later", (OK, 1), None, (OK, 5), Verdict.ASKING, True),
    ("another's failed, asked since", (OK, 6), None, (FAILED, 5), Verdict.DONE, False),
    ("another's failed, its turn", (ASKED, 6), None, (FAILED, 5), Verdict.ALONE, False),
    ("another's succeeded after its own", (ASKED, 1), (OK, 3), (OK, 5), Verdict.ASKING, True),
]


@pytest.mark.parametrize(
    ("asked", "own", "other", "verdict", "stale"),
    [row[1:] for row in VERDICTS],
    ids=[row[0] for row in VERDICTS],
)
def test_verdicts(asked: Any, own: Any, other: Any, verdict: Verdict, stale: bool) -> None:
    """Every constellation of Jobs says what may run, and no answer outlives what it was about."""
    made = context(NEW)
    jobs: dict[tuple[str, str], Any] = {}

    def job(name: str, ended: Any, started: int, at: int, *, alone: bool) -> None:
        status: dict[str, Any] = {"startTime": f"2026-11-23T10:{started:02}:00Z"}
        if ended != "run":
            state, reason = ended
            condition = {"type": state, "status": "True", "reason": reason}
            condition["lastTransitionTime"] = f"2026-11-23T10:{at:02}:00Z"
            status["conditions"] = [condition]
        labels = {"analytics.shopx.io/alone": "true"} if alone else {}
        jobs["Job", name] = {"metadata": {"name": name, "labels": labels}, "status": status}

    if asked:
        job(migration.name(made), asked[0], asked[1], asked[1] + 1, alone=False)
    for name, one in ((migration.name_alone(made), own), ("another", other)):
        if one:
            job(name, one[0], 2, one[1] or 0, alone=True)
    found = downtime.course(made, Observed(jobs))
    assert (found.verdict, found.stale) == (verdict, stale)


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


def test_the_names_of_the_jobs_differ_whatever_the_name() -> None:
    for name, version in itertools.product(("sales", "a" * 40), ("1.0.0", "2.0.0")):
        made = context({"version": version}, name=name)
        assert migration.name(made) != migration.name_alone(made)
        assert len(migration.name_alone(made)) <= 63
