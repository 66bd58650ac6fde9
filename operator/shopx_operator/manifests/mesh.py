"""What pods and NetworkPolicies need beside the sidecars of a service mesh.

Every Job gets a sidecar that ends with it, a native one (KEP-753), which Kubernetes has since 1.29.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shopx_core.containers.variables import METRICS_PORT
from shopx_operator.manifests.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """What is known of a mesh."""

    native: tuple[str, ...]
    """The annotations of a pod by which its sidecar ends with its containers."""
    unproxied: str
    """The annotation with ports that are served without the mesh."""
    control_ports: tuple[int, ...]
    """Where sidecars reach the control plane."""
    tunnel_port: int
    """Where proxies reach other proxies, beside the containers' own ports."""


MESHES: Final[Mapping[str, Mesh]] = {
    "istio": Mesh(
        native=("sidecar.istio.io/nativeSidecar",),
        unproxied="traffic.sidecar.istio.io/excludeInboundPorts",
        control_ports=(15012,),
        tunnel_port=15008,
    ),
    "linkerd": Mesh(
        native=(
            "config.beta.linkerd.io/proxy-enable-native-sidecar",
            # Before 2.18.
            "config.alpha.linkerd.io/proxy-enable-native-sidecar",
        ),
        unproxied="config.linkerd.io/skip-inbound-ports",
        control_ports=(8080, 8086, 8090),
        tunnel_port=4143,
    ),
}


def mesh(context: Context) -> Mesh | None:
    """The platform's mesh; `None` = there is none."""
    return MESHES.get(context.facts.platform.service_mesh)


def pod_annotations(context: Context, *, ends: bool, has_metrics: bool) -> dict[str, str]:
    """The annotations of a pod.

    Args:
        context: The dashboard.
        ends: Whether its containers end by themselves, as a Job's do.
        has_metrics: Whether it serves `/metrics`. The operator and Prometheus may be outside the
            mesh, and read the metrics without it.
    """
    found = mesh(context)
    if found is None:
        return {}
    made = dict.fromkeys(found.native, "true") if ends else {}
    return made | ({found.unproxied: str(METRICS_PORT)} if has_metrics else {})
