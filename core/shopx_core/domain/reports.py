"""Reports that are sent on a schedule, and alerts: pure."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from shopx_core.domain.metrics import METRICS
from shopx_core.domain.periods.ranges import Preset
from shopx_core.domain.periods.zones import zone_names
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

MAX_TARGETS: Final = 50
MAX_ATTEMPTS: Final = 8
_MAX_NAME: Final = 100
_MAX_TARGET: Final = 2000
_LONGEST_WAIT: Final = dt.timedelta(hours=1)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")

PANELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "overview": (
            *("key-figures", "over-time", "forecast", "by-category", "by-product"),
            *("by-customer", "by-region", "by-channel"),
        ),
        "products": (
            *("key-figures", "over-time", "by-product", "by-category"),
            *("pareto-curve", "margins"),
        ),
        "customers": ("key-figures", "over-time", "by-segment", "by-customer"),
        "reps": ("key-figures", "over-time", "leaderboard", "pace", "by-rep"),
        "orders": ("key-figures", "over-time", "by-channel", "by-region"),
        "profitability": ("key-figures", "waterfall", "over-time", "by-category", "loss-makers"),
    }
)
"""The panels of each page that a report can be of, in the page's order."""


class Channel(StrEnum):
    """How a report is sent."""

    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"


class FileFormat(StrEnum):
    """A file that is attached."""

    PDF = "pdf"
    XLSX = "xlsx"


class ComparedWith(StrEnum):
    """What a report's range is compared with."""

    NONE = "none"
    PREVIOUS_PERIOD = "previous_period"
    YEAR_OVER_YEAR = "year_over_year"


class Condition(StrEnum):
    """When an alert is sent."""

    ABOVE = "above"
    """The metric is above the threshold."""
    BELOW = "below"
    """The metric is below the threshold."""
    RISES = "rises"
    """It rose by more than the threshold, a ratio, against the compared period."""
    FALLS = "falls"
    """It fell by more than the threshold, a ratio, against the compared period."""


