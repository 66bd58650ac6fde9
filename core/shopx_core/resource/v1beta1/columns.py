"""The columnar replica of the ledger."""

from typing import Annotated

from pydantic import Field

from shopx_core.resource.rules import Resource, Rule, duration_within
from shopx_core.resource.types import Duration, Name, Quantity, Setting, amount, seconds
from shopx_core.resource.v1beta1.pods import ComputeResources, PodTemplate


def _at_least(field: str, least: str) -> Rule:
    return Rule(
        cel=(
            f"!has(self.{field})"
            f" || quantity(string(self.{field})).compareTo(quantity('{least}')) >= 0"
        ),
        holds=lambda model: (
            getattr(model, field) is None or amount(getattr(model, field)) >= amount(least)
        ),
        message=f"must be at least {least}",
        field=field,
    )


class ColumnsStorage(Resource):
    """Where builds are kept. Nothing there is precious: what is lost is built or fetched again."""

    size: Quantity | None = None
    """Room for the builder, and for each API pod; absent = that of `spec.size`."""
    class_name: Name | None = None
    """The StorageClass of a volume that lives as long as the builder's pod; absent = its node's
    own disk. API pods use their nodes' disks."""
    rules = (_at_least("size", "256Mi"),)


class Columns(Resource):
    """The columnar replica, for what takes PostgreSQL long; what it cannot, PostgreSQL answers."""

    enabled: bool | None = None
    """Whether there is one; absent = where database.connectionBudget and the memory limit of
    `api.resources` have room for it."""
    interval: Annotated[Duration, Setting("columns.interval", seconds)] = "1h"
    """The pause between two builds, 1m to 24h; many new lines end it early."""
    memory: Quantity | None = None
    """Memory for it in each API pod (on one machine: process), beside what the pod needs anyway;
    absent = that of `spec.size`."""
    threads: Annotated[int, Field(ge=1, le=64)] | None = None
    """Cores that one question, or a build, may use; absent = those of `spec.size`."""
    storage: ColumnsStorage = ColumnsStorage()
    """Where builds are kept."""
    resources: ComputeResources = ComputeResources()
    """Compute of the builder."""
    pod_template: PodTemplate | None = None
    """Overrides for the builder's pod."""
    rules = (duration_within("interval", "1m", "24h"), _at_least("memory", "64Mi"))
