"""What surrounds the pods: CronJobs, routes, network policies, monitoring."""

import json
from typing import Any

import pytest

from shopx_core.containers.variables import DATABASE_DSN, REDIS_URL
from shopx_operator.manifests import names, routes, schedules
from shopx_operator.manifests.routes import HTTPS_ONLY
from shopx_operator.planning.preflight import preflight
from tests.support.alerts import alerts_of
from tests.support.rendering import children, context, environment

EXTERNAL = {"database": {"external": {"secretRef": {"name": "db"}}}}
SENT: dict[str, Any] = {
    "reports": {
        "smtp": {
            "host": "smtp.example.org",
            "from": "a@example.org",
            "username": "reports",
            "secretRef": {"name": "smtp"},
        },
        "webhooks": {"secretRef": {"name": "webhooks", "key": "secret"}},
    }
}
PUBLIC: dict[str, Any] = {"auth": {"public": True}}


class TestSchedules:
    """CronJobs."""

    def test_each_view_has_one_and_none_start_together(self) -> None:
        crons = children({"reporting": {"timezone": "Europe/Berlin"}}).kind("CronJob")
        schedules_ = [cron["spec"]["schedule"] for cron in crons]
        assert len(set(schedules_)) == len(schedules_) >= 5
        for cron in crons:
            spec = cron["spec"]
            assert spec["timeZone"] == "Europe/Berlin"
            assert spec["concurrencyPolicy"] == "Forbid"
            assert spec["suspend"] is False
            assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"]

    def test_a_manifests_schedule_replaces_the_built_in_one(self) -> None:
        view = {"name": "mv_customer_rfm", "schedule": "*/20 * * * *", "concurrently": False}
        made = children({"refresh": {"views": [view]}})
        cron = made["CronJob", schedules.refresh_name(context(), "mv_customer_rfm")]
        assert cron["spec"]["schedule"] == "*/20 * * * *"
        assert cron["metadata"]["labels"][names.LABEL_VIEW] == "mv_customer_rfm"
        pod = made.pod("CronJob", cron["metadata"]["name"])
        command = pod["spec"]["containers"][0]["command"]
        assert command == ["shopx", "refresh", "mv_customer_rfm", "--blocking"]

    def test_the_fit_of_predictions_is_only_enqueued(self) -> None:
        """A worker runs it, so the CronJob's pod reaches Redis and no database."""
        pod = children().pod("CronJob", "sales-predictions")
        assert pod["spec"]["containers"][0]["command"] == ["shopx", "enqueue", "fit-predictions"]
        assert REDIS_URL in environment(pod)
        assert DATABASE_DSN not in environment(pod)

    def test_due_reports_are_looked_for_where_the_manifest_wants_them(self) -> None:
        assert ("CronJob", "sales-reports") not in children()
        made = children({"reports": {}})
        assert made["CronJob", "sales-reports"]["spec"]["schedule"] == "*/5 * * * *"
        pod = made.pod("CronJob", "sales-reports")
        assert pod["spec"]["containers"][0]["command"] == ["shopx", "enqueue", "send-reports"]
        assert DATABASE_DSN not in environment(pod)

    def test_the_figures_are_verified_at_night(self) -> None:
        """Once: a difference stays, and finding it again would read the whole ledger again."""
        made = children({"reporting": {"timezone": "Europe/Berlin"}})
        spec = made["CronJob", "sales-verify"]["spec"]
        assert (spec["schedule"], spec["timeZone"]) == ("32 3 * * *", "Europe/Berlin")
        assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
        pod = made.pod("CronJob", "sales-verify")
        assert pod["spec"]["containers"][0]["command"] == ["shopx", "verify"]
        assert DATABASE_DSN in environment(pod)
        assert REDIS_URL not in environment(pod)

    def test_long_names_of_views_stay_apart(self) -> None:
        views = [{"name": "v" * 60 + end, "schedule": "0 * * * *"} for end in "ab"]
        crons = children({"refresh": {"views": views}}, name="a" * 40).kind("CronJob")
        assert len({cron["metadata"]["name"] for cron in crons}) == len(crons)

    def test_suspended_dashboards_do_nothing(self) -> None:
        assert all(cron["spec"]["suspend"] for cron in children({"suspend": True}).kind("CronJob"))


