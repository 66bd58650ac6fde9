"""How a dashboard is reached and watched: hosts, redirects, monitors, networks outside."""

from typing import Any, ClassVar

import pytest

from shopx_operator.manifests.routes import url
from tests.support.dashboards import SECRET
from tests.support.rendering import OPTIONAL_KINDS, children, context

INGRESS = {"host": "a.example.com", "additionalHosts": ["b.example.com", "c.example.com"]}
OPEN = {"auth": {"public": True}}
GATEWAY: dict[str, Any] = {"parentRefs": [{"name": "gw"}], "hostnames": ["a.example.com"]}


class TestHosts:
    """Several names of one dashboard."""

    def test_an_ingress_serves_each_and_its_certificate_is_for_all(self) -> None:
        spec = OPEN | {"ingress": INGRESS | {"path": "/x", "tls": {"secretName": "tls"}}}
        made = children(spec)["Ingress", "sales-api"]["spec"]
        hosts = ["a.example.com", "b.example.com", "c.example.com"]
        assert [rule["host"] for rule in made["rules"]] == hosts
        assert {rule["http"]["paths"][0]["path"] for rule in made["rules"]} == {"/x"}
        assert made["tls"] == [{"hosts": hosts, "secretName": "tls"}]
        assert url(context(spec)) == "https://a.example.com/x"

    def test_open_reads_are_for_all_of_them(self) -> None:
        """Development answers only requests for hosts that it knows."""
        pod = children({"environment": "development", "ingress": INGRESS}).pod(
            "Deployment", "sales-api"
        )
        env = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
        for host in ("a.example.com", "b.example.com", "c.example.com"):
            assert host in env["SHOPX_API_ALLOWED_HOSTS"]


class TestRedirect:
    """Gateways redirect by themselves."""

    def test_a_gateway_s_other_listeners_and_hosts_lead_to_the_url(self) -> None:
        redirect = {"parentRefs": [{"name": "gw", "sectionName": "http"}], "hostnames": ["www.a.b"]}
        made = children(OPEN | {"gateway": GATEWAY | {"redirect": redirect, "port": 8443}})
        route = made["HTTPRoute", "sales-redirect"]["spec"]
        assert route["parentRefs"] == redirect["parentRefs"]
        assert route["hostnames"] == ["www.a.b"]
        (rule,) = route["rules"]
        assert "backendRefs" not in rule
        assert rule["filters"] == [
            {
                "type": "RequestRedirect",
                "requestRedirect": {
                    "scheme": "https",
                    "hostname": "a.example.com",
                    "port": 8443,
                    "statusCode": 301,
                },
            }
        ]

    def test_what_is_left_out_is_the_route_s(self) -> None:
        plain = {"redirect": {"parentRefs": [{"name": "plain"}]}}
        route = children(OPEN | {"gateway": GATEWAY | plain})["HTTPRoute", "sales-redirect"]["spec"]
        assert route["hostnames"] == ["a.example.com"]
        old = {"redirect": {"hostnames": ["old.example.com"]}}
        route = children(OPEN | {"gateway": GATEWAY | old})["HTTPRoute", "sales-redirect"]["spec"]
        assert route["parentRefs"] == [{"name": "gw"}]

    def test_without_one_there_is_one_route(self) -> None:
        assert len(children(OPEN | {"gateway": GATEWAY}).kind("HTTPRoute")) == 1


class TestMonitors:
    """Prometheus Operator's ways to scrape."""

    KINDS = OPTIONAL_KINDS | {"PodMonitor.monitoring.coreos.com"}
    RULES: ClassVar[Any] = [{"action": "labeldrop", "regex": "pod"}]

    @pytest.mark.parametrize("pods", [False, True])
    def test_pods_or_services_are_scraped_with_the_given_relabelings(self, *, pods: bool) -> None:
        wanted = {
            "podMonitor": pods,
            "serviceMonitor": {
                "relabelings": self.RULES,
                "metricRelabelings": self.RULES,
                "labels": {"prometheus": "main"},
            },
        }
        made = children({"monitoring": wanted}, kinds=self.KINDS)
        kind, key = (
            ("PodMonitor", "podMetricsEndpoints") if pods else ("ServiceMonitor", "endpoints")
        )
        (other,) = {"PodMonitor", "ServiceMonitor"} - {kind}
        assert made.kind(other) == []
        assert {one["metadata"]["name"] for one in made.kind(kind)} == {
            f"sales-{part}" for part in ("api", "fold", "columns", "workers")
        }
        for one in made.kind(kind):
            (endpoint,) = one["spec"][key]
            # After those by which rules and dashboards select.
            assert [rule.get("targetLabel") for rule in endpoint["relabelings"]] == [
                "dashboard",
                "component",
                None,
            ]
            assert endpoint["metricRelabelings"] == self.RULES
            assert one["metadata"]["labels"]["prometheus"] == "main"

    def test_a_cluster_without_the_kind_gets_none(self) -> None:
        assert children({"monitoring": {"podMonitor": True}}).kind("PodMonitor") == []


class TestNetworks:
    """Policies cannot name hosts, but networks."""

    SPEC: ClassVar[Any] = {
        "database": {"external": SECRET},
        "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
        "monitoring": {"traces": {"endpoint": "http://otel:4318"}},
    }
    PARTS: ClassVar[Any] = {
        "database-clients": ("databaseNetworks", 6543),
        "redis-clients": ("redisNetworks", 6380),
        "traces-clients": ("tracesNetworks", 4318),
        "imports": ("importNetworks", None),
    }

    @pytest.mark.parametrize("part", PARTS)
    def test_external_servers_are_reached_in_the_given_networks_alone(self, part: str) -> None:
        field, port = self.PARTS[part]
        networks = ["10.20.0.0/16", "fd00::/8"]
        made = children(self.SPEC | {"networkPolicy": {field: networks}})
        for name in self.PARTS:
            (rule,) = made["NetworkPolicy", f"sales-{name}"]["spec"]["egress"]
            peers = [{"ipBlock": {"cidr": one}} for one in networks]
            assert rule.get("to") == (peers if name == part else None), name
        if port is not None:
            (rule,) = made["NetworkPolicy", f"sales-{part}"]["spec"]["egress"]
            assert [one["port"] for one in rule["ports"]] == [port]
