"""Overrides reach the pods that they are for: of every component, of Jobs, of the page."""

from typing import Any

import pytest

from shopx_operator.manifests import components, database, maintenance, names, redis_check
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.render import render
from shopx_operator.planning.pod_fields import unknown_container_problems
from tests.support.rendering import Children, context, environment, pod_template

OVERRIDES: dict[str, Any] = {
    "env": {"NOTE": "x"},
    "volumes": [{"name": "fonts", "configMap": {"name": "fonts"}}],
    "volumeMounts": [{"name": "fonts", "mountPath": "/fonts"}],
    "nodeSelector": {"disk": "ssd"},
}
SPEC: dict[str, Any] = {
    "environment": "development",
    "demo": {"liveOrdersPerMinute": 60},
    "workers": {"autoscaling": {"min": 0}},
    "backup": {"destination": {"pvc": {"size": "20Gi"}}},
    "reports": {},
}
WHERE = {
    "api": ("api", "maintenance"),
    "columns": ("columns",),
    "fold": ("fold",),
    "workers": ("workers", "queue-exporter"),
    "jobs": (
        *("migrate", "refresh", "partitions", "predictions", "verify", "seed", "trickle"),
        *("redis-check", "database-check", "backup", "backup-check", "reports"),
    ),
    "database": ("database",),
    "redis": ("redis",),
}


def wrapped(group: str, value: dict[str, Any]) -> dict[str, Any]:
    """A spec with fields of one component."""
    match group:
        case "database":
            return {"database": {"bundled": value}}
        case "redis":
            return {"cache": {"redis": {"bundled": value}}}
    return {group: SPEC.get(group, {}) | value}


def pods(spec: dict[str, Any]) -> dict[str, Object]:
    """Every PodTemplateSpec that the operator may make, by component."""
    made = context(SPEC | spec)
    assert made.spec.database.bundled is not None
    objects = [
        *Children(render(made)).objects,
        *maintenance.objects(made, {"api": 2}),
        redis_check.job(made),
        database.check_job(made, made.spec.database.bundled),
    ]
    found = [pod for one in objects if (pod := pod_template(one)) is not None]
    return {pod["metadata"]["labels"][names.LABEL_COMPONENT]: pod for pod in found}


def test_every_component_is_covered() -> None:
    every = {*components.names(components.ALL), "maintenance"}
    assert {part for parts in WHERE.values() for part in parts} == every


@pytest.mark.parametrize("group", WHERE)
def test_a_component_s_template_reaches_its_pods_and_no_others(group: str) -> None:
    for component, pod in pods(wrapped(group, {"podTemplate": OVERRIDES})).items():
        mine = component in WHERE[group]
        assert (pod["spec"].get("nodeSelector") == {"disk": "ssd"}) == mine, component
        volumes = [volume["name"] for volume in pod["spec"]["volumes"]]
        assert ("fonts" in volumes) == mine, component
        for number, container in enumerate(pod["spec"]["containers"]):
            assert (environment(pod, number).get("NOTE") == "x") == mine, component
            mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
            assert ("/fonts" in mounts) == mine, component
            # What the pod has anyway stays.
            assert "/tmp" in mounts, component  # noqa: S108


def test_that_of_the_spec_reaches_all() -> None:
    for component, pod in pods({"podTemplate": OVERRIDES}).items():
        assert pod["spec"]["nodeSelector"] == {"disk": "ssd"}, component
        assert environment(pod)["NOTE"] == "x", component


@pytest.mark.parametrize("where", ["podTemplate", "api", "workers"])
def test_a_container_s_overrides_make_no_container_of_other_pods(where: str) -> None:
    """The API server refuses one without an image."""
    container = {"name": "api" if where == "api" else "workers", "imagePullPolicy": "Always"}
    template = {"overrides": {"spec": {"containers": [container]}}}
    spec = (
        {"podTemplate": template}
        if where == "podTemplate"
        else wrapped(where, {"podTemplate": template})
    )
    for component, pod in pods(spec).items():
        (one,) = pod["spec"]["containers"]
        assert "image" in one, component
        if component == container["name"]:
            assert one["imagePullPolicy"] == "Always"


@pytest.mark.parametrize("group", WHERE)
def test_overrides_of_a_container_that_no_pod_has_are_told(group: str) -> None:
    """Each name that pods have is known, and no other: a typing error would change nothing."""
    every = pods({})
    own = [one["name"] for part in WHERE[group] for one in every[part]["spec"]["containers"]]

    def problems(name: str, **more: str) -> list[str]:
        containers = [{"name": name, "imagePullPolicy": "Always", **more}]
        template = {"podTemplate": {"overrides": {"spec": {"containers": containers}}}}
        found = unknown_container_problems(context(SPEC | wrapped(group, template)).spec)
        assert not any(problem.blocks for problem in found)
        return [problem.message for problem in found]

    assert [problems(name) for name in own] == [[]] * len(own)
    (message,) = problems(f"{own[0]}s-x")
    assert f"podTemplate.overrides sets fields of '{own[0]}s-x'" in message
    assert all(name in message for name in own)
    assert problems("proxy", image="proxy:1") == []


def test_the_spec_s_overrides_may_name_the_containers_of_all_pods() -> None:
    names_of_all = [one["name"] for pod in pods({}).values() for one in pod["spec"]["containers"]]
    template = {"overrides": {"spec": {"containers": [{"name": name} for name in names_of_all]}}}
    assert unknown_container_problems(context(SPEC | {"podTemplate": template}).spec) == []
    template["overrides"]["spec"]["containers"].append({"name": "ap"})
    (problem,) = unknown_container_problems(context(SPEC | {"podTemplate": template}).spec)
    assert problem.reason == "UnknownContainer"
    assert problem.message.startswith("spec.podTemplate.overrides sets fields of 'ap', which none")


def test_a_container_with_an_image_is_a_new_one() -> None:
    more = {"name": "proxy", "image": "proxy:1"}
    spec = {"api": {"podTemplate": {"overrides": {"spec": {"containers": [more]}}}}}
    assert more in pods(spec)["api"]["spec"]["containers"]


def test_jobs_have_compute_of_their_own() -> None:
    asked = {"requests": {"cpu": "333m", "memory": "333Mi"}}
    made = pods({"jobs": {"resources": asked}})
    sized = (
        *("migrate", "refresh", "partitions", "predictions", "verify", "seed"),
        *("redis-check", "reports"),
    )
    for component, pod in made.items():
        requests = pod["spec"]["containers"][0]["resources"]["requests"]
        assert (requests["cpu"] == "333m") == (component in sized), component
