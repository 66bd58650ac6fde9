"""What a platform asks of every dashboard: labels, registries, proxies, meshes, protocols."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_operator.manifests import autoscaling, components, maintenance, names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.mesh import MESHES
from shopx_operator.manifests.platform import Platform
from shopx_operator.manifests.render import render
from shopx_operator.runtime.options import Options
from tests.support.dashboards import dashboard
from tests.support.rendering import OPTIONAL_KINDS, Children, context, environment

OPENSHIFT = "SecurityContextConstraints.security.openshift.io"
EVERYTHING: dict[str, Any] = {
    "environment": "development",
    "api": {"autoscaling": {"mode": "hpa"}},
    "demo": {},
    "ingress": {"host": "sales.example.com"},
    "workers": {"autoscaling": {"min": 0}},
}
REQUIRED = {
    "SHOPX_OPERATOR_NAMESPACE": "n",
    "SHOPX_OPERATOR_VERSION": "1",
    "SHOPX_OPERATOR_APP_IMAGE": "a",
    "SHOPX_OPERATOR_POSTGRES_IMAGE": "p",
    "SHOPX_OPERATOR_REDIS_IMAGE": "r",
}


def on(
    platform: dict[str, Any] | None = None,
    spec: dict[str, Any] | None = None,
    *,
    metadata: dict[str, Any] | None = None,
    kinds: frozenset[str] = OPTIONAL_KINDS,
    **facts: Any,
) -> Context:
    """A dashboard on a platform."""
    made = context(EVERYTHING if spec is None else spec, kinds=kinds)
    if metadata:
        document = dashboard(EVERYTHING if spec is None else spec, "sales")
        document["metadata"] |= {"namespace": "shop"} | metadata
        made = Context(parse_dashboard(document), made.facts)
    given = replace(made.facts, platform=Platform(**(platform or {})), **facts)
    return replace(made, facts=given)


def rendered(*arguments: Any, **more: Any) -> Children:
    return Children(render(on(*arguments, **more)))


def test_without_wishes_nothing_changes() -> None:
    assert rendered({}).objects == Children(render(context(EVERYTHING))).objects


class TestLabels:
    """Of objects and pods, as those who pay for them look for."""

    def test_common_ones_are_on_everything(self) -> None:
        made = rendered({"labels": {"team": "data"}, "annotations": {"cost": "7"}})
        for one in made.objects:
            assert one["metadata"]["labels"]["team"] == "data", one["metadata"]["name"]
            assert one["metadata"]["annotations"]["cost"] == "7", one["metadata"]["name"]
        for pod in made.pods().values():
            assert pod["metadata"]["labels"]["team"] == "data"
            assert pod["metadata"]["annotations"]["cost"] == "7"
        for cron in made.kind("CronJob"):
            assert cron["spec"]["jobTemplate"]["metadata"]["labels"]["team"] == "data"

    def test_they_stay_beside_annotations_with_a_meaning(self) -> None:
        """Of the page of maintenance, and of a ScaledObject that is paused."""
        platform = {"annotations": {"cost": "7"}}
        page, _ = maintenance.objects(on(platform), {"api": 2})
        assert page["metadata"]["annotations"]["cost"] == "7"
        assert maintenance.remembered(page) == {"api": 2}
        keda = {"suspend": True, "api": {"autoscaling": {"mode": "keda"}}}
        (scaled,) = rendered(platform, keda).kind("ScaledObject")
        assert scaled["metadata"]["annotations"]["cost"] == "7"
        assert autoscaling.paused(scaled)

    def test_selectors_stay(self) -> None:
        before, after = rendered({}), rendered({"labels": {"team": "data"}})
        for kind in ("Deployment", "StatefulSet", "Service", "NetworkPolicy"):
            for one in before.kind(kind):
                same = after[kind, one["metadata"]["name"]]["spec"]
                for key in ("selector", "podSelector"):
                    assert same.get(key) == one["spec"].get(key)

    def test_those_of_the_dashboard_are_inherited_by_key_and_by_pattern(self) -> None:
        platform = {
            "labels": {"billing/unit": "shared"},
            "inherited_labels": ["billing/*", "owner"],
            "inherited_annotations": ["*"],
        }
        given = {"billing/unit": "sales", "owner": "ann", "other": "x"}
        notes = {"note": "y", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
        made = rendered(platform, metadata={"labels": given, "annotations": notes})
        for metadata in (
            *(one["metadata"] for one in made.objects),
            *(pod["metadata"] for pod in made.pods().values()),
        ):
            labels = metadata["labels"]
            assert (labels["billing/unit"], labels["owner"]) == ("sales", "ann")
            assert "other" not in labels
            assert metadata["annotations"]["note"] == "y"
            assert "kubectl.kubernetes.io/last-applied-configuration" not in metadata["annotations"]

    @pytest.mark.parametrize(
        "key", ["argocd.argoproj.io/tracking-id", "meta.helm.sh/release-name", "helm.sh/chart"]
    )
    def test_what_other_tools_find_their_objects_by_is_not(self, key: str) -> None:
        """A child with it would be a part of their release, and be pruned."""
        platform = {"inherited_labels": ["*"], "inherited_annotations": ["*"]}
        made = rendered(platform, metadata={"labels": {key: "x"}, "annotations": {key: "x"}})
        for one in made.objects:
            assert key not in one["metadata"]["labels"]
            assert key not in one["metadata"].get("annotations", {})

    def test_the_operators_own_win_and_are_refused_where_they_are_asked_for(self) -> None:
        own = {names.LABEL_INSTANCE: "other", names.LABEL_DATA: "true"}
        made = rendered({"inherited_labels": ["*"]}, metadata={"labels": own})
        assert {one["metadata"]["labels"][names.LABEL_INSTANCE] for one in made.objects} == {
            "sales"
        }
        marked = {
            one["kind"] for one in made.objects if names.LABEL_DATA in one["metadata"]["labels"]
        }
        assert marked == {"PersistentVolumeClaim", "Secret"}
        for key in own:
            with pytest.raises(ValidationError, match="the operator sets"):
                Platform(labels={key: "x"})


def test_a_registry_s_secrets_come_first_and_once() -> None:
    made = rendered(
        {"pull_secrets": ["platform", "both"]}, {"images": {"pullSecrets": ["both", "own"]}}
    )
    for name, pod in made.pods().items():
        secrets = [one["name"] for one in pod["spec"]["imagePullSecrets"]]
        assert secrets == ["platform", "both", "own"], name


def test_a_storage_class_is_a_default() -> None:
    def claim(spec: dict[str, Any]) -> Object:
        return rendered({"storage_class_name": "fast"}, spec)[
            "PersistentVolumeClaim", "sales-database"
        ]

    assert claim({})["spec"]["storageClassName"] == "fast"
    assert claim({})["metadata"]["annotations"][names.ANNOTATION_CLASS] == "fast"
    own = {"database": {"bundled": {"storage": {"className": "own"}}}}
    assert claim(own)["spec"]["storageClassName"] == "own"


class TestProxy:
    """What is outside the cluster is reached through it."""

    def test_every_container_knows_it_and_what_needs_none(self) -> None:
        proxy = {"https": "http://proxy:3128", "noProxy": ["10.0.0.0/8"]}
        made = rendered({"proxy": proxy}, cluster_domain="corp.local")
        for name, pod in made.pods().items():
            for number in range(len(pod["spec"]["containers"])):
                env = environment(pod, number)
                assert env["HTTPS_PROXY"] == env["https_proxy"] == "http://proxy:3128", name
                assert "HTTP_PROXY" not in env
                direct = env["NO_PROXY"].split(",")
                assert {".svc", ".corp.local", "localhost", "10.0.0.0/8"} <= {*direct}
                assert env["no_proxy"] == env["NO_PROXY"]

    def test_a_manifest_has_another(self) -> None:
        made = rendered(
            {"proxy": {"http": "http://one"}},
            {"podTemplate": {"env": {"HTTP_PROXY": "http://two"}}},
        )
        assert environment(made.pod("Deployment", "sales-api"))["HTTP_PROXY"] == "http://two"


class TestOpenShift:
    """`restricted-v2` admits only the users of the namespace's own range, and fills them in."""

    def test_no_pod_names_a_user(self) -> None:
        made = rendered(kinds=OPTIONAL_KINDS | {OPENSHIFT})
        for name, pod in made.pods().items():
            security = pod["spec"]["securityContext"]
            assert security == {
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            }, name

    def test_names_are_looked_up_where_its_servers_listen(self) -> None:
        """Policies see the port behind the Service: 5353."""
        (rule,) = rendered()["NetworkPolicy", "sales-default"]["spec"]["egress"]
        ports = {(port["protocol"], port["port"]) for port in rule["ports"]}
        assert ports == {(kind, port) for kind in ("UDP", "TCP") for port in (53, 5353)}


