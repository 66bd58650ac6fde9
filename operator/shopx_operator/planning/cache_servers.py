"""The servers of a bundled cache: how many serve, and which may be replaced now.

Sentinels decide which one is the primary; a server that stops hands over by itself. So only one of
them is replaced at a time, the last one first: the first server, which is the primary to begin
with, follows when the others have what it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shopx_operator.manifests import names, sentinels
from shopx_operator.manifests.context import Context, Object
from shopx_operator.planning.drift import differs, with_digest
from shopx_operator.planning.observed_state import Key, ObservedState, belongs_to
from shopx_operator.planning.workload_status import rollout


@dataclass(frozen=True, slots=True)
class CacheServers:
    """How many there are."""

    asked: int
    serving: int
    """Those that are the primary, or a replica that follows it."""
    alone: bool = False
    """Whether the first one serves as it did before the others were asked for."""

    @property
    def decided(self) -> bool:
        """Whether there is a primary that takes writes, and a majority to choose the next one."""
        return self.alone or 2 * self.serving > self.asked


def seen(context: Context, observed: ObservedState) -> CacheServers:
    """What is known of them."""
    serving = [key for key in keys(context) if rollout(observed.objects.get(key)).ready]
    first = observed.get("Deployment", sentinels.server_name(context, 1))
    alone = rollout(first).ready > 0 and not _is_one_of_several(first)
    return CacheServers(sentinels.servers(context), len(serving), alone)


def keys(context: Context) -> list[Key]:
    """The servers' Deployments, by kind and name."""
    count = sentinels.servers(context)
    return [("Deployment", sentinels.server_name(context, one + 1)) for one in range(count)]


def waiting(
    context: Context, wanted: Mapping[Key, Object], observed: ObservedState
) -> tuple[Key, ...]:
    """The servers whose new template is not applied yet.

    A new password is applied to all at once: servers with the old and the new one do not know one
    another, so that none would become ready.

    Args:
        context: The dashboard.
        wanted: The desired objects.
        observed: The observed state.
    """
    if not sentinels.replicated(context):
        return ()
    all_ = keys(context)
    changed = [
        key
        for key in all_
        if key in observed.objects and differs(observed.objects[key], with_digest(wanted[key]))
    ]
    if any(_password(observed.objects[key]) != _password(wanted[key]) for key in changed):
        return ()
    # One that does not serve is replaced at once: that may be its cure.
    serving = [key for key in changed if rollout(observed.objects[key]).ready]
    settled = all(rollout(observed.objects.get(key)).complete for key in all_)
    next_ = serving[-1:] if settled else []
    return tuple(key for key in serving if key not in next_)


def unnumbered(context: Context, observed: ObservedState) -> list[Object]:
    """Patches of the pod of a single server that others are about to join.

    Its Service selects it by its number, which its template did not have.
    """
    if not sentinels.replicated(context):
        return []
    return [
        {
            "kind": "Pod",
            "metadata": {
                "name": pod["metadata"]["name"],
                "namespace": context.namespace,
                "labels": sentinels.pod_labels(1),
            },
        }
        for pod in observed.pods
        if belongs_to(pod, sentinels.COMPONENT)
        and names.LABEL_SERVER not in pod["metadata"].get("labels", {})
        and not pod["metadata"].get("deletionTimestamp")
    ]


def _is_one_of_several(server: Object | None) -> bool:
    metadata = (server or {}).get("spec", {}).get("template", {}).get("metadata", {})
    return names.LABEL_SERVER in metadata.get("labels", {})


def _password(server: Object) -> str:
    annotations = server["spec"]["template"]["metadata"].get("annotations", {})
    found: str = annotations.get(names.ANNOTATION_SECRETS, "")
    return found
