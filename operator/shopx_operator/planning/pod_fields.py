"""Which fields of pods a dashboard's author may set.

The right to write a dashboard is not the right to run privileged pods, to mount other Secrets or
to use another ServiceAccount. So `podTemplate` takes what places and sizes pods; the
administrator may permit more.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from shopx_core.resource.rules import Resource
from shopx_core.resource.v1beta1.pods import PodTemplate
from shopx_operator.manifests import components
from shopx_operator.planning.problem import Problem

EVERYTHING: Final = "*"

_HARMLESS: Final = frozenset(
    {
        "metadata.annotations",
        "metadata.labels",
        "spec.affinity",
        "spec.hostname",
        "spec.nodeSelector",
        "spec.priorityClassName",
        "spec.runtimeClassName",
        "spec.schedulerName",
        "spec.terminationGracePeriodSeconds",
        "spec.tolerations",
        "spec.topologySpreadConstraints",
        "spec.containers.imagePullPolicy",
        "spec.containers.name",
        "spec.containers.resources",
        *(
            f"spec.containers.{probe}.{field}"
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
            for field in (
                "failureThreshold",
                "initialDelaySeconds",
                "periodSeconds",
                "successThreshold",
                "timeoutSeconds",
            )
        ),
    }
)
_CONTAINERS: Final[Mapping[str, tuple[str, ...]]] = {
    "spec.api": ("api", "maintenance"),
    "spec.columns": ("columns",),
    "spec.fold": ("fold",),
    "spec.workers": ("workers", "queue-exporter"),
    "spec.jobs": tuple(
        one.name
        for one in components.ALL
        if one.role is components.Role.JOB or one is components.TRICKLE
    ),
    "spec.database.bundled": ("postgres",),
    "spec.cache.redis.bundled": ("redis", "sentinel"),
}
"""The containers of the pods that a component's `podTemplate` is for; `spec.podTemplate` is for
all."""
_UNSAFE_ANNOTATIONS: Final = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
)
"""Prefixes of annotations that loosen a container's confinement."""
_OWN_VARIABLES: Final = ("LD_", "PG", "POSTGRES", "PYTHON", "SHOPX_")
"""Prefixes of variables that redirect connections or load code."""


def pod_field_problems(spec: Resource, permitted: Collection[str]) -> list[Problem]:
    """What is refused in each `podTemplate` of a spec.

    Args:
        spec: The spec.
        permitted: Fields that are permitted beside the harmless ones, each with everything below
            it, such as `spec.serviceAccountName`; `*` = all.
    """
    problems = []
    for where, layer in _layers(spec, "spec"):
        refused = [path for path in _fields(layer) if not is_permitted(path, permitted)]
        if refused:
            problems.append(
                Problem(
                    "PodFieldRefused",
                    f"{where} sets {', '.join(dict.fromkeys(refused))}, which could give its author"
                    " more rights than a dashboard needs; leave it out, or let the administrator"
                    " list it under permitted.podFields in the values of the operator's chart.",
                )
            )
    return problems


def unknown_container_problems(spec: Resource) -> list[Problem]:
    """Overrides of containers that no pod has, which therefore change nothing.

    Args:
        spec: The spec.
    """
    problems = []
    for where, layer in _layers(spec, "spec"):
        known = _CONTAINERS.get(where.removesuffix(".podTemplate")) or tuple(
            name for names in _CONTAINERS.values() for name in names
        )
        given = ((layer.overrides or {}).get("spec") or {}).get("containers") or ()
        unknown = [
            str(one.get("name"))
            for one in given
            # With an image it is a container of its own.
            if isinstance(one, Mapping) and "image" not in one and one.get("name") not in known
        ]
        if unknown:
            problems.append(
                Problem(
                    "UnknownContainer",
                    f"{where}.overrides sets fields of {', '.join(map(repr, unknown))}, which none"
                    f" of its pods has, so they change nothing. The containers are"
                    f" {', '.join(known)}.",
                    blocks=False,
                )
            )
    return problems


def _layers(model: Resource, path: str) -> Iterator[tuple[str, PodTemplate]]:
    """Every `podTemplate` below a model, with its path."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, PodTemplate):
            yield f"{path}.{field.alias}", value
        elif isinstance(value, Resource):
            yield from _layers(value, f"{path}.{field.alias}")


def is_permitted(path: str, permitted: Collection[str]) -> bool:
    """Whether a field of a PodTemplateSpec may be set."""
    return path in _HARMLESS or any(
        entry in (EVERYTHING, path) or path.startswith(f"{entry}.") for entry in permitted
    )


def _fields(layer: PodTemplate) -> Iterator[str]:
    """The paths of all fields that a layer sets, as they are in a PodTemplateSpec."""
    if layer.service_account_name is not None:
        yield "spec.serviceAccountName"
    yield from _annotations(layer.annotations)
    for name in layer.env:
        yield from _variable({"name": name})
    for volume in layer.volumes:
        yield from _volume(volume)
    if layer.volume_mounts:
        yield "spec.containers.volumeMounts"
    yield from _overridden(layer.overrides or {})


def _overridden(overrides: Mapping[str, Any]) -> Iterator[str]:
    for part in overrides.keys() - {"metadata", "spec"}:
        yield str(part)
    metadata = overrides.get("metadata", {})
    spec = overrides.get("spec", {})
    if not isinstance(metadata, Mapping) or not isinstance(spec, Mapping):
        # Null would remove what the pods need to be the dashboard's own.
        yield "metadata" if not isinstance(metadata, Mapping) else "spec"
        return
    for name, value in metadata.items():
        if name == "annotations" and isinstance(value, Mapping):
            yield from _annotations(value)
        else:
            yield f"metadata.{name}"
    for name, value in spec.items():
        read = _LISTS.get(name)
        if read is not None and isinstance(value, list):
            for item in value:
                yield from read(item)
        else:
            yield f"spec.{name}"


def _annotations(annotations: Mapping[str, Any]) -> Iterator[str]:
    for name in annotations:
        if str(name).startswith(_UNSAFE_ANNOTATIONS):
            yield f"metadata.annotations.{name}"


def _volume(volume: Any) -> Iterator[str]:
    """By their kinds: the node's own disk is not a ConfigMap."""
    kinds = sorted(volume.keys() - {"name"}) if isinstance(volume, Mapping) else []
    for kind in kinds:
        yield f"spec.volumes.{kind}"
    if not kinds:
        yield "spec.volumes"


def _container(container: Any) -> Iterator[str]:
    if not isinstance(container, Mapping):
        yield "spec.containers"
        return
    for name, value in container.items():
        path = f"spec.containers.{name}"
        if name == "env" and isinstance(value, list):
            for variable in value:
                yield from _variable(variable)
        elif str(name).endswith("Probe") and isinstance(value, Mapping):
            yield from (f"{path}.{field}" for field in value)
        else:
            yield path


def _variable(variable: Any) -> Iterator[str]:
    """A variable is refused if it is one of ours, or reads a Secret."""
    if not isinstance(variable, Mapping):
        yield "spec.containers.env"
        return
    name = str(variable.get("name", ""))
    source = variable.get("valueFrom")
    reads = isinstance(source, Mapping) and not source.keys() <= {"fieldRef", "resourceFieldRef"}
    odd = source is not None and not isinstance(source, Mapping)
    if name.startswith(_OWN_VARIABLES) or reads or odd:
        yield f"spec.containers.env.{name}"


_LISTS: Final = {"containers": _container, "volumes": _volume}
"""The lists of a pod's spec with items that are judged one by one."""