class TestRoutes:
    """How it is reached."""

    @pytest.mark.parametrize(
        ("spec", "url"),
        [
            ({}, "http://sales-api.shop.svc"),
            ({"ingress": {"host": "a.example.com"}}, "http://a.example.com"),
            (
                {"ingress": {"host": "a.example.com", "tls": {"secretName": "t"}}},
                "https://a.example.com",
            ),
            ({"ingress": {"host": "a.example.com", "path": "/bi/"}}, "http://a.example.com/bi"),
            (
                {"ingress": {"host": "a.localhost", "port": 8080, "path": "/bi"}},
                "http://a.localhost:8080/bi",
            ),
            ({"ingress": {"host": "a.example.com", "port": 80}}, "http://a.example.com"),
            (
                {"gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["b.example.com"]}},
                "https://b.example.com",
            ),
            (
                {
                    "gateway": {
                        "parentRefs": [{"name": "gw"}],
                        "hostnames": ["b.example.com"],
                        "scheme": "http",
                        "port": 8080,
                    }
                },
                "http://b.example.com:8080",
            ),
        ],
        ids=["none", "ingress", "tls", "path", "port", "own-port", "gateway", "gateway-port"],
    )
    def test_url(self, spec: dict[str, Any], url: str) -> None:
        assert routes.url(context(spec | PUBLIC)) == url

    def test_ingress(self) -> None:
        annotations = {"a/b": "c", "haproxy.org/ssl-redirect": "false"}
        ingress = {
            "host": "a.example.com",
            "className": "contour",
            "tls": {"secretName": "t"},
            "annotations": annotations,
        }
        made = children({"ingress": ingress} | PUBLIC)["Ingress", "sales-api"]
        assert made["spec"]["ingressClassName"] == "contour"
        assert made["spec"]["tls"] == [{"hosts": ["a.example.com"], "secretName": "t"}]
        assert made["metadata"]["annotations"] == HTTPS_ONLY | annotations
        (rule,) = made["spec"]["rules"]
        backend = rule["http"]["paths"][0]["backend"]["service"]
        assert backend == {"name": "sales-api", "port": {"name": "http"}}

    def test_a_gateway_needs_the_clusters_help(self) -> None:
        gateway = {
            "gateway": {
                "parentRefs": [{"name": "gw", "namespace": "infra"}],
                "hostnames": ["b.example.com"],
                "path": "/analytics",
            }
        }
        made = children(gateway | PUBLIC)["HTTPRoute", "sales-api"]
        assert made["spec"]["parentRefs"] == [{"name": "gw", "namespace": "infra"}]
        (rule,) = made["spec"]["rules"]
        assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/analytics"}}]
        assert routes.url(context(gateway | PUBLIC)) == "https://b.example.com/analytics"
        assert children(gateway | PUBLIC, kinds=frozenset()).kind("HTTPRoute") == []


class TestNetwork:
    """Closed but for what is needed."""

    def test_everything_is_closed_first(self) -> None:
        closed = children()["NetworkPolicy", "sales-default"]["spec"]
        assert closed["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in closed
        assert {port["port"] for rule in closed["egress"] for port in rule["ports"]} == {53, 5353}

    def test_workers_reach_the_api_the_mail_server_and_webhooks_to_send_reports(self) -> None:
        smtp = {"host": "smtp.example.org", "port": 465, "from": "a@example.org"}
        made = children(
            {
                "reports": {"smtp": smtp},
                "networkPolicy": {"ingressFrom": [{"podSelector": {}}]},
            }
        )
        figures, receivers = made["NetworkPolicy", "sales-reports"]["spec"]["egress"]
        assert figures["to"][0]["podSelector"]["matchLabels"][names.LABEL_COMPONENT] == "api"
        assert [port["port"] for port in receivers["ports"]] == [443, 465]
        (rule,) = made["NetworkPolicy", "sales-api-clients"]["spec"]["ingress"]
        selected = rule["from"][0]["podSelector"]["matchExpressions"][0]
        assert selected["values"] == ["workers"]
        assert ("NetworkPolicy", "sales-reports") not in children()

    def test_servers_are_reached_by_who_uses_them(self) -> None:
        made = children()
        for name, outsider in (("sales-database", "redis"), ("sales-redis", "fold")):
            (rule,) = made["NetworkPolicy", name]["spec"]["ingress"]
            peer, *more = rule["from"]
            assert bool(more) == (name == "sales-redis"), "the operator tunes the cache"
            (expression,) = peer["podSelector"]["matchExpressions"]
            assert "api" in expression["values"]
            assert outsider not in expression["values"]

    def test_every_pod_that_has_a_url_may_use_it(self) -> None:
        made = children({"environment": "development", "demo": {}})
        for variable, policy in (
            (DATABASE_DSN, "sales-database-clients"),
            (REDIS_URL, "sales-redis-clients"),
        ):
            (expression,) = made["NetworkPolicy", policy]["spec"]["podSelector"]["matchExpressions"]
            users = {
                pod["metadata"]["labels"][names.LABEL_COMPONENT]
                for pod in made.pods().values()
                if variable in environment(pod)
            }
            assert users == set(expression["values"]) & {
                pod["metadata"]["labels"][names.LABEL_COMPONENT] for pod in made.pods().values()
            }

    def test_external_servers_are_reached_at_their_ports(self) -> None:
        spec = EXTERNAL | {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}}}
        made = children(spec)
        for policy, port in (("sales-database-clients", 6543), ("sales-redis-clients", 6380)):
            (rule,) = made["NetworkPolicy", policy]["spec"]["egress"]
            assert rule == {"ports": [{"protocol": "TCP", "port": port}]}

    def test_traces_leave_for_their_collector_alone(self) -> None:
        assert ("NetworkPolicy", "sales-traces-clients") not in children()
        for url, port in (("http://otel:4318", 4318), ("https://otel.example.com/x", 443)):
            made = children({"monitoring": {"traces": {"endpoint": url}}})
            policy = made["NetworkPolicy", "sales-traces-clients"]["spec"]
            assert policy["egress"] == [{"ports": [{"protocol": "TCP", "port": port}]}]
            senders = {
                pod["metadata"]["labels"][names.LABEL_COMPONENT]
                for pod in made.pods().values()
                if "SHOPX_TRACES_ENDPOINT" in environment(pod)
            }
            (expression,) = policy["podSelector"]["matchExpressions"]
            assert senders == set(expression["values"])

    def test_the_api_may_be_closed_too(self) -> None:
        peer = {"namespaceSelector": {"matchLabels": {"name": "ingress"}}}
        made = children({"networkPolicy": {"ingressFrom": [peer]}})
        (rule,) = made["NetworkPolicy", "sales-api"]["spec"]["ingress"]
        assert rule["from"] == [peer], "the operator reads the metrics on a port of their own"
        assert rule["ports"] == [{"protocol": "TCP", "port": "http"}]
        metrics = made["NetworkPolicy", "sales-metrics"]["spec"]
        assert metrics["ingress"] == [{"ports": [{"protocol": "TCP", "port": "metrics"}]}]
        assert "api" in metrics["podSelector"]["matchExpressions"][0]["values"]

    def test_they_can_be_switched_off(self) -> None:
        assert children({"networkPolicy": {"enabled": False}}).kind("NetworkPolicy") == []


