"""Pods: the common parts, and the manifest's overrides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_core.containers.compute import compute
from shopx_core.resource.presets import Compute
from shopx_core.resource.v1beta1.pods import ComputeResources, PodTemplate
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import authorities, components, config, images, mesh, names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.merge import merge

APP_USER: Final = 10001
"""The user of the application's image."""
SERVER_USER: Final = 999
"""The user of PostgreSQL's and Valkey's images, including the official ones."""
OPENSHIFT: Final = ("SecurityContextConstraints", "security.openshift.io")
"""A kind that OpenShift alone has."""
TMP: Final = "/tmp"  # noqa: S108 -- a volume of the pod's own
PAUSE_SECONDS: Final = 5
"""A pod that terminates gets requests until every node and proxy knows. So it pauses, and
then serves until no request arrives, for at most `LEAVING_SECONDS`."""

# The Pod Security Standard `restricted`, and a read-only file system.
_CONTAINER_SECURITY: Final[Mapping[str, Any]] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One component's pods."""

    component: str
    account: str
    """The part of the ServiceAccount's name."""
    containers: list[Object]
    """The first one is the component's own."""
    init_containers: list[Object] = field(default_factory=list)
    """What runs before them."""
    user: int = APP_USER
    overrides: PodTemplate | None = None
    """The component's own `podTemplate`."""
    secrets: tuple[SecretReference, ...] = ()
    """The keys that the pods read: a change of one restarts them."""
    volumes: list[Object] = field(default_factory=list)
    """Volumes beside the one for temporary files."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels beside the common ones."""
    grace_seconds: int = 30
    """How long a stopping pod may take."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations beside the common ones."""
    uses_kubernetes: bool = False
    """Whether its processes use the Kubernetes API, with the rights of its account."""
    apart: bool = False
    """Whether its pods must be spread over the nodes as evenly as there are any."""
    temporary: str = "1Gi"
    """Room for temporary files."""
    restart_policy: str | None = None
    """`None` = Always, as Deployments require."""


def template(context: Context, pod: Pod) -> Object:
    """The PodTemplateSpec: the component's, then the platform's, then the manifest's layers.

    These are `spec.podTemplate`, and after it the component's own.
    """
    given = [one for one in (context.spec.pod_template, pod.overrides) if one is not None]
    layers = [context.facts.platform.pod_template(context.facts.cluster_domain), *given]
    made: Object = {
        "metadata": {
            "annotations": context.annotations | dict(pod.annotations) | _annotations(context, pod),
            "labels": context.labels | dict(pod.labels),
        },
        "spec": _spec(context, pod),
    }
    for layer in layers:
        made = merge(made, _as_patch(layer, made))
    for layer in layers:
        made = merge(made, _of_this(layer.overrides or {}, made))
    # Last: the API server refuses a Deployment with a selector that misses its pods.
    made["metadata"]["labels"] = made["metadata"].get("labels", {}) | names.labels(
        context.name, pod.component
    )
    if not made["metadata"].get("annotations"):
        made["metadata"].pop("annotations", None)
    return made


def _annotations(context: Context, pod: Pod) -> dict[str, str]:
    annotations = mesh.pod_annotations(
        context,
        ends=pod.restart_policy is not None,
        has_metrics=any(
            port["name"] == "metrics" for one in pod.containers for port in one.get("ports", ())
        ),
    )
    cache = config.redis(context)
    others = [reference for reference in pod.secrets if reference != cache]
    if others:
        annotations[names.ANNOTATION_SECRETS] = context.secret_digest(others)
    if cache in pod.secrets:
        annotations[names.ANNOTATION_REDIS] = context.secret_digest([cache])
    bundled = context.spec.database.bundled
    if bundled is not None and bundled.recovery is not None:
        annotations[names.ANNOTATION_RECOVERY] = bundled.recovery.model_dump_json(
            by_alias=True, exclude_none=True
        )
    if context.spec.restarted_at:
        annotations[names.ANNOTATION_RESTARTED] = context.spec.restarted_at
    return annotations


