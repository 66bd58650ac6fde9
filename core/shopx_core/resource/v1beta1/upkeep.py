"""Reporting, materialized views, partitions, monitoring, demo data."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shopx_core.domain.languages import Language
from shopx_core.domain.money import CURRENCY
from shopx_core.domain.periods.zones import zone_names
from shopx_core.logging import LogLevel
from shopx_core.resource import cron
from shopx_core.resource.rules import Resource, Rule, duration_within
from shopx_core.resource.types import (
    AnyObject,
    Cron,
    Duration,
    Labels,
    Name,
    Permitted,
    Quantity,
    Setting,
    Text,
    amount,
)

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def iso_weekday(name: str) -> int:
    """The ISO number of a weekday: 1 Monday … 7 Sunday."""
    return get_args(Weekday).index(name) + 1


def _known_zone(zone: str) -> str:
    if zone not in zone_names():
        raise PydanticCustomError(
            "timezone",
            "{zone} is not an IANA time zone; use a name such as Europe/Berlin or UTC",
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


# The API server knows no zones and cannot compare the ends of a range; there the operator reports
# the problem in a condition.
Zone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+){0,2}$", max_length=64),
    AfterValidator(_known_zone),
]
Schedule = Annotated[Cron, AfterValidator(_forward_ranges)]
Currency = Annotated[str, StringConstraints(pattern=CURRENCY, max_length=3)]
ViewName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$", max_length=63)]


class Reporting(Resource):
    """Time zone, currency and week of reports."""

    timezone: Annotated[Zone, Setting("reporting.timezone")] = "UTC"
    """The IANA time zone of days, weeks and schedules, such as Europe/Berlin."""
    currency: Annotated[Currency, Setting("reporting.currency")] = "USD"
    """The ISO 4217 code to which amounts are converted for display."""
    week_start: Annotated[Weekday, Setting("reporting.week_start", iso_weekday)] = "Monday"
    """The first day of a week."""
    language: Annotated[Language | None, Setting("reporting.language")] = None
    """The language of the pages for readers that chose none; absent = their browser's."""


class View(Resource):
    """A schedule of one materialized view instead of the built-in one."""

    name: ViewName
    """The view's name."""
    schedule: Schedule
    """Five cron fields, read in the reporting time zone."""
    concurrently: bool = True
    """Readers continue during the refresh, at about twice its cost."""


class Refresh(Resource):
    """Materialized views, for results that are expensive to compute and change slowly."""

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


def _bytes(quantity: str) -> int:
    return int(amount(quantity))


class FeedAccess(Resource):
    """What feeds may read, and with which credentials."""

    secret_name: Name | None = None
    """The Secret with a credential in each key; absent = none is needed. On one machine they are
    files in the folder `credentials` of the state."""
    permitted: Annotated[
        list[Permitted], Field(max_length=32), Setting("imports.permitted", tuple)
    ] = Field(default_factory=list)
    """Networks and host names inside that feeds may read from, beside public addresses."""


class Imports(Resource):
    """Files that are uploaded on the page Data, which the database holds until their import."""

    max_file_size: Annotated[Quantity, Setting("imports.max_bytes", _bytes)] = "512Mi"
    """The largest file, at most 64Gi. On a cluster workers have three times as much room for
    temporary files."""
    storage: Annotated[Quantity, Setting("imports.room", _bytes)] = "2Gi"
    """What the files that wait for their import may take together."""
    keep_days: Annotated[int, Field(ge=1, le=365), Setting("imports.keep_days")] = 7
    """Days after which a file that was not imported is removed."""
    feeds: FeedAccess | None = None
    """Sources on other servers that workers read on a schedule; absent = on a cluster workers reach
    none."""
    rules = (
        Rule(
            cel="quantity(string(self.maxFileSize)).compareTo(quantity('1Ki')) >= 0"
            " && quantity(string(self.maxFileSize)).compareTo(quantity('64Gi')) <= 0",
            holds=lambda model: amount("1Ki") <= amount(model.max_file_size) <= amount("64Gi"),
            message="must be 1Ki to 64Gi",
            field="maxFileSize",
        ),
        Rule(
            cel="quantity(string(self.storage)).compareTo(quantity(string(self.maxFileSize))) >= 0",
            holds=lambda model: amount(model.storage) >= amount(model.max_file_size),
            message="must hold a file of maxFileSize",
            field="storage",
        ),
    )


class ServiceMonitor(Resource):
    """How Prometheus Operator scrapes the pods."""

    enabled: bool = True
    """Created if the cluster has the kind."""
    interval: Duration = "15s"
    """The scrape interval, 5s to 5m."""
    labels: Labels = Field(default_factory=dict)
    """Labels by which a Prometheus selects it."""
    relabelings: Annotated[list[AnyObject], Field(max_length=16)] = Field(default_factory=list)
    """RelabelConfigs of Prometheus Operator for the scraped pods, after the dashboard's own."""
    metric_relabelings: Annotated[list[AnyObject], Field(max_length=16)] = Field(
        default_factory=list
    )
    """RelabelConfigs of Prometheus Operator for the scraped series."""
    rules = (duration_within("interval", "5s", "5m"),)


class Traces(Resource):
    """Traces of requests and jobs, sent to an OpenTelemetry collector."""

    endpoint: Annotated[
        Annotated[Text, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)] | None,
        Setting("traces.endpoint"),
    ] = None
    """The collector's URL for OTLP over HTTP, such as http://collector:4318; optional."""
    percent: Annotated[int, Field(ge=1, le=100), Setting("traces.percent")] = 5
    """The share of requests and jobs that are traced."""


class Monitoring(Resource):
    """Integration with monitoring tools."""

    service_monitor: ServiceMonitor = ServiceMonitor()
    """Scraping by Prometheus Operator."""
    pod_monitor: bool = False
    """PodMonitors instead of ServiceMonitors, with what serviceMonitor says."""
    prometheus_rule: bool = True
    """Alert rules, if the cluster has the kind."""
    grafana_dashboard: bool = True
    """A ConfigMap that Grafana's sidecar loads."""
    prometheus_url: (
        Annotated[Text, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)] | None
    ) = None
    """A Prometheus to query for metrics instead of scraping the pods; optional."""
    traces: Traces = Traces()
    """From the click to the SQL."""
    log_level: Annotated[LogLevel, Setting("log.level")] = "INFO"
    """Processes drop lines below this level."""


class Demo(Resource):
    """Generated sales for evaluation; rejected in production."""

    orders: Annotated[int, Field(ge=0, le=10_000_000)] = 100_000
    """Orders of the past year that are generated in an empty database."""
    live_orders_per_minute: Annotated[int, Field(ge=0, le=6000)] | None = None
    """Orders that are generated while the dashboard runs; 0 = none. Where it is left out, as many
    as the generated history has at that hour."""
    random_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    """The same seed generates the same sales."""

    @property
    def trickle(self) -> list[str] | None:
        """The command that generates live orders; `None` = there are none.

        Without a history nothing says how many there should be.
        """
        rate = self.live_orders_per_minute
        if rate == 0 or (rate is None and not self.orders):
            return None
        return ["trickle"] if rate is None else ["trickle", "--rate", f"{rate / 60:.3f}"]