class TestMonitoring:
    """What other tools find."""

    def test_only_what_the_cluster_knows(self) -> None:
        made = children(kinds=frozenset())
        assert made.kind("ServiceMonitor") == []
        assert made.kind("PrometheusRule") == []
        assert ("ConfigMap", "sales-grafana") in made

    def test_service_monitors_find_a_service_with_that_port(self) -> None:
        made = children()
        assert len(made.kind("ServiceMonitor")) == 4
        for monitor in made.kind("ServiceMonitor"):
            wanted = monitor["spec"]["selector"]["matchLabels"].items()
            (endpoint,) = monitor["spec"]["endpoints"]
            (service,) = [
                one for one in made.kind("Service") if wanted <= one["metadata"]["labels"].items()
            ]
            assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}

    @pytest.mark.parametrize(
        ("workers", "expected"),
        [
            ({}, False),
            ({"autoscaling": {"min": 1}}, False),
            ({"autoscaling": {"min": 0}}, True),
            ({"replicas": 0}, True),
        ],
        ids=["fixed", "at least one", "to zero", "none"],
    )
    def test_the_queue_has_an_exporter_where_there_may_be_no_worker(
        self, workers: dict[str, Any], expected: bool
    ) -> None:
        made = children({"workers": workers})
        for kind in ("Deployment", "Service", "ServiceMonitor"):
            assert ((kind, "sales-queue-exporter") in made) is expected
        if expected:
            variables = environment(made.pod("Deployment", "sales-queue-exporter"))
            assert REDIS_URL in variables
            assert DATABASE_DSN not in variables
            (expression,) = made["NetworkPolicy", "sales-metrics"]["spec"]["podSelector"][
                "matchExpressions"
            ]
            assert "queue-exporter" in expression["values"]

    def test_the_grafana_dashboard_is_whole(self) -> None:
        (text,) = children()["ConfigMap", "sales-grafana"]["data"].values()
        model = json.loads(text)
        assert len(model["panels"]) >= 10
        assert len({panel["id"] for panel in model["panels"]}) == len(model["panels"])

    def test_it_shows_decisions_over_latency_and_hit_ratio(self) -> None:
        (text,) = children()["ConfigMap", "sales-grafana"]["data"].values()
        model = json.loads(text)
        titles = [panel["title"] for panel in model["panels"]]
        assert titles[1:3] == ["Answer time p95 by hit and miss", "Hit ratio"]
        (line,) = [one for one in model["annotations"]["list"] if one["name"] == "Decisions"]
        assert 'shopx_operator_wanted{dashboard="sales",namespace="shop"}' in line["expr"]
        (variable,) = model["templating"]["list"]
        assert variable["type"] == "datasource", "nothing else is left to choose"
        asked = [target["expr"] for panel in model["panels"] for target in panel["targets"]]
        for expression in asked:
            assert "$dashboard" not in expression
            assert 'dashboard="sales",namespace="shop"' in expression

    def test_series_carry_the_labels_that_rules_select_by(self) -> None:
        for monitor in children().kind("ServiceMonitor"):
            (endpoint,) = monitor["spec"]["endpoints"]
            given = {one["targetLabel"]: one["replacement"] for one in endpoint["relabelings"]}
            assert given["dashboard"] == "sales"
            assert monitor["metadata"]["name"] == f"sales-{given['component']}"

    def test_the_alert_of_verification_names_its_cronjob(self) -> None:
        alert = alerts_of(children())["ShopXNotVerified"]
        assert 'cronjob="sales-verify",namespace="shop"' in alert["expr"]
        assert "kube_cronjob_spec_suspend" in alert["expr"], "nor while suspended"
        assert ("CronJob", "sales-verify") in children()

    def test_the_alert_of_the_disk_names_the_volume(self) -> None:
        alert = alerts_of(children())["ShopXDiskLow"]
        assert 'persistentvolumeclaim=~"sales-database(-[2-9])?",namespace="shop"' in alert["expr"]
        assert ("PersistentVolumeClaim", "sales-database") in children()

    def test_alerts_say_what_to_do(self) -> None:
        for alert in alerts_of(children()).values():
            assert alert["labels"]["severity"] in ("warning", "critical")
            assert alert["annotations"]["description"]


class TestReports:
    """The secrets of reports."""

    def test_workers_alone_read_them_from_their_secrets(self) -> None:
        given = {"smtp": {"password": "p"}, "webhooks": {"secret": "s"}}
        made = children(SENT, given=given)
        read = environment(made.pod("Deployment", "sales-workers"))
        assert read["SHOPX_REPORTS_SMTP_PASSWORD"] == {
            "secretKeyRef": {"name": "smtp", "key": "password"}
        }
        assert read["SHOPX_REPORTS_SIGNING_KEY"] == {
            "secretKeyRef": {"name": "webhooks", "key": "secret"}
        }
        assert read["SHOPX_REPORTS_API"] == "http://sales-api"
        api = environment(made.pod("Deployment", "sales-api"))
        assert not {"SHOPX_REPORTS_SMTP_PASSWORD", "SHOPX_REPORTS_SIGNING_KEY"} & api.keys()

    def test_a_missing_secret_is_named_before_anything_is_applied(self) -> None:
        problems = {one.message for one in preflight(context(SENT, given={}))}
        assert any("spec.reports.smtp.secretRef" in message for message in problems)