def _spec(context: Context, pod: Pod) -> Object:
    made: Object = {
        "serviceAccountName": context.child(pod.account),
        "automountServiceAccountToken": pod.uses_kubernetes,
        "enableServiceLinks": False,
        # Process 1 of a PID namespace ignores signals without a handler: without this, a pod that
        # gets SIGTERM while it loads would run until it is killed.
        "shareProcessNamespace": True,
        "terminationGracePeriodSeconds": pod.grace_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            **_users(context, pod),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "topologyKey": key,
                "maxSkew": 1,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": names.selector(context.name, pod.component)},
            }
            for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
        ],
        "containers": pod.containers,
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": pod.temporary}}, *pod.volumes],
    } | images.pull_secrets(context)
    if pod.apart:
        made["topologySpreadConstraints"][0] |= {
            "whenUnsatisfiable": "DoNotSchedule",
            # A drained node counts no more: its pod may join another on the nodes that are left.
            "nodeTaintsPolicy": "Honor",
        }
    if pod.init_containers:
        made["initContainers"] = pod.init_containers
    if pod.restart_policy is not None:
        made["restartPolicy"] = pod.restart_policy
    component = components.named(pod.component)
    if component is not None:
        authorities.mount(context, component, made)
    return made


def _users(context: Context, pod: Pod) -> Object:
    """The users of the processes and of their volumes.

    OpenShift gives each namespace users of its own and admits no others (`restricted-v2`).
    """
    if context.knows(*OPENSHIFT):
        return {}
    return {
        "runAsUser": pod.user,
        "runAsGroup": pod.user,
        "fsGroup": pod.user,
        "fsGroupChangePolicy": "OnRootMismatch",
    }


def _of_this(overrides: Object, made: Object) -> Object:
    """The overrides without those of other pods' containers.

    `spec.podTemplate` is for pods with different containers; without an image its item is no new
    container.
    """
    spec = overrides.get("spec")
    given = spec.get("containers") if isinstance(spec, Mapping) else None
    if spec is None or not isinstance(given, list):
        return overrides
    own = {one["name"] for one in made["spec"]["containers"]}
    kept = [
        one
        for one in given
        if not isinstance(one, Mapping) or "image" in one or one.get("name") in own
    ]
    rest = {key: value for key, value in spec.items() if key != "containers"}
    return overrides | {"spec": rest | ({"containers": kept} if kept else {})}


def _as_patch(layer: PodTemplate, made: Object) -> Object:
    """The named fields of a `podTemplate` as a part of a PodTemplateSpec, for this one."""
    additions = {
        "env": [{"name": name, "value": value} for name, value in layer.env.items()],
        "volumeMounts": layer.volume_mounts,
    }
    added = {key: value for key, value in additions.items() if value}
    spec: Object = {
        key: [{"name": one["name"], **added} for one in made["spec"].get(key, ()) if added]
        for key in ("containers", "initContainers")
    } | {
        "volumes": layer.volumes,
        "serviceAccountName": layer.service_account_name,
        "priorityClassName": layer.priority_class_name,
        "nodeSelector": layer.node_selector,
        "affinity": layer.affinity,
        "tolerations": [
            item.model_dump(by_alias=True, exclude_none=True) for item in layer.tolerations
        ],
    }
    return {
        "metadata": {"labels": layer.labels, "annotations": layer.annotations},
        # A field that a layer leaves out must not erase that of the layer below.
        "spec": {key: value for key, value in spec.items() if value},
    }


def container(
    name: str,
    image: str,
    command: list[str],
    resources: Object,
    **more: Any,
) -> Object:
    """A container.

    Args:
        name: Its name.
        image: Its image.
        command: Replaces the image's own.
        resources: Requests and limits.
        more: Other fields of core/v1 Container; `volumeMounts` are added to the one for
            temporary files.
    """
    mounts = [{"name": "tmp", "mountPath": TMP}, *more.pop("volumeMounts", [])]
    return {
        "name": name,
        "image": image,
        "command": command,
        "resources": resources,
        "securityContext": dict(_CONTAINER_SECURITY),
        # A failing pod has the reason in its status, where the operator reads it.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
        **more,
    }


def pause() -> Object:
    """The lifecycle of a container that visitors reach: it pauses before it stops."""
    return {"preStop": {"exec": {"command": ["sleep", str(PAUSE_SECONDS)]}}}


def app_container(
    context: Context, name: str, command: list[str], resources: Object, **more: Any
) -> Object:
    """A container of the application's image."""
    return container(
        name,
        images.app(context),
        command,
        resources,
        imagePullPolicy=context.spec.images.pull_policy,
        **more,
    )


def resources(given: ComputeResources, preset: Compute) -> Object:
    """Requests and limits: what the manifest says, and the size's figures for the rest."""
    made = compute(given, preset)
    return {
        "requests": {"cpu": made.cpu, "memory": made.memory},
        "limits": {"cpu": made.cpu_limit, "memory": made.memory_limit},
    }
