"""`analytics.shopx.io/v1beta1`: the only source of the CRD and of what `shopx up` accepts.

v1alpha1 has the same fields (`shopx_core.resource.versions`), so these models are both versions.
A rule that the schema cannot express is declared once, as CEL text with its Python twin
(`shopx_core.resource.rules`).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopx_core.resource.rules import Resource, Rule, Transition
from shopx_core.resource.types import Annotations, Labels, Name, amount
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.resource.v1beta1.status import Condition, DashboardStatus, VolumeStatus
from shopx_core.resource.versions import API_VERSION, GROUP, VERSION

KIND = "AnalyticsDashboard"
PLURAL = "analyticsdashboards"
SINGULAR = "analyticsdashboard"
SHORT_NAMES = ("adash",)
CATEGORIES = ("shopx",)
MAX_NAME_LENGTH = 40
"""Leaves room for the suffixes of the children's names, which may have 63 characters."""


_STORAGE = "self.spec.database.bundled.storage"
_NO_VOLUME = (
    "!has(oldSelf.status) || !has(oldSelf.status.volume)"
    " || !has(oldSelf.spec.database.bundled) || !has(self.spec.database.bundled)"
)
_AT_LEAST = f"quantity(string({_STORAGE}.size)).compareTo(quantity(string({{}}))) >= 0"


class ObjectMeta(BaseModel):
    """The part of metadata that is used here; the API server owns the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    name: Name
    namespace: Name = "default"
    labels: Labels = Field(default_factory=dict)
    annotations: Annotations = Field(default_factory=dict)
    uid: str | None = None
    generation: int = 0


def _volume(old: "AnalyticsDashboard", new: "AnalyticsDashboard") -> VolumeStatus | None:
    """The volume that a change must fit; `None` = there is none."""
    bundled = old.spec.database.bundled and new.spec.database.bundled
    return old.status.volume if bundled and old.status else None


def _keeps_size(old: "AnalyticsDashboard", new: "AnalyticsDashboard") -> bool:
    volume = _volume(old, new)
    before, after = old.spec.database.bundled, new.spec.database.bundled
    if volume is None or before is None or after is None:
        return True
    size = amount(after.storage.size)
    return size >= min(amount(before.storage.size), amount(volume.size))


def _keeps_class(old: "AnalyticsDashboard", new: "AnalyticsDashboard") -> bool:
    volume = _volume(old, new)
    before, after = old.spec.database.bundled, new.spec.database.bundled
    if volume is None or before is None or after is None:
        return True
    return after.storage.class_name in (None, before.storage.class_name, volume.class_name)


class AnalyticsDashboard(Resource):
    """A self-hosted sales dashboard: database, cache, API, workers and pages in one object."""

    api_version: Literal["analytics.shopx.io/v1beta1", "analytics.shopx.io/v1alpha1"]
    """The version of this schema."""
    kind: Literal["AnalyticsDashboard"]
    """The kind of this object."""
    metadata: ObjectMeta
    """Name, namespace, labels and annotations."""
    spec: DashboardSpec = DashboardSpec()
    """The desired state."""
    status: DashboardStatus | None = None
    """The observed state, written by the operator."""
    rules = (
        Rule(
            cel=(
                f"self.metadata.name.size() <= {MAX_NAME_LENGTH}"
                " && self.metadata.name.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')"
            ),
            holds=lambda dashboard: _is_short_label(dashboard.metadata),
            message=(
                f"metadata.name must have at most {MAX_NAME_LENGTH} characters (a-z, 0-9, -) and"
                " start with a letter: the names of Services are made from it"
            ),
        ),
    )
    transitions = (
        Transition(
            cel=(
                f"{_NO_VOLUME} || {_AT_LEAST.format('oldSelf.spec.database.bundled.storage.size')}"
                f" || {_AT_LEAST.format('oldSelf.status.volume.size')}"
            ),
            holds=_keeps_size,
            message=(
                "database.bundled.storage.size: the volume has more already and cannot shrink;"
                " restore into a new dashboard of the smaller size"
            ),
            field="spec",
        ),
        Transition(
            cel=(
                f"{_NO_VOLUME} || !has({_STORAGE}.className)"
                " || has(oldSelf.spec.database.bundled.storage.className)"
                f" && {_STORAGE}.className == oldSelf.spec.database.bundled.storage.className"
                " || has(oldSelf.status.volume.className)"
                f" && {_STORAGE}.className == oldSelf.status.volume.className"
            ),
            holds=_keeps_class,
            message=(
                "database.bundled.storage.className: the volume keeps the class that it has;"
                " restore into a new dashboard with the other class"
            ),
            field="spec",
        ),
    )


def _is_short_label(metadata: Any) -> bool:
    name: str = metadata.name
    return len(name) <= MAX_NAME_LENGTH and name[0].isalpha() and "." not in name


__all__ = [
    "API_VERSION",
    "CATEGORIES",
    "GROUP",
    "KIND",
    "MAX_NAME_LENGTH",
    "PLURAL",
    "SHORT_NAMES",
    "SINGULAR",
    "VERSION",
    "AnalyticsDashboard",
    "Condition",
    "DashboardSpec",
    "DashboardStatus",
    "ObjectMeta",
]
