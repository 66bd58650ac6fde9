"""Types of scheduled reports and alerts."""

import datetime as dt
from decimal import Decimal
from typing import Final

import strawberry

from shopx_api.types.enums import MetricId, describe
from shopx_api.types.inputs import FilterInput
from shopx_api.types.node import Node
from shopx_core.domain.periods import Preset
from shopx_core.domain.reports import Channel, ComparedWith, Condition, FileFormat, State
from shopx_core.texts import Text

REPORT_TYPE: Final = "Report"
DELIVERY_TYPE: Final = "ReportDelivery"
"""The types within the global ids."""

describe(
    Channel,
    name="ReportChannel",
    description="How a report is sent.",
    values={
        Channel.EMAIL: "By e-mail, with files.",
        Channel.SLACK: "To an incoming webhook of Slack: the key figures as text, without files.",
        Channel.WEBHOOK: "As a signed POST of JSON, with the figures and the files.",
    },
)
describe(
    FileFormat,
    name="ReportFormat",
    description="A file of a page.",
    values={
        FileFormat.PDF: "To read and print.",
        FileFormat.XLSX: "To calculate with; lists have all rows.",
    },
)
describe(
    ComparedWith,
    name="ReportComparison",
    description="What a report's range is compared with.",
    values={
        ComparedWith.NONE: "Nothing.",
        ComparedWith.PREVIOUS_PERIOD: "The period before, with matching weekdays.",
        ComparedWith.YEAR_OVER_YEAR: "A year before, with matching weekdays.",
    },
)
describe(
    Condition,
    name="AlertCondition",
    description="When an alert is sent: once, when it begins to hold.",
    values={
        Condition.ABOVE: "The metric is above the threshold.",
        Condition.BELOW: "The metric is below the threshold.",
        Condition.RISES: "It rose by more than the threshold, a ratio (0.2 is 20 %).",
        Condition.FALLS: "It fell by more than the threshold, a ratio (0.2 is 20 %).",
    },
)
describe(
    State,
    name="DeliveryState",
    description="How far a delivery is.",
    values={
        State.WAITING: "For its first attempt, or for the next.",
        State.PREPARING: "Its files are being made; nothing was handed over.",
        State.SENDING: "It is being handed over; from here on it is never sent again.",
        State.SENT: "The receiving server accepted it.",
        State.FAILED: "It was refused, or could not be sent in any attempt.",
        State.UNKNOWN: "The hand-over was cut off: it may have arrived, and is not sent again.",
    },
)


@strawberry.type(description="When an alert is sent.")
class ReportAlert:
    """The condition of an alert."""

    metric: MetricId = strawberry.field(description="What is watched.")
    condition: Condition = strawberry.field(description="How it is compared.")
    threshold: Decimal = strawberry.field(
        description="An amount, a count or a ratio, as the metric; for a change a ratio."
    )
    is_met: bool | None = strawberry.field(
        description="Whether it held when it was last checked; null before the first check."
    )


@strawberry.type(description="One report to one recipient.")
class ReportDelivery(Node):
    """An entry of the history."""

    due_at: dt.datetime = strawberry.field(description="The time of the schedule.")
    target: str = strawberry.field(
        description="The recipient; of a webhook the host alone, because its path is a secret."
    )
    state: State = strawberry.field(description="How far it is.")
    attempts: int = strawberry.field(description="How often it was tried.")
    next_attempt_at: dt.datetime | None = strawberry.field(
        description="When it is tried next; null where it is not."
    )
    finished_at: dt.datetime | None = strawberry.field(description="When its end was known.")
    observed: str | None = strawberry.field(description="What an alert says.")
    observed_text: Text | None = strawberry.field(description="`observed` for other languages.")
    detail: str | None = strawberry.field(description="What the receiver answered, or the reason.")
    detail_text: Text | None = strawberry.field(description="`detail` for other languages.")


@strawberry.type(description="A report that is sent on a schedule, or an alert.")
class Report(Node):
    """A report."""

    name: str = strawberry.field(description="What it is called; the subject of its messages.")
    page: str = strawberry.field(description="The page that it is of.")
    panels: list[str] = strawberry.field(description="The panels of it; empty = all.")
    preset: Preset = strawberry.field(description="The range, relative to the day of sending.")
    comparison: ComparedWith = strawberry.field(description="What it is compared with.")
    zone: str | None = strawberry.field(
        description="The zone of days and schedule; null = the reporting zone."
    )
    formats: list[FileFormat] = strawberry.field(description="The files that are attached.")
    channel: Channel = strawberry.field(description="How it is sent.")
    targets: list[str] = strawberry.field(
        description="The recipients; of webhooks the hosts alone, because their paths are secrets."
    )
    schedule: str = strawberry.field(description="Five cron fields.")
    alert: ReportAlert | None = strawberry.field(description="Null where it is no alert.")
    is_paused: bool = strawberry.field(description="Whether nothing is sent on schedule.")
    created_by: str = strawberry.field(description="Who made it.")
    created_at: dt.datetime = strawberry.field(description="When.")
    problem: str | None = strawberry.field(
        description="Why the condition could not be checked; null where it could."
    )
    problem_text: Text | None = strawberry.field(description="`problem` for other languages.")
    history: list[ReportDelivery] = strawberry.field(
        description="The 20 newest deliveries, the newest first."
    )


@strawberry.input(description="When an alert is sent.")
class ReportAlertInput:
    """The condition of a new alert."""

    metric: MetricId = strawberry.field(description="What is watched.")
    condition: Condition = strawberry.field(description="How it is compared.")
    threshold: Decimal = strawberry.field(
        description="An amount, a count or a ratio, as the metric; for a change a ratio."
    )


@strawberry.input(description="A new report, or a new alert.")
class ReportInput:
    """What to send, when, and to whom."""

    name: str = strawberry.field(description="What it is called, 1 to 100 characters.")
    page: str = strawberry.field(description="The page, such as overview.")
    panels: list[str] = strawberry.field(
        default_factory=list, description="Some of its panels; empty = all."
    )
    preset: Preset = strawberry.field(description="The range, relative to the day of sending.")
    comparison: ComparedWith = strawberry.field(
        default=ComparedWith.PREVIOUS_PERIOD, description="What it is compared with."
    )
    filters: FilterInput | None = strawberry.field(default=None, description="Which sales.")
    zone: str | None = strawberry.field(
        default=None, description="IANA zone of days and schedule; null = the reporting zone."
    )
    formats: list[FileFormat] = strawberry.field(
        default_factory=list, description="The files to attach."
    )
    channel: Channel = strawberry.field(description="How it is sent.")
    targets: list[str] = strawberry.field(description="1 to 50 addresses, or URLs.")
    schedule: str = strawberry.field(
        description="Minute, hour, day of month, month, day of week, such as `0 7 * * MON`."
    )
    alert: ReportAlertInput | None = strawberry.field(
        default=None, description="With it, it is sent only when the condition begins to hold."
    )