@pytest.mark.parametrize("name", MESHES)
class TestMesh:
    """Pods live beside sidecars."""

    def test_what_ends_has_a_sidecar_that_ends(self, name: str) -> None:
        made = rendered({"service_mesh": name})
        ending = {
            key: pod
            for key, pod in made.pods().items()
            if pod["spec"].get("restartPolicy") == "Never"
        }
        assert any("migrate" in key for key in ending)
        assert any(key.startswith("CronJob") for key in ending)
        for key, pod in made.pods().items():
            notes = pod["metadata"].get("annotations", {})
            for annotation in MESHES[name].native:
                assert (notes.get(annotation) == "true") == (key in ending), key

    def test_metrics_are_read_from_outside(self, name: str) -> None:
        made = rendered({"service_mesh": name})
        with_metrics = components.names(components.WITH_METRICS)
        for key, pod in made.pods().items():
            notes = pod["metadata"].get("annotations", {})
            component = pod["metadata"]["labels"][names.LABEL_COMPONENT]
            expected = "9100" if component in with_metrics else None
            assert notes.get(MESHES[name].unproxied) == expected, key

    def test_policies_let_sidecars_through(self, name: str) -> None:
        """To the control plane, and from proxy to proxy wherever pods may talk."""
        mesh = MESHES[name]
        made = rendered({"service_mesh": name})
        closed = made["NetworkPolicy", "sales-default"]["spec"]["egress"]
        assert [port["port"] for port in closed[1]["ports"]] == list(mesh.control_ports)
        for part, side in (
            ("database", "ingress"),
            ("redis", "ingress"),
            ("api", "ingress"),
            ("database-clients", "egress"),
            ("redis-clients", "egress"),
        ):
            (rule,) = made["NetworkPolicy", f"sales-{part}"]["spec"][side]
            assert mesh.tunnel_port in [port["port"] for port in rule["ports"]], part


