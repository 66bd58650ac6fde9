"""`analytics.shopx.io/v1alpha1`: the only source of the CRD and of what `shopx up` accepts.

A rule that the schema cannot express is declared once, as CEL text with its Python twin
(`shopx_core.resource.rules`).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import Annotations, Labels, Name
from shopx_core.resource.v1alpha1.spec import DashboardSpec
from shopx_core.resource.v1alpha1.status import Condition, DashboardStatus

GROUP = "analytics.shopx.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "AnalyticsDashboard"
PLURAL = "analyticsdashboards"
SINGULAR = "analyticsdashboard"
SHORT_NAMES = ("adash",)
CATEGORIES = ("shopx",)
MAX_NAME_LENGTH = 40
"""Leaves room for the suffixes of the children's names, which may have 63 characters."""


class ObjectMeta(BaseModel):
    """The part of metadata that is used here; the API server owns the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    name: Name
    namespace: Name = "default"
    labels: Labels = Field(default_factory=dict)
    annotations: Annotations = Field(default_factory=dict)
    uid: str | None = None
    generation: int = 0


class AnalyticsDashboard(Resource):
    """A self-hosted sales dashboard: database, cache, API, workers and pages in one object."""

    api_version: Literal["analytics.shopx.io/v1alpha1"]
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
