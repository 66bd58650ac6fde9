"""Timelines of the operator's decisions over a fake cluster."""

from typing import Any

import pytest

from shopx_operator.planning.problem import Problem
from shopx_operator.planning.routes import HANDOVER_SECONDS, PROPAGATION_SECONDS
from tests.support.cluster import Cluster, pod

API = ("Deployment", "sales-api")
NEW: dict[str, Any] = {"version": "2.0.0"}
EXTERNAL = {"database": {"external": {"secretRef": {"name": "db"}}}}


def test_a_new_dashboard_comes_up_in_order() -> None:
    """Secrets, servers, migration, pods, schedules; each waits for what it needs."""
    cluster = Cluster()
    cluster.reconcile()
    assert ("Secret", "sales-database") in cluster
    assert ("StatefulSet", "sales-database") in cluster
    assert not any(kind == "Job" for kind, _ in cluster.objects)
    assert API not in cluster
    assert cluster.condition("Ready") == ("False", "StartingDatabase")
    assert cluster.condition("Progressing") == ("True", "StartingDatabase")

    cluster.serves("sales-database")
    cluster.reconcile()
    assert ("Job", cluster.job()) in cluster
    assert API not in cluster
    assert cluster.condition("DatabaseReady") == ("True", "Serving")
    assert cluster.condition("Migrated") == ("False", "Migrating")

    cluster.ends(cluster.job(), "Complete", "The database is at revision 008.\n")
    cluster.reconcile()
    assert API in cluster
    assert ("CronJob", "sales-partitions") in cluster
    assert cluster.condition("Migrated") == ("True", "Succeeded")
    assert cluster.condition("Ready") == ("False", "RollingOut")
    assert "version" not in cluster.status

    cluster.reconcile()
    assert cluster.replicas("sales-api") == 2
    cluster.serves()
    cluster.reconcile()
    assert cluster.condition("Ready") == ("True", "Serving")
    assert cluster.condition("Progressing") == ("False", "Complete")
    assert cluster.condition("Degraded") == ("False", "AsExpected")
    assert cluster.status["version"] == "1.0.0"
    assert cluster.status["schemaRevision"] == "008"
    assert cluster.status["api"] == {"desired": 2, "ready": 2, "updated": 2}
    assert cluster.status["replicas"] == 2


def test_nothing_is_written_when_nothing_changed() -> None:
    """An operator that starts anew, with everything in place, touches nothing."""
    cluster = Cluster()
    cluster.running()
    before = cluster.status
    cluster.pass_(hours=1)
    plan = cluster.reconcile()
    assert (plan.apply, plan.scale, plan.prune, plan.retry) == ((), (), (), ())
    assert cluster.status == before


@pytest.mark.parametrize(
    "kind",
    ["Service", "ConfigMap", "NetworkPolicy", "Deployment", "CronJob", "PodDisruptionBudget"],
)
def test_a_removed_child_comes_back(kind: str) -> None:
    cluster = Cluster()
    cluster.running()
    key = next(key for key in cluster.objects if key[0] == kind)
    del cluster.objects[key]
    cluster.reconcile()
    assert key in cluster
    assert cluster.applied == [key], "and nothing else is touched"