class TestProtocols:
    """IPv4, IPv6, or both."""

    def test_services_are_reached_by_those_of_the_platform(self) -> None:
        wish = {"ip_family_policy": "PreferDualStack", "ip_families": ["IPv6", "IPv4"]}
        for service in rendered(wish).kind("Service"):
            assert service["spec"]["ipFamilyPolicy"] == "PreferDualStack"
            assert service["spec"]["ipFamilies"] == ["IPv6", "IPv4"]
        for service in rendered().kind("Service"):
            assert not service["spec"].keys() & {"ipFamilyPolicy", "ipFamilies"}

    @pytest.mark.parametrize(("ipv6", "address"), [(True, "::"), (False, "0.0.0.0")])  # noqa: S104
    def test_servers_listen_at_every_address_of_pods(self, *, ipv6: bool, address: str) -> None:
        seen = set()
        for key, pod in rendered(ipv6=ipv6).pods().items():
            for name, value in environment(pod).items():
                if name.endswith("_HOST"):
                    seen.add(name)
                    assert value == address, (key, name)
        assert seen == {"SHOPX_API_HOST", "SHOPX_METRICS_HOST", "SHOPX_COLUMNS_HOST"}

    @pytest.mark.parametrize(
        ("addresses", "ipv6"), [("10.0.0.1", False), ("10.0.0.1,fd00::1", True), ("", False)]
    )
    def test_the_operator_knows_them_by_its_own(self, addresses: str, *, ipv6: bool) -> None:
        assert Options.from_env(REQUIRED | {"SHOPX_OPERATOR_POD_IPS": addresses}).ipv6 is ipv6


class TestOptions:
    """How the wishes reach the operator."""

    def test_the_chart_s_json_is_read(self) -> None:
        text = '{"serviceMesh": "istio", "proxy": {"noProxy": ["a"]}, "pullSecrets": ["b"]}'
        read = Options.from_env(REQUIRED | {"SHOPX_OPERATOR_PLATFORM": text}).platform
        assert (read.service_mesh, read.proxy.no_proxy, read.pull_secrets) == (
            "istio",
            ["a"],
            ["b"],
        )

    @pytest.mark.parametrize("text", ['{"mesh": "istio"}', '{"serviceMesh": "other"}', "{"])
    def test_what_it_does_not_know_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidConfiguration, match="SHOPX_OPERATOR_PLATFORM"):
            Options.from_env(REQUIRED | {"SHOPX_OPERATOR_PLATFORM": text})
