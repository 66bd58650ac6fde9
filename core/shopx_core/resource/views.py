"""The refresh schedule of the materialized views: the registry's, changed by the manifest."""

from shopx_core.domain.matviews import MATVIEWS, MaterializedView
from shopx_core.resource.v1beta1.upkeep import View
from shopx_core.settings import ViewSchedule


def schedule(overrides: list[View]) -> tuple[ViewSchedule, ...]:
    """The schedule of every view.

    Args:
        overrides: `spec.refresh.views`. A view that this release does not have is scheduled too,
            and its refresh reports that it does not exist.
    """
    views: list[MaterializedView | View] = [*MATVIEWS.values(), *overrides]
    chosen = {
        view.name: ViewSchedule(
            name=view.name, schedule=view.schedule, concurrently=view.concurrently
        )
        for view in views
    }
    return tuple(chosen.values())