def test_an_edited_child_is_put_right_and_what_others_add_is_left() -> None:
    cluster = Cluster()
    cluster.running()
    api = cluster[API]
    container = api["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "other"
    api["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    cluster.reconcile()
    assert cluster.applied == [API]
    cluster[API]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    cluster[API]["spec"]["template"]["spec"]["schedulerName"] = "default-scheduler"
    cluster.reconcile()
    assert cluster.applied == []


def test_a_field_that_the_manifest_drops_is_dropped() -> None:
    """The desired object does not show that a field was removed from it."""
    cluster = Cluster()
    cluster.running({"podTemplate": {"nodeSelector": {"disk": "ssd"}}})
    assert cluster[API]["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd"}
    for _ in range(3):
        cluster.reconcile()
        cluster.serves("sales-database", "sales-redis")
    for kind, job in list(cluster.objects):
        if kind == "Job":
            cluster.ends(job, "Complete")
    cluster.reconcile()
    assert API in cluster.applied
    assert "nodeSelector" not in cluster[API]["spec"]["template"]["spec"]


class TestUpgrade:
    """New pods come after their migration; a failed one leaves the old ones serving."""

    @staticmethod
    def jobs(cluster: Cluster) -> list[str]:
        return [name for kind, name in cluster.objects if kind == "Job"]

    def upgrading(self) -> tuple[Cluster, str]:
        cluster = Cluster()
        cluster.running()
        (old,) = self.jobs(cluster)
        cluster.pass_(minutes=10)
        cluster.reconcile(NEW)
        (new,) = set(self.jobs(cluster)) - {old}
        return cluster, new

    @staticmethod
    def image(cluster: Cluster) -> str:
        text: str = cluster[API]["spec"]["template"]["spec"]["containers"][0]["image"]
        return text

    def test_pods_wait_for_the_migration(self) -> None:
        cluster, job = self.upgrading()
        assert self.image(cluster) == "registry.test/shopx:1.0.0"
        assert cluster.condition("Progressing") == ("True", "Migrating")
        assert cluster.condition("Available") == ("True", "Serving")
        assert cluster.condition("Ready") == ("False", "Migrating")
        assert cluster.status["version"] == "1.0.0"

        cluster.ends(job, "Complete", "The database is at revision 009.")
        cluster.reconcile(NEW)
        assert self.image(cluster) == "registry.test/shopx:2.0.0"
        assert cluster.condition("Progressing") == ("True", "RollingOut")
        assert cluster.status["version"] == "1.0.0", "old pods still serve"

        cluster.serves()
        cluster.reconcile(NEW)
        assert cluster.status["version"] == "2.0.0"
        assert cluster.status["schemaRevision"] == "009"
        assert self.jobs(cluster) == [job], "the old release's Job is gone"

    def test_a_failed_migration_is_told_and_harms_nobody(self) -> None:
        cluster, job = self.upgrading()
        log = "Running upgrade 008 -> 009\nerror: The disk is full.\nhint: Make room.\n"
        cluster.ends(job, "Failed", log)
        cluster.reconcile(NEW)
        assert self.image(cluster) == "registry.test/shopx:1.0.0"
        assert cluster.condition("Available") == ("True", "Serving")
        assert cluster.condition("Ready") == ("False", "MigrationFailed")
        assert cluster.condition("Degraded") == ("True", "MigrationFailed")
        assert cluster.condition("Progressing") == ("False", "MigrationFailed")
        assert "error: The disk is full. hint: Make room." in cluster.message("Migrated")
        assert job in cluster.message("Degraded")

    def test_it_is_cured_by_the_next_good_release(self) -> None:
        cluster, job = self.upgrading()
        cluster.ends(job, "Failed", "error: no")
        cluster.reconcile(NEW)
        good = {"version": "2.0.1"}
        known = set(self.jobs(cluster))
        cluster.reconcile(good)
        (better,) = set(self.jobs(cluster)) - known
        cluster.ends(better, "Complete", "The database is at revision 009.")
        cluster.reconcile(good)
        cluster.serves()
        cluster.reconcile(good)
        assert cluster.condition("Degraded") == ("False", "AsExpected")
        assert self.image(cluster) == "registry.test/shopx:2.0.1"
        assert self.jobs(cluster) == [better]

    def test_it_is_cured_by_going_back(self) -> None:
        """The old release's Job is still there, so nothing waits."""
        cluster, job = self.upgrading()
        cluster.ends(job, "Failed", "error: no")
        cluster.reconcile(NEW)
        cluster.reconcile()
        assert cluster.condition("Degraded") == ("False", "AsExpected")
        assert cluster.condition("Migrated") == ("True", "Succeeded")
        assert job not in self.jobs(cluster)

    def test_it_is_tried_again_after_a_while(self) -> None:
        cluster, job = self.upgrading()
        cluster.ends(job, "Failed", "error: a lock")
        cluster.pass_(minutes=4)
        assert cluster.reconcile(NEW).retry == ()
        cluster.pass_(minutes=2)
        assert cluster.reconcile(NEW).retry == (("Job", job),)
        cluster.reconcile(NEW)
        assert cluster.condition("Migrated") == ("False", "Migrating")

    def test_nothing_is_pruned_before_everything_is_applied(self) -> None:
        cluster, job = self.upgrading()
        without = NEW | {"monitoring": {"grafanaDashboard": False}}
        cluster.reconcile(without)
        assert ("ConfigMap", "sales-grafana") in cluster
        cluster.ends(job, "Complete")
        cluster.refuse = {API: Problem("ApplyFailed", "no")}
        cluster.reconcile(without)
        assert ("ConfigMap", "sales-grafana") in cluster
        assert cluster.condition("Degraded") == ("True", "ApplyFailed")
        cluster.refuse = {}
        cluster.reconcile(without)
        assert ("ConfigMap", "sales-grafana") not in cluster


class TestPruning:
    """Objects that are no longer desired are pruned, but never data or foreign objects."""

    def test_a_dropped_view_loses_its_cronjob(self) -> None:
        spec = {"refresh": {"views": [{"name": "mine", "schedule": "0 * * * *"}]}}
        cluster = Cluster()
        cluster.running(spec)
        assert ("CronJob", "sales-refresh-mine") in cluster
        cluster.reconcile()
        assert ("CronJob", "sales-refresh-mine") not in cluster

    def test_data_and_other_peoples_objects_stay(self) -> None:
        cluster = Cluster()
        cluster.running()
        labels = dict(cluster[API]["metadata"]["labels"])
        kept: list[tuple[str, str, dict[str, Any]]] = [
            ("PersistentVolumeClaim", "old", {"ownerReferences": [{"uid": "uid-1"}]}),
            (
                "Secret",
                "old",
                {
                    "labels": labels | {"analytics.shopx.io/data": "true"},
                    "ownerReferences": [{"uid": "uid-1"}],
                },
            ),
            ("Job", "of-a-cronjob", {"ownerReferences": [{"uid": "cron"}]}),
            ("ConfigMap", "labelled-by-hand", {}),
            ("Secret", "of-another", {"ownerReferences": [{"uid": "uid-2"}]}),
        ]
        for kind, name, metadata in kept:
            cluster.objects[kind, name] = {
                "kind": kind,
                "metadata": {"name": name, "labels": labels} | metadata,
            }
        assert cluster.reconcile().prune == ()


class TestScaling:
    """Whoever set the number of pods, no other decision resets it."""

    def test_a_fixed_number_is_kept(self) -> None:
        cluster = Cluster()
        cluster.running({"api": {"replicas": 3}})
        cluster[API]["spec"]["replicas"] = 1
        cluster.reconcile({"api": {"replicas": 3}})
        assert cluster.replicas("sales-api") == 3

    @pytest.mark.parametrize("mode", ["native", "hpa", "keda"])
    def test_switching_to_a_mode_keeps_the_pods_it_finds(self, mode: str) -> None:
        """An object that is applied with and then without `replicas` falls back to one."""
        cluster = Cluster()
        cluster.running({"api": {"replicas": 4}})
        cluster.reconcile({"api": {"replicas": 4, "autoscaling": {"mode": mode}}})
        assert cluster.replicas("sales-api") == 4

    def test_what_an_autoscaler_set_is_left_alone(self) -> None:
        spec = {"api": {"autoscaling": {"mode": "hpa", "min": 2, "max": 5}}}
        cluster = Cluster()
        cluster.running(spec)
        cluster[API]["spec"]["replicas"] = 5
        assert cluster.reconcile(spec).scale == ()

    def test_without_an_autoscaler_the_number_stays_within_its_bounds(self) -> None:
        cluster = Cluster()
        cluster.running({"api": {"replicas": 5}})
        cluster.reconcile({"api": {"autoscaling": {"min": 2, "max": 3}}})
        assert cluster.replicas("sales-api") == 3
        cluster[API]["spec"]["replicas"] = 1
        cluster.reconcile({"api": {"autoscaling": {"min": 2, "max": 3}}})
        assert cluster.replicas("sales-api") == 2

    @pytest.mark.parametrize(
        "spec",
        [
            {"api": {"replicas": 2}, "workers": {"replicas": 1}},
            {"api": {"autoscaling": {"min": 2, "max": 3}}, "workers": {"autoscaling": {"max": 2}}},
        ],
        ids=["fixed", "native"],
    )
    def test_pods_of_somebody_elses_autoscaler_are_left_alone_and_told(
        self, spec: dict[str, Any]
    ) -> None:
        """Two writers of one number would never end: the operator yields and reports it."""
        cluster = Cluster()
        cluster.running(spec)
        assert cluster.condition("ScalingLimited")[1] != "ScaledByOthers"
        cluster.autoscaled = {"sales-api": "mine", "sales-workers": "theirs"}
        cluster[API]["spec"]["replicas"] = 9
        cluster["Deployment", "sales-workers"]["spec"]["replicas"] = 8
        assert cluster.reconcile(spec).scale == ()
        assert cluster.condition("ScalingLimited") == ("True", "ScaledByOthers")
        said = cluster.message("ScalingLimited")
        assert "'mine' of the api pods" in said
        assert "'theirs' of the workers pods" in said

        cluster.autoscaled = {}
        cluster.reconcile(spec)
        assert cluster.replicas("sales-api") < 9
        assert cluster.condition("ScalingLimited")[1] != "ScaledByOthers"

    def test_whom_the_manifest_names_is_nobody_else(self) -> None:
        """KEDA's autoscaler is the ScaledObject's, which the operator rendered."""
        spec = {"api": {"autoscaling": {"mode": "keda"}}}
        cluster = Cluster()
        cluster.running(spec)
        cluster.autoscaled = {"sales-api": "keda-hpa-sales-api"}
        cluster.reconcile(spec)
        assert cluster.condition("ScalingLimited")[1] != "ScaledByOthers"

    def test_suspending_stops_also_what_somebody_else_scales(self) -> None:
        """An autoscaler leaves a number of 0 alone, and gets its pods back afterwards."""
        cluster = Cluster()
        cluster.running()
        cluster.autoscaled = {"sales-api": "mine"}
        cluster.reconcile({"suspend": True})
        assert cluster.replicas("sales-api") == 0
        cluster.serves()
        cluster.reconcile()
        assert cluster.replicas("sales-api") == 2

    def test_suspending_stops_everything_and_the_servers_last(self) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.reconcile({"suspend": True})
        assert {cluster.replicas(f"sales-{part}") for part in ("api", "fold", "workers")} == {0}
        assert cluster.replicas("sales-database", "StatefulSet") == 1
        assert cluster.condition("Ready") == ("False", "Suspended")
        assert cluster.condition("Progressing") == ("True", "Suspending")

        cluster.serves()
        cluster.reconcile({"suspend": True})
        assert cluster.replicas("sales-database", "StatefulSet") == 0
        assert cluster.replicas("sales-redis") == 0
        cluster.serves()
        cluster.reconcile({"suspend": True})
        assert cluster.condition("Progressing") == ("False", "Suspended")
        assert cluster.condition("Degraded") == ("False", "AsExpected")

    @pytest.mark.parametrize("scaling", [None, {"mode": "hpa"}])
    def test_resuming_brings_the_servers_first(self, scaling: dict[str, Any] | None) -> None:
        spec: dict[str, Any] = {"api": {"autoscaling": scaling}} if scaling else {}
        cluster = Cluster()
        cluster.running(spec)
        for _ in range(2):
            cluster.reconcile(spec | {"suspend": True})
            cluster.serves()
        cluster.reconcile(spec)
        assert cluster.replicas("sales-database", "StatefulSet") == 1
        assert cluster.replicas("sales-api") == 0
        cluster.serves("sales-database")
        cluster.reconcile(spec)
        assert cluster.replicas("sales-api") == 2


class TestOutages:
    """A failure is reported, and harms nothing else."""

    def test_a_database_that_goes_away_stops_no_repair(self) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.away("sales-database", "StatefulSet")
        del cluster.objects["Service", "sales-api"]
        cluster.reconcile()
        assert ("Service", "sales-api") in cluster
        assert cluster.condition("Available") == ("True", "Serving")
        assert cluster.condition("Ready") == ("False", "DatabaseAway")
        assert cluster.condition("DatabaseReady") == ("False", "NotServing")
        assert cluster.condition("Degraded") == ("True", "DatabaseAway")

    def test_a_cache_that_goes_away_is_no_reason_to_be_unready(self) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.away("sales-redis")
        cluster.reconcile()
        assert cluster.condition("Ready") == ("True", "Serving")
        assert cluster.condition("CacheReady") == ("False", "NotServing")

    def test_a_pod_that_cannot_start_says_why(self) -> None:
        cluster = Cluster()
        cluster.running()
        waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        cluster.pods.append(pod("sales-api-1", "api", waiting))
        cluster.reconcile()
        assert cluster.condition("Degraded") == ("True", "PodsFailing")
        assert cluster.message("Degraded") == "sales-api-1: ImagePullBackOff: no such image"

    def test_a_secret_that_goes_missing_restarts_nobody(self) -> None:
        """Pods that run have what they need; new ones would not start."""
        cluster = Cluster()
        cluster.running(EXTERNAL)
        before = cluster[API]["spec"]["template"]
        cluster.reconcile(EXTERNAL, given={})
        assert cluster[API]["spec"]["template"] == before
        assert cluster.condition("Degraded") == ("True", "SecretMissing")
        assert cluster.condition("Progressing") == ("False", "Blocked")
        assert cluster.condition("DatabaseReady") == ("False", "SecretMissing")
        assert cluster.condition("Available") == ("True", "Serving")
        assert cluster.condition("Ready") == ("False", "SecretMissing")

    def test_conditions_keep_their_times_until_they_change(self) -> None:
        cluster = Cluster()
        cluster.running()
        since = cluster.since("Ready")
        cluster.pass_(hours=1)
        cluster.reconcile()
        assert cluster.since("Ready") == since
        cluster.away("sales-api")
        cluster.pass_(hours=1)
        cluster.reconcile()
        assert cluster.condition("Ready")[0] == "False"
        assert cluster.since("Ready") == "2026-11-23T12:00:00Z"


class TestRefreshes:
    """The status reports the refreshes of the materialized views."""

    def test_a_failed_refresh_is_told_until_one_succeeds(self) -> None:
        cluster = Cluster()
        cluster.running()
        assert cluster.condition("Refreshed") == ("Unknown", "NotYet")
        labels = {"analytics.shopx.io/view": "mv_customer_rfm"}
        for job in ("one", "two"):
            cluster.objects["Job", job] = {
                "kind": "Job",
                "metadata": {"name": job} | {"labels": labels},
            }
        cluster.ends("one", "Failed", "error: A rate is missing.", component="refresh")
        cluster.reconcile()
        assert cluster.condition("Refreshed") == ("False", "RefreshFailed")
        assert "mv_customer_rfm: error: A rate is missing." in cluster.message("Refreshed")
        cluster.pass_(minutes=5)
        cluster.ends("two", "Complete", component="refresh")
        cluster.reconcile()
        assert cluster.condition("Refreshed") == ("Unknown", "NotYet"), "others are still to come"
        (view,) = [v for v in cluster.status["views"] if v["name"] == "mv_customer_rfm"]
        assert view["lastSuccessTime"] == "2026-11-23T10:05:00Z"
        assert view["durationSeconds"] == "7"
        assert "message" not in view


INGRESS: dict[str, Any] = {"ingress": {"host": "sales.example.com"}, "auth": {"public": True}}


def test_a_route_that_the_spec_drops_is_withdrawn_although_other_objects_are_refused() -> None:
    cluster = Cluster()
    cluster.running(INGRESS)
    assert ("Ingress", "sales-api") in cluster
    cluster.refuse[API] = Problem("ApplyFailed", "Deployment sales-api was refused: a webhook")
    cluster.reconcile({"api": {"resources": {"limits": {"cpu": "3"}}}})
    assert ("Ingress", "sales-api") not in cluster


GATEWAY: dict[str, Any] = {
    "gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["sales.example.com"]},
    "auth": {"public": True},
}
ROUTE = ("HTTPRoute", "sales-api")
TRACED: dict[str, Any] = {"monitoring": {"traces": {"endpoint": "http://otel:4318"}}}
TRACES_POLICY = ("NetworkPolicy", "sales-traces-clients")


def test_a_route_that_another_replaces_goes_although_other_objects_are_refused() -> None:
    cluster = Cluster()
    cluster.running(INGRESS)
    cluster.refuse[API] = Problem("ApplyFailed", "Deployment sales-api was refused: a webhook")
    after = GATEWAY | {"api": {"resources": {"limits": {"cpu": "3"}}}}
    cluster.reconcile(after)
    assert ("HTTPRoute", "sales-api") in cluster
    cluster.pass_(seconds=HANDOVER_SECONDS)
    cluster.reconcile(after)
    assert ("Ingress", "sales-api") not in cluster


def _accept(cluster: Cluster, *gateways: str) -> None:
    """These Gateways have just accepted the route."""
    condition = {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "lastTransitionTime": cluster.now.isoformat(),
    }
    parents = [{"parentRef": {"name": name}, "conditions": [condition]} for name in gateways]
    cluster[ROUTE]["status"] = {"parents": parents}


def test_a_route_that_another_replaces_stays_until_every_gateway_has_taken_that() -> None:
    """Visitors are not turned away between the two."""
    cluster = Cluster()
    cluster.running(INGRESS)
    two = [{"name": "gw"}, {"name": "inner"}]
    after = GATEWAY | {"gateway": GATEWAY["gateway"] | {"parentRefs": two}}

    def reconciled(*accepted: str) -> bool:
        _accept(cluster, *accepted)
        cluster.pass_(seconds=PROPAGATION_SECONDS)
        cluster.reconcile(after)
        return ("Ingress", "sales-api") in cluster

    cluster.reconcile(after)
    assert reconciled()
    assert reconciled("gw")
    assert cluster.condition("Ready") == ("False", "RollingOut")
    assert "The Ingress sales-api stays until" in cluster.message("Ready")
    assert not reconciled("gw", "inner")
    cluster.reconcile(after)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_proxies_have_time_to_get_an_accepted_route() -> None:
    cluster = Cluster()
    cluster.running(INGRESS)
    cluster.reconcile(GATEWAY)
    _accept(cluster, "gw")
    cluster.reconcile(GATEWAY)
    assert ("Ingress", "sales-api") in cluster
    cluster.pass_(seconds=PROPAGATION_SECONDS)
    cluster.reconcile(GATEWAY)
    assert ("Ingress", "sales-api") not in cluster


def test_a_route_that_no_gateway_takes_keeps_the_old_one_for_a_limited_time() -> None:
    cluster = Cluster()
    cluster.running(INGRESS)
    cluster.reconcile(GATEWAY)
    cluster.pass_(seconds=HANDOVER_SECONDS - 1)
    cluster.reconcile(GATEWAY)
    assert ("Ingress", "sales-api") in cluster
    cluster.pass_(seconds=1)
    cluster.reconcile(GATEWAY)
    assert ("Ingress", "sales-api") not in cluster
    assert cluster.condition("Ready") == ("False", "RoutePending")


def test_an_ingress_that_replaces_a_gateways_route_gets_its_time_too() -> None:
    cluster = Cluster()
    cluster.running(GATEWAY)
    cluster.reconcile(INGRESS)
    assert ROUTE in cluster
    cluster.pass_(seconds=HANDOVER_SECONDS)
    cluster.reconcile(INGRESS)
    assert ROUTE not in cluster


def test_a_route_beside_one_that_stays_ends_at_once() -> None:
    """The redirect has no successor."""
    cluster = Cluster()
    redirect = {"parentRefs": [{"name": "gw", "sectionName": "http"}]}
    redirected = GATEWAY | {"gateway": GATEWAY["gateway"] | {"redirect": redirect}}
    cluster.running(redirected)
    assert ("HTTPRoute", "sales-redirect") in cluster
    cluster.reconcile(GATEWAY)
    assert ("HTTPRoute", "sales-redirect") not in cluster


def test_a_route_stays_while_the_one_that_replaces_it_is_refused() -> None:
    cluster = Cluster()
    cluster.running(INGRESS)
    cluster.refuse["HTTPRoute", "sales-api"] = Problem("ApplyFailed", "refused: a webhook")
    cluster.reconcile(GATEWAY)
    assert ("Ingress", "sales-api") in cluster


@pytest.mark.parametrize("after", [GATEWAY, INGRESS | {"ingress": {"host": "other.example.com"}}])
def test_a_route_follows_the_spec_while_a_migration_fails(after: dict[str, Any]) -> None:
    """The host that was taken out of the spec is not served by an upgrade that hangs."""
    cluster = Cluster()
    cluster.running(INGRESS)
    cluster.reconcile(NEW | INGRESS)
    failing = next(name for kind, name in cluster.objects if kind == "Job" and name != "old")
    cluster.ends(failing, "Failed", "error: a lock")
    cluster.reconcile(NEW | after)
    cluster.pass_(seconds=HANDOVER_SECONDS)
    cluster.reconcile(NEW | after)
    hosts = [
        *(
            rule["host"]
            for made in cluster.observed().kind("Ingress")
            for rule in made["spec"]["rules"]
        ),
        *(
            host
            for made in cluster.observed().kind("HTTPRoute")
            for host in made["spec"]["hostnames"]
        ),
    ]
    wanted = after.get("gateway", {}).get("hostnames") or [after["ingress"]["host"]]
    assert hosts == wanted
    assert cluster.status["url"].endswith(hosts[0])


def test_a_first_route_waits_for_the_pods_that_it_leads_to() -> None:
    cluster = Cluster()
    cluster.reconcile(INGRESS)
    assert ("Ingress", "sales-api") not in cluster


@pytest.mark.parametrize(
    ("refused", "goes"),
    [
        pytest.param("ConfigMap", True, id="nothing that is refused uses it"),
        pytest.param("Deployment", False, id="old pods may still use it"),
        pytest.param("NetworkPolicy", False, id="policies that replace it may be missing"),
    ],
)
def test_an_opening_is_closed_whatever_cannot_use_it_is_refused(
    refused: str, *, goes: bool
) -> None:
    cluster = Cluster()
    cluster.running(TRACED)
    assert TRACES_POLICY in cluster
    key = next(key for key in sorted(cluster.objects) if key[0] == refused)
    cluster[key]["metadata"]["labels"].pop("app.kubernetes.io/name")
    cluster.refuse[key] = Problem("ApplyFailed", "refused: a webhook")
    cluster.reconcile()
    assert (TRACES_POLICY not in cluster) is goes
