"""When each materialized view of this release is refreshed, unless the manifest says otherwise.

The minutes differ so that no two refreshes start together; a test compares the names with what
the migrations make.
"""

from dataclasses import dataclass

from shopx_core.resource.v1alpha1.upkeep import View


@dataclass(frozen=True, slots=True)
class Refreshed:
    """One view and when it is refreshed (five cron fields, reporting time zone)."""

    name: str
    schedule: str
    concurrently: bool = True


BUILT_IN: tuple[Refreshed, ...] = (
    Refreshed("mv_customer_rfm", "7 * * * *"),
    Refreshed("mv_cohorts", "22 * * * *"),
    Refreshed("mv_customer_purchases", "37 * * * *"),
    # The costliest by far, and habits change slowly. Brings mv_product_orders with it.
    Refreshed("mv_product_pairs", "52 */6 * * *"),
)


def schedule(asked: list[View]) -> tuple[Refreshed, ...]:
    """The built-in schedule with the views that a manifest schedules otherwise replaced.

    Args:
        asked: `spec.refresh.views`; a name that this release does not have is kept, and its
            refresh reports that the view is missing.
    """
    chosen = {view.name: view for view in BUILT_IN}
    for view in asked:
        chosen[view.name] = Refreshed(view.name, view.schedule, view.concurrently)
    return tuple(chosen.values())
