"""Enumerations of the schema, each value described."""

import enum
from collections.abc import Mapping
from typing import Final, TypeVar

import strawberry

from shopx_core.domain import deltas, metrics
from shopx_core.domain.periods import Comparison, Granularity, Preset
from shopx_core.domain.rfm import SEGMENTS, Segment

E = TypeVar("E", bound=enum.Enum)


def describe(kind: type[E], *, name: str, description: str, values: Mapping[E, str]) -> type[E]:
    """Register an enumeration of the domain with the schema, under its own members.

    Args:
        kind: The domain's own enumeration, so that nothing has to be mapped.
        name: Its name in the schema.
        description: Its description in the schema.
        values: The description of every member.

    Raises:
        ValueError: A member has no description.
    """
    missing = [member.name for member in kind if member not in values]
    if missing:
        raise ValueError(f"{name}: no description for {', '.join(missing)}")
    strawberry.enum(kind, name=name, description=description)
    texts = {member.name: text for member, text in values.items()}
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = texts[value.name]
    return kind


class MetricId(enum.StrEnum):
    """A metric of the registry; the value is the registry's id."""

    # Python's documented way to give an enumeration members from elsewhere.
    _ignore_ = "members metric_id"
    members = vars()
    for metric_id in metrics.METRICS:
        members[metric_id.upper()] = metric_id


REVENUE: Final = MetricId("revenue")
PROFIT: Final = MetricId("profit")
"""The metrics that are arguments' defaults."""

describe(
    MetricId,
    name="MetricId",
    description="Which figure; `metrics` lists them with their definitions.",
    values={member: metrics.METRICS[member.value].definition for member in MetricId},
)
describe(
    metrics.Unit,
    name="MetricUnit",
    description="How a figure reads.",
    values={
        metrics.Unit.MONEY: "An amount in the reporting currency.",
        metrics.Unit.COUNT: "A number of things; quantities and averages may have a fraction.",
        metrics.Unit.RATIO: "A fraction shown as a percentage: 0.25 is 25 %.",
    },
)
describe(
    metrics.Better,
    name="Better",
    description="Which way a figure should move.",
    values={
        metrics.Better.HIGHER: "More is good.",
        metrics.Better.LOWER: "Less is good.",
        metrics.Better.NEUTRAL: "Neither by itself.",
    },
)
describe(
    deltas.Direction,
    name="DeltaDirection",
    description="Where a change points, whatever is better.",
    values={
        deltas.Direction.UP: "The value rose.",
        deltas.Direction.DOWN: "The value fell.",
        deltas.Direction.FLAT: "The value did not move, or nothing can be said.",
    },
)
describe(
    deltas.Verdict,
    name="DeltaVerdict",
    description="Whether a change is welcome.",
    values={
        deltas.Verdict.GOOD: "It moved the way it should.",
        deltas.Verdict.BAD: "It moved the other way.",
        deltas.Verdict.NEUTRAL: "No colour: unchanged, not comparable, or neither way is better.",
    },
)
describe(
    deltas.DeltaStatus,
    name="DeltaStatus",
    description="What a change reads as.",
    values={
        deltas.DeltaStatus.CHANGED: "A percentage: `ratio` is set.",
        deltas.DeltaStatus.NO_CHANGE: "Both values are equal.",
        deltas.DeltaStatus.NEW: "There was nothing before: no percentage can be given.",
        deltas.DeltaStatus.NOT_APPLICABLE: "No percentage makes sense: a side is missing, or the "
        "sign changed.",
    },
)


class LanguageName(enum.StrEnum):
    """A language of the pages; the value is its tag."""

    EN = "en"
    DE = "de"
    AR = "ar"
    JA = "ja"


describe(
    LanguageName,
    name="Language",
    description="A language of the pages, and of files.",
    values={
        LanguageName.EN: "English.",
        LanguageName.DE: "German.",
        LanguageName.AR: "Arabic.",
        LanguageName.JA: "Japanese.",
    },
)


class SortDirection(enum.StrEnum):
    """Which end of a ranking comes first."""

    ASC = "asc"
    DESC = "desc"


class SortValue(enum.StrEnum):
    """Which part of a figure orders a list."""

    VALUE = "value"
    PREVIOUS = "previous"
    DIFFERENCE = "difference"
    CHANGE = "change"