class State(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    """For its first attempt or its next."""
    PREPARING = "preparing"
    """A worker makes its files; nothing has left it."""
    SENDING = "sending"
    """A worker hands it over: from here it is never sent again."""
    SENT = "sent"
    """The receiving server accepted it."""
    FAILED = "failed"
    """It was refused, or could not be sent in any attempt."""
    UNKNOWN = "unknown"
    """The hand-over was cut off: it may have arrived, and is not sent again."""


@dataclass(frozen=True, slots=True)
class Alert:
    """When a figure deserves a message."""

    metric: str
    """Its id in the registry."""
    condition: Condition
    threshold: Decimal
    """An amount, a count or a ratio, as the metric; for changes a ratio: 0.2 is 20 %."""

    def holds(self, value: Decimal | None, change: Decimal | None) -> bool | None:
        """Whether the condition holds; `None` = the figure that it needs is unknown.

        Args:
            value: The metric in the period.
            change: Its change as a ratio of the value before.
        """
        figure = value if self.condition in (Condition.ABOVE, Condition.BELOW) else change
        if figure is None:
            return None
        if self.condition in (Condition.ABOVE, Condition.RISES):
            return figure > self.threshold
        low = -self.threshold if self.condition is Condition.FALLS else self.threshold
        return figure < low


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A report, or with `alert` an alert."""

    name: str
    page: str
    panels: tuple[str, ...] = ()
    """Empty = all of the page."""
    preset: Preset
    comparison: ComparedWith = ComparedWith.PREVIOUS_PERIOD
    filters: Mapping[str, Any]
    """Lists of ids by the fields of GraphQL's `FilterInput`."""
    zone: str | None = None
    """`None` = the reporting zone."""
    formats: tuple[FileFormat, ...] = ()
    channel: Channel
    targets: tuple[str, ...]
    """Addresses, or URLs."""
    schedule: str
    """Five cron fields, read in `zone`."""
    alert: Alert | None = None

    def variables(self) -> dict[str, Any]:
        """The variables of every panel in GraphQL."""
        compared = self.comparison
        return {
            "period": {"preset": self.preset.name},
            "comparison": None
            if compared is ComparedWith.NONE
            else {"mode": compared.name, "matchWeekdays": True},
            "zone": self.zone,
            "filters": dict(self.filters) or None,
        }


def checked(given: Definition) -> Definition:
    """Return a definition that can be kept.

    Raises:
        InvalidInput: A part of it is not valid; the message says which.
    """
    if not 0 < len(given.name.strip()) <= _MAX_NAME or not given.name.isprintable():
        raise InvalidInput(
            say(
                "reports.report-s-name-1",
                "A report's name has 1 to {max_name} characters, in one line.",
                max_name=_MAX_NAME,
            )
        )
    known = PANELS.get(given.page)
    if known is None:
        raise InvalidInput(
            say("reports.no-page", "There is no page {page}.", page=repr(given.page)),
            hint=say("reports.pages", "There are {panels}.", panels=list(PANELS)),
        )
    for panel in given.panels:
        if panel not in known:
            raise InvalidInput(
                say(
                    "reports.page-panel",
                    "The page {page} has no panel {panel}.",
                    page=given.page,
                    panel=repr(panel),
                ),
                hint=say("reports.panels", "It has {known}.", known=list(known)),
            )
    if given.zone is not None and given.zone not in zone_names():
        raise InvalidInput(
            say(
                "reports.iana-time-zone", "{zone} is not an IANA time zone.", zone=repr(given.zone)
            ),
            hint=say("reports.use-name-such-europe", "Use a name such as Europe/Berlin."),
        )
    _check_targets(given)
    if given.alert is not None:
        _check_alert(given.alert, given.comparison)
    return given


def _check_targets(given: Definition) -> None:
    if not 1 <= len(given.targets) <= MAX_TARGETS or len(set(given.targets)) < len(given.targets):
        raise InvalidInput(
            say(
                "reports.report-1-different-recipients",
                "A report has 1 to {max_targets} different recipients.",
                max_targets=MAX_TARGETS,
            )
        )
    for target in given.targets:
        if given.channel is Channel.EMAIL:
            if not _ADDRESS.fullmatch(target):
                raise InvalidInput(
                    say(
                        "reports.e-mail-address",
                        "{target} is not an e-mail address.",
                        target=repr(target[:100]),
                    ),
                    hint=say(
                        "reports.write-without-name-such",
                        "Write it without a name, such as sales@example.org.",
                    ),
                )
        elif not _is_url(target):
            raise InvalidInput(
                say(
                    "reports.webhook-s-url-begins",
                    "A webhook's URL begins with https:// (or http:// inside a permitted"
                    " network) and has neither user nor password.",
                )
            )


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        usable = bool(url.hostname) and url.port != 0
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= _MAX_TARGET
    return url.scheme in ("http", "https") and usable and plain and "@" not in url.netloc


def _check_alert(alert: Alert, comparison: ComparedWith) -> None:
    if alert.metric not in METRICS:
        raise InvalidInput(
            say("reports.no-metric", "There is no metric {metric}.", metric=repr(alert.metric)),
            hint=say("reports.metrics", "There are {metrics}.", metrics=list(METRICS)),
        )
    if not alert.threshold.is_finite():
        raise InvalidInput(say("reports.threshold-number", "The threshold is not a number."))
    if alert.condition in (Condition.RISES, Condition.FALLS):
        if comparison is ComparedWith.NONE:
            raise InvalidInput(
                say("reports.change-needs-compared-period", "A change needs a compared period.")
            )
        if alert.threshold < 0:
            raise InvalidInput(
                say(
                    "reports.threshold-change-negative-0",
                    "The threshold of a change is not negative: 0.2 is 20 %.",
                )
            )


def shown_target(channel: Channel, target: str) -> str:
    """A recipient for lists and logs: a webhook's path is its password."""
    if channel is Channel.EMAIL:
        return target
    url = urlsplit(target)
    return f"{url.scheme}://{url.hostname}/\N{HORIZONTAL ELLIPSIS}"


def retry_after(attempts: int) -> dt.timedelta | None:
    """How long a delivery waits after its n-th attempt: 1, 2, 4 … minutes; `None` = no longer."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return min(dt.timedelta(minutes=1 << (attempts - 1)), _LONGEST_WAIT)
