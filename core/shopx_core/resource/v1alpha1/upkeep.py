"""What keeps the dashboard current and observed: reporting terms, refreshes, partitions."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shopx_core.domain.periods.zones import zone_names
from shopx_core.resource import cron
from shopx_core.resource.rules import Resource, duration_within
from shopx_core.resource.types import Cron, Duration, Labels, Setting, Text

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def iso_weekday(name: str) -> int:
    """The ISO number of a weekday: 1 Monday … 7 Sunday."""
    return get_args(Weekday).index(name) + 1


def _known_zone(zone: str) -> str:
    if zone not in zone_names():
        raise PydanticCustomError(
            "timezone",
            "{zone} is no IANA time zone; use a name such as Europe/Berlin or UTC",
            {"zone": repr(zone)},
        )
    return zone


def _forward_ranges(schedule: str) -> str:
    backward = cron.backward_range(schedule)
    if backward is not None:
        raise PydanticCustomError(
            "cron",
            "the range {range} runs backwards; write it as two ranges",
            {"range": backward},
        )
    return schedule


# The API server cannot know the zones and cannot compare a range's ends: there the operator says
# the same in a condition.
Zone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+){0,2}$", max_length=64),
    AfterValidator(_known_zone),
]
Schedule = Annotated[Cron, AfterValidator(_forward_ranges)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$", max_length=3)]
ViewName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$", max_length=63)]


class Reporting(Resource):
    """The terms in which figures are reported."""

    timezone: Annotated[Zone, Setting("reporting.timezone")] = "UTC"
    """The IANA time zone of days, weeks and schedules, such as Europe/Berlin."""
    currency: Annotated[Currency, Setting("reporting.currency")] = "USD"
    """The ISO 4217 code into which every amount is converted when shown."""
    week_start: Annotated[Weekday, Setting("reporting.week_start", iso_weekday)] = "Monday"
    """The first day of a week."""


class View(Resource):
    """When one materialized view is refreshed, instead of its built-in schedule."""

    name: ViewName
    """The view's name."""
    schedule: Schedule
    """Five cron fields, read in the reporting time zone."""
    concurrently: bool = True
    """Readers go on during the refresh, at about twice its cost."""


class Refresh(Resource):
    """Materialized views, which hold what is heavy to compute and slow to change."""

    views: Annotated[
        list[View],
        Field(
            max_length=32,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = Field(default_factory=list)
    """Views with another schedule than the built-in one."""


class Partitions(Resource):
    """Monthly partitions of the facts."""

    ahead: Annotated[int, Field(ge=2, le=24), Setting("partitions.ahead")] = 3
    """Months for which partitions are created ahead."""


class ServiceMonitor(Resource):
    """How Prometheus Operator scrapes the pods."""

    enabled: bool = True
    """Made where the cluster knows the kind."""
    interval: Duration = "15s"
    """How often, 5s to 5m."""
    labels: Labels = Field(default_factory=dict)
    """Labels by which a Prometheus selects it."""
    rules = (duration_within("interval", "5s", "5m"),)


class Monitoring(Resource):
    """What other tools get to see."""

    service_monitor: ServiceMonitor = ServiceMonitor()
    """Scraping by Prometheus Operator."""
    prometheus_rule: bool = True
    """Alert rules, where the cluster knows the kind."""
    grafana_dashboard: bool = True
    """A ConfigMap that Grafana's sidecar loads."""
    prometheus_url: (
        Annotated[Text, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)] | None
    ) = None
    """A Prometheus to ask for metrics instead of scraping the pods; never required."""


class Demo(Resource):
    """Generated sales, for trying the dashboard; refused in production."""

    orders: Annotated[int, Field(ge=0, le=10_000_000)] = 100_000
    """Orders of the past year with which an empty database is filled."""
    live_orders_per_minute: Annotated[int, Field(ge=0, le=6000)] = 6
    """Orders that keep coming while the dashboard runs; 0 = none."""
    random_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    """The same seed makes the same sales."""