describe(
    SortValue,
    name="SortValue",
    description="Which part of a figure orders a list. Without a compared period all mean VALUE.",
    values={
        SortValue.VALUE: "The value.",
        SortValue.PREVIOUS: "The value in the compared period.",
        SortValue.DIFFERENCE: "The value minus the previous one.",
        SortValue.CHANGE: "The difference as a part of the previous value; rows without such a "
        "percentage come last.",
    },
)
describe(
    SortDirection,
    name="SortDirection",
    description="Which end of a ranking comes first.",
    values={SortDirection.ASC: "The lowest first.", SortDirection.DESC: "The highest first."},
)
describe(
    Granularity,
    name="Granularity",
    description="The calendar unit of a bucket, in the asked zone.",
    values={
        Granularity.HOUR: "Hours of the wall clock; ranges of up to 14 days.",
        Granularity.DAY: "Days; ranges of up to two years.",
        Granularity.WEEK: "Weeks, beginning on the reporting week's first day; 8 days or more.",
        Granularity.MONTH: "Calendar months; 32 days or more.",
        Granularity.QUARTER: "Calendar quarters; 93 days or more.",
        Granularity.YEAR: "Calendar years; more than a year.",
    },
)
describe(
    Preset,
    name="PeriodPreset",
    description="A range relative to today in the asked zone.",
    values={
        Preset.TODAY: "All of today, also the hours still to come.",
        Preset.YESTERDAY: "The whole day before today.",
        Preset.LAST_7_DAYS: "The 7 whole days before today.",
        Preset.LAST_28_DAYS: "The 28 whole days before today: four of each weekday.",
        Preset.LAST_91_DAYS: "The 91 whole days before today: thirteen of each weekday.",
        Preset.WEEK_TO_DATE: "From the week's first day to the end of today.",
        Preset.LAST_WEEK: "The whole week before this one.",
        Preset.MONTH_TO_DATE: "From the first of the month to the end of today.",
        Preset.LAST_MONTH: "The whole month before this one.",
        Preset.QUARTER_TO_DATE: "From the first day of the quarter to the end of today.",
        Preset.LAST_QUARTER: "The whole quarter before this one.",
        Preset.YEAR_TO_DATE: "From 1 January to the end of today.",
        Preset.LAST_YEAR: "The whole year before this one.",
        Preset.LAST_12_MONTHS: "The 12 whole months before this one.",
        Preset.ALL_TIME: "From the day of the first sale to the day of the last.",
    },
)
describe(
    Comparison,
    name="ComparisonMode",
    description="What a range is compared with.",
    values={
        Comparison.NONE: "Nothing: every `previous` is null.",
        Comparison.PREVIOUS_PERIOD: "The period before: as many months back for calendar months, "
        "otherwise the same number of days, rounded up to whole weeks where weekdays match.",
        Comparison.YEAR_OVER_YEAR: "A year before: 52 weeks back where weekdays match, otherwise "
        "the same dates.",
        Comparison.CUSTOM: "The days given in `days`.",
    },
)


class DimensionName(enum.StrEnum):
    """What a breakdown has one row for; the value is the one of `shopx_store.query.Dimension`."""

    PRODUCT = "product"
    CATEGORY = "category"
    CUSTOMER = "customer"
    SEGMENT = "segment"
    REP = "rep"
    REGION = "region"
    CHANNEL = "channel"


describe(
    DimensionName,
    name="Dimension",
    description="What a breakdown has one row for, and what filters choose by.",
    values={
        DimensionName.PRODUCT: "Products.",
        DimensionName.CATEGORY: "Categories that products are directly in.",
        DimensionName.CUSTOMER: "Customers.",
        DimensionName.SEGMENT: "Customer segments, as last computed.",
        DimensionName.REP: "Sales reps.",
        DimensionName.REGION: "Sales regions.",
        DimensionName.CHANNEL: "Sales channels.",
    },
)


class Tier(enum.StrEnum):
    """Where figures come from; see `shopx_store.query`."""

    ROLLUP = "rollup"
    BASE = "base"
    VIEW = "view"


describe(
    Tier,
    name="Tier",
    description="Where figures come from.",
    values={
        Tier.ROLLUP: "Rollups plus the ledger lines that are not folded into them yet: exact.",
        Tier.BASE: "The ledger's lines themselves: exact, slower.",
        Tier.VIEW: "A materialized view: as of its last refresh.",
    },
)


describe(
    Segment,
    name="CustomerSegment",
    description="A named group of customers by how recently, how often and for how much they buy.",
    values={member: text.definition for member, text in SEGMENTS.items()},
)


class SegmentFilter(enum.StrEnum):
    """What a filter on segments takes: every `Segment`, and sales without one."""

    # As in `MetricId`.
    _ignore_ = "members segment"
    members = vars()
    for segment in Segment:
        members[segment.name] = segment.value
    NONE = "none"


describe(
    SegmentFilter,
    name="CustomerSegmentFilter",
    description="What a filter on segments takes.",
    values={
        **{SegmentFilter(member.value): text.definition for member, text in SEGMENTS.items()},
        SegmentFilter.NONE: "Sales without a customer, and customers without scores.",
    },
)
