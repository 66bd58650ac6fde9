"""What a dashboard's author may set in `podTemplate`, and what only the administrator permits."""

from typing import Any

import pytest

from shopx_core.resource.manifest import parse_dashboard
from shopx_operator.planning.pod_fields import pod_field_problems
from shopx_operator.planning.preflight import preflight
from tests.support.dashboards import dashboard
from tests.support.rendering import context


def refused(template: dict[str, Any], *permitted: str) -> list[str]:
    spec = parse_dashboard(dashboard({"api": {"podTemplate": template}})).spec
    return [problem.message for problem in pod_field_problems(spec, permitted)]


def pod(**fields: Any) -> dict[str, Any]:
    return {"overrides": {"spec": fields}}


def container(**fields: Any) -> dict[str, Any]:
    return pod(containers=[{"name": "api", **fields}])


REFUSED: dict[str, list[dict[str, Any]]] = {
    "spec.serviceAccountName": [{"serviceAccountName": "root"}, pod(serviceAccountName="root")],
    "spec.automountServiceAccountToken": [pod(automountServiceAccountToken=True)],
    "spec.hostNetwork": [pod(hostNetwork=True)],
    "spec.hostPID": [pod(hostPID=True)],
    "spec.volumes": [pod(volumes=None), pod(volumes=[{"name": "x"}]), pod(volumes=[1])],
    "spec.volumes.hostPath": [
        pod(volumes=[{"name": "x", "hostPath": {"path": "/"}}]),
        {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]},
    ],
    "spec.volumes.configMap": [{"volumes": [{"name": "x", "configMap": {"name": "x"}}]}],
    "spec.securityContext": [pod(securityContext=None), pod(securityContext={"runAsUser": 0})],
    "spec.initContainers": [pod(initContainers=[{"name": "x", "image": "x"}])],
    "spec.ephemeralContainers": [pod(ephemeralContainers=[])],
    "spec.containers": [pod(containers=None), pod(containers=[1])],
    "spec.containers.image": [pod(containers=[{"name": "mine", "image": "evil"}])],
    "spec.containers.command": [container(command=["sh"])],
    "spec.containers.args": [container(args=["x"])],
    "spec.containers.lifecycle": [container(lifecycle={})],
    "spec.containers.securityContext": [container(securityContext={"privileged": True})],
    "spec.containers.volumeMounts": [
        container(volumeMounts=[]),
        {"volumeMounts": [{"name": "x", "mountPath": "/x"}]},
    ],
    "spec.containers.volumeDevices": [container(volumeDevices=[])],
    "spec.containers.envFrom": [container(envFrom=[{"secretRef": {"name": "other"}}])],
    "spec.containers.livenessProbe.httpGet": [container(livenessProbe={"httpGet": {"host": "x"}})],
    "spec.containers.readinessProbe": [container(readinessProbe=None)],
    "spec.containers.env.OTHER": [
        container(env=[{"name": "OTHER", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}])
    ],
    "spec.containers.env.SHOPX_REDIS_URL": [
        container(env=[{"name": "SHOPX_REDIS_URL", "value": "redis://mine"}])
    ],
    "spec.containers.env.LD_PRELOAD": [
        container(env=[{"name": "LD_PRELOAD", "value": "x"}]),
        {"env": {"LD_PRELOAD": "x"}},
    ],
    "spec.containers.env": [container(env=None)],
    "spec.dnsConfig": [pod(dnsConfig={"nameservers": ["10.0.0.1"]})],
    "spec.nodeName": [pod(nodeName="control-plane")],
    "metadata": [{"overrides": {"metadata": None}}],
    "metadata.ownerReferences": [{"overrides": {"metadata": {"ownerReferences": []}}}],
    "spec": [{"overrides": {"spec": None}}],
    "status": [{"overrides": {"status": {}}}],
    "metadata.annotations.container.apparmor.security.beta.kubernetes.io/api": [
        {"annotations": {"container.apparmor.security.beta.kubernetes.io/api": "unconfined"}},
        {
            "overrides": {
                "metadata": {
                    "annotations": {"container.apparmor.security.beta.kubernetes.io/api": "x"}
                }
            }
        },
    ],
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_gives_more_rights_is_refused_by_its_path(path: str) -> None:
    """And permitted by that path, by one above it, or by `*`."""
    for template in REFUSED[path]:
        (message,) = refused(template)
        assert message.startswith(f"spec.api.podTemplate sets {path},")
        assert "permitted.podFields" in message
        assert refused(template, path) == []
        assert refused(template, "*") == []
        assert refused(template, path.partition(".")[0]) == []
        assert refused(template, f"{path}x") != []


def test_what_places_and_sizes_pods_is_free() -> None:
    probe = {"periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 9}
    variables = [
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    assert (
        refused(
            {
                "labels": {"team": "shop"},
                "annotations": {"sidecar.istio.io/inject": "false"},
                "nodeSelector": {"pool": "big"},
                "tolerations": [{"key": "dedicated"}],
                "affinity": {"nodeAffinity": {}},
                "priorityClassName": "high",
                "overrides": {
                    "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
                    "spec": {
                        "runtimeClassName": "gvisor",
                        "topologySpreadConstraints": [],
                        "terminationGracePeriodSeconds": 60,
                        "containers": [
                            {
                                "name": "api",
                                "resources": {"limits": {"cpu": "2"}},
                                "env": variables,
                                "livenessProbe": probe,
                                "readinessProbe": probe,
                            }
                        ],
                    },
                },
            }
        )
        == []
    )


def test_every_component_is_looked_at() -> None:
    template = {"serviceAccountName": "root"}
    spec = parse_dashboard(
        dashboard(
            {
                "podTemplate": template,
                "api": {"podTemplate": template},
                "workers": {"podTemplate": template},
                "fold": {"podTemplate": template},
                "columns": {"podTemplate": template},
                "database": {"bundled": {"podTemplate": template}},
                "cache": {"redis": {"bundled": {"podTemplate": template}}},
            }
        )
    ).spec
    assert len(pod_field_problems(spec, ())) == 7


def test_a_refused_field_keeps_every_pod_away() -> None:
    """The problem blocks: nothing with a pod template is applied."""
    made = context({"podTemplate": {"overrides": {"spec": {"hostNetwork": True}}}})
    (problem,) = preflight(made)
    assert problem.blocks
    assert problem.reason == "PodFieldRefused"
