"""The builder of the columnar replica, which serves its builds to the API pods."""

from typing import Final

from shopx_core.containers.compute import MIB, columns_build_memory
from shopx_core.containers.variables import COLUMNS_FOLDER
from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1.spec import columns_enabled, columns_storage
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import components, config
from shopx_operator.manifests.context import TOKEN_KEY, Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import deployment, metrics_ports, metrics_service

COMPONENT: Final = components.COLUMNS.name
PORT: Final = 9200
_VOLUME: Final = "columns"
_FOLDER: Final = {"name": "SHOPX_COLUMNS_FOLDER", "value": COLUMNS_FOLDER}
MOUNT: Final = {"name": _VOLUME, "mountPath": COLUMNS_FOLDER}


def objects(context: Context) -> list[Object]:
    """Deployment and Service; none without a replica."""
    if not columns_enabled(context.spec):
        return []
    made = deployment(context, COMPONENT, _template(context))
    # Two builders would read the ledger twice, and a volume of one node serves one pod.
    made["spec"]["strategy"] = {"type": "Recreate"}
    port = {
        "name": "generations",
        "port": PORT,
        "targetPort": "generations",
        "appProtocol": "http",
    }
    return [made, metrics_service(context, COMPONENT, port)]


def secret(context: Context) -> SecretReference:
    """The secret that the builder and the API pods share."""
    return SecretReference(name=context.child(COMPONENT), key=TOKEN_KEY)


def secrets(context: Context) -> tuple[SecretReference, ...]:
    """What a pod that uses the replica reads; nothing without a replica."""
    return (secret(context),) if columns_enabled(context.spec) else ()


def reader_environment(context: Context) -> list[Object]:
    """The variables of an API pod, which fetches builds; none without a replica."""
    if not columns_enabled(context.spec):
        return []
    host = f"{context.child(COMPONENT)}.{context.namespace}.svc"
    # The kubelet evicts a pod whose volume outgrows its limit, so the pod stays below it.
    room = int(amount(columns_storage(context.spec)) * 9 / 10 / MIB)
    return [
        _FOLDER,
        {"name": "SHOPX_COLUMNS_SOURCE", "value": f"http://{host}:{PORT}"},
        {"name": "SHOPX_COLUMNS_ROOM", "value": str(room)},
        _token(context),
    ]


def reader_volumes(context: Context) -> list[Object]:
    """The volume of an API pod's builds; none without a replica."""
    return [_own_disk(context)] if columns_enabled(context.spec) else []


def reader_mounts(context: Context) -> list[Object]:
    """Where an API pod has them; nowhere without a replica."""
    return [dict(MOUNT)] if columns_enabled(context.spec) else []


def _token(context: Context) -> Object:
    reference = secret(context).model_dump(by_alias=True)
    return {"name": "SHOPX_COLUMNS_TOKEN", "valueFrom": {"secretKeyRef": reference}}


def _own_disk(context: Context) -> Object:
    """Room on the pod's node."""
    return {"name": _VOLUME, "emptyDir": {"sizeLimit": columns_storage(context.spec)}}


def _volume(context: Context) -> Object:
    """The builder's: a new pod builds anew, so no volume outlives it."""
    class_name = context.spec.columns.storage.class_name
    if class_name is None:
        return _own_disk(context)
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": class_name,
        "resources": {"requests": {"storage": columns_storage(context.spec)}},
    }
    return {"name": _VOLUME, "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}


def _template(context: Context) -> Object:
    spec = context.spec.columns
    preset = SIZES[context.spec.size].columns
    metrics = {"httpGet": {"path": "/metrics", "port": "metrics"}, "timeoutSeconds": 5}
    memory = columns_build_memory(context.spec)
    common = [
        variable
        for variable in config.environment(context, "columns", with_redis=False)
        if variable["name"] != "SHOPX_COLUMNS_MEMORY"
    ]
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["shopx", "columns"],
                    resources(spec.resources, preset),
                    env=[
                        *common,
                        _FOLDER,
                        {"name": "SHOPX_COLUMNS_MEMORY", "value": str(memory)},
                        {"name": "SHOPX_COLUMNS_HOST", "value": context.any_address},
                        {"name": "SHOPX_COLUMNS_PORT", "value": str(PORT)},
                        _token(context),
                    ],
                    ports=[
                        *metrics_ports(),
                        {"name": "generations", "containerPort": PORT},
                    ],
                    startupProbe=metrics | {"periodSeconds": 2, "failureThreshold": 60},
                    livenessProbe=metrics | {"periodSeconds": 20, "failureThreshold": 6},
                    volumeMounts=[dict(MOUNT)],
                )
            ],
            overrides=spec.pod_template,
            secrets=(*config.read_by(context, with_redis=False), *secrets(context)),
            volumes=[_volume(context)],
        ),
    )
