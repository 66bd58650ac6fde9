"""The observed state of a dashboard's children.

Pure: the dictionaries come from `shopx_operator.reconcile.observer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object

Key = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, slots=True)
class ObservedState:
    """Everything that exists of one dashboard."""

    objects: Mapping[Key, Object] = field(default_factory=dict)
    """Its children, and the Jobs of its CronJobs."""
    pods: tuple[Object, ...] = ()
    """Its pods."""
    autoscaled: Mapping[str, str] = field(default_factory=dict)
    """The names of foreign HorizontalPodAutoscalers, by the Deployment that they scale."""

    def get(self, kind: str, name: str) -> Object | None:
        """One child."""
        return self.objects.get((kind, name))

    def kind(self, kind: str) -> list[Object]:
        """Children of one kind, by name."""
        return [made for key, made in sorted(self.objects.items()) if key[0] == kind]


def owned_by(made: Object, uid: str) -> bool:
    """Whether one of an object's owners has this uid."""
    return any(owner["uid"] == uid for owner in made["metadata"].get("ownerReferences", ()))


def belongs_to(pod: Object, component: str) -> bool:
    """Whether a pod belongs to a component."""
    return bool(pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT) == component)
