"""What the API is told; written by `make generate` from the schema."""

from pydantic import Field

from shopx_client.generated.enums import *
from shopx_client.values import Amount, Day, Input, Instant, OneOfInput

__all__ = [
    "CategoryInput",
    "CohortPeriodInput",
    "ColumnChoiceInput",
    "ComparisonInput",
    "CustomerGroupInput",
    "CustomerInput",
    "DateRangeInput",
    "FeedInput",
    "FilterInput",
    "ImportAnswersInput",
    "ImportOptionsInput",
    "InstantRangeInput",
    "OrderInput",
    "OrderLineInput",
    "PeriodInput",
    "ProductInput",
    "RateInput",
    "RefundLineInput",
    "RepInput",
    "ReportAlertInput",
    "ReportInput",
    "ScoresInput",
    "WeekHourInput",
]


class CategoryInput(Input):
    """A category to make or to change."""

    key: str
    """Its key in this source."""
    name: str
    """What it is called."""
    parent: str | None = None
    """The key of the category above; null for a root."""


class CohortPeriodInput(Input):
    """Customers of a cohort who ordered in one of its periods, in the reporting zone."""

    granularity: Granularity
    """WEEK, MONTH, QUARTER or YEAR."""
    start: Day
    """The first day of the cohort's own period."""
    period: int | None = None
    """Periods after the cohort's own; 0 is all of the cohort."""


class ColumnChoiceInput(Input):
    """The column of a field."""

    field: str
    """The field, such as `at`, `gross` or `customer`; `roles` of an inspection has their names.
    """
    column: str | None = None
    """The column; null = no column has it."""


class DateRangeInput(Input):
    """Calendar days in the asked zone, from the first to the last, both included."""

    from_: Day = Field(alias="from")
    """The first day."""
    to: Day
    """The last day, included."""


class ComparisonInput(Input):
    """What the period is compared with."""

    mode: ComparisonMode | None = None
    """Which earlier period."""
    match_weekdays: bool | None = None
    """Compare Mondays with Mondays by moving whole weeks."""
    days: DateRangeInput | None = None
    """The earlier days; for mode CUSTOM, and only there."""


class ScoresInput(Input):
    """Customers with these scores; a missing score is any."""

    recency: int | None = None
    """1 (worst) to 5 (best)."""
    frequency: int | None = None
    """1 (worst) to 5 (best)."""
    monetary: int | None = None
    """1 (worst) to 5 (best)."""


class CustomerGroupInput(OneOfInput):
    """Which customers: exactly one of the three."""

    segment: CustomerSegment | None = None
    """A segment."""
    scores: ScoresInput | None = None
    """By scores."""
    cohort: CohortPeriodInput | None = None
    """By first order."""


class CustomerInput(Input):
    """A customer to make or to change."""

    key: str
    """Their key in this source."""
    name: str | None = None
    """What they are called."""
    email: str | None = None
    """Their address."""
    country: str | None = None
    """Where they are."""


class FeedInput(Input):
    """A new feed."""

    name: str
    """Small letters, digits and -; at most 63."""
    address: str
    """`folder:shop/*.csv`, `s3://bucket/folder/*.csv`, `https://…`,
    `postgresql://host/database` or `mysql://host/database`, without credentials;
    `postgresql://host/database?follow=changes` for the rows that change there; or of a shop
    that sends events `webhook:shopify`, `webhook:woocommerce` or `webhook:stripe`.
    """
    source: str
    """The source that its sales are of."""
    mapping: str | None = None
    """A mapping as YAML (docs/import.md), or the name of a known export such as `shopify-
    orders`. The default reads events.
    """
    schedule: str | None = None
    """Minute, hour, day of month, month, day of week, such as `0 6 * * *`; null where the shop
    sends events.
    """
    zone: str | None = None
    """IANA zone of the schedule; null = the reporting zone."""
    credential: str | None = None
    """The name of a file of credentials; null = none is needed."""


class FilterInput(Input):
    """Which sales: all lists must match, and within a list any entry. An empty or missing list
    does not filter. Every list takes the id of "none" that breakdowns show.
    """

    categories: list[str] | None = None
    """Categories, with everything below them."""
    products: list[str] | None = None
    """Products."""
    customers: list[str] | None = None
    """Customers."""
    segments: list[CustomerSegmentFilter] | None = None
    """Customer segments, as last computed."""
    reps: list[str] | None = None
    """Sales reps."""
    regions: list[str] | None = None
    """Sales regions."""
    channels: list[str] | None = None
    """Sales channels."""


class ImportAnswersInput(Input):
    """What a user says where a file leaves it open, or is misunderstood."""

    dates: DateOrder | None = None
    """How to read ambiguous dates."""
    decimal: str | None = None
    """The decimal separator: `.` or `,`."""
    currency: str | None = None
    """ISO 4217 code of the amounts, where the file states none."""
    zone: str | None = None
    """IANA zone of times without an offset; that of the figures if null."""
    source: str | None = None
    """The source's name: small letters, digits, `_`, `.`, `-`. The same for every export of one
    shop.
    """
    columns: list[ColumnChoiceInput] | None = None
    """Columns instead of those that were guessed."""


class ImportOptionsInput(Input):
    """What one import overrides of its mapping."""

    mode: ImportMode | None = None
    """What it means that the file lacks a line: APPEND, REPLACE or SNAPSHOT."""
    known_orders: KnownOrders | None = None
    """What an addition does with new lines of a known order."""
    extent: str | None = None
    """The orders that a snapshot stands for: `all`, `files`, or days such as
    `2024-02-01..2024-02-29`.
    """
    max_rejects: int | None = None
    """Rows that may be left out, at most 10000; more abort the import."""
    max_missing: str | None = None
    """Booked lines that may be taken back without others in their place: a number, or a share
    such as `5%`, which it is if null.
    """


class InstantRangeInput(Input):
    """Instants from the first up to and without the last."""

    from_: Instant = Field(alias="from")
    """The first instant."""
    to: Instant
    """The end, not part of the range."""


class OrderLineInput(Input):
    """One line of an order."""

    product: str
    """The product's key in this source."""
    quantity: Amount
    """How many; above 0."""
    gross: Amount
    """Amount of the line before discount: quantity times price."""
    discount: Amount | None = None
    """What is taken off the line."""
    cost: Amount | None = None
    """What the line's goods cost; quantity times the product's unit cost if null, and 0 where
    the product has none.
    """


class OrderInput(Input):
    """An order to record."""

    key: str
    """The order's key in this source, which is its idempotency key too: recording it again with
    the same content changes nothing and returns the same order, and with other content is a
    CONFLICT.
    """
    ordered_at: Instant
    """When the order was placed."""
    currency: str | None = None
    """ISO 4217 code of its amounts; the reporting currency if null."""
    customer: str | None = None
    """The customer's key in this source; null for a sale to nobody."""
    rep: str | None = None
    """The sales rep's key in this source."""
    region: str | None = None
    """The name of the sales region; made if it is new."""
    channel: str | None = None
    """The name of the sales channel; made if it is new."""
    lines: list[OrderLineInput]
    """What was sold, 1 to 500 lines."""


class PeriodInput(OneOfInput):
    """Which time: exactly one of the three."""

    preset: PeriodPreset | None = None
    """A range relative to today."""
    days: DateRangeInput | None = None
    """Calendar days."""
    instants: InstantRangeInput | None = None
    """Instants."""


class ProductInput(Input):
    """A product to make or to change."""

    key: str
    """Its key in this source."""
    name: str
    """What it is called."""
    sku: str | None = None
    """Stock keeping unit; the key if null."""
    category: str | None = None
    """The key of its category in this source."""
    unit_cost: Amount | None = None
    """Today's cost of one unit, in the reporting currency."""
    list_price: Amount | None = None
    """Today's price of one unit, in the reporting currency."""


class RateInput(Input):
    """An exchange rate."""

    currency: str
    """ISO 4217 code."""
    day: Day
    """The first day that it is of."""
    rate: Amount
    """Units of the reporting currency for one unit of this one."""


class RefundLineInput(Input):
    """What is taken back of one line."""

    line: int
    """The number of the sale line, from 1."""
    quantity: Amount | None = None
    """How many come back; 0 for a credit without goods."""
    amount: Amount | None = None
    """What is credited; the line's revenue per unit times `quantity` if null."""


class RepInput(Input):
    """A sales rep to make or to change."""

    key: str
    """Their key in this source."""
    name: str
    """What they are called."""
    team: str | None = None
    """The team they are in."""
    region: str | None = None
    """The name of their region; made if it is new."""
    hired_on: Day | None = None
    """Their first day."""
    manager: str | None = None
    """The key of their manager in this source."""


class ReportAlertInput(Input):
    """When an alert is sent."""

    metric: MetricId
    """What is watched."""
    condition: AlertCondition
    """How it is compared."""
    threshold: Amount
    """An amount, a count or a ratio, as the metric; for a change a ratio."""


class ReportInput(Input):
    """A new report, or a new alert."""

    name: str
    """What it is called, 1 to 100 characters."""
    page: str
    """The page, such as overview."""
    panels: list[str] | None = None
    """Some of its panels; empty = all."""
    preset: PeriodPreset
    """The range, relative to the day of sending."""
    comparison: ReportComparison | None = None
    """What it is compared with."""
    filters: FilterInput | None = None
    """Which sales."""
    zone: str | None = None
    """IANA zone of days and schedule; null = the reporting zone."""
    formats: list[ReportFormat] | None = None
    """The files to attach."""
    channel: ReportChannel
    """How it is sent."""
    targets: list[str]
    """1 to 50 addresses, or URLs."""
    schedule: str
    """Minute, hour, day of month, month, day of week, such as `0 7 * * MON`."""
    alert: ReportAlertInput | None = None
    """With it, it is sent only when the condition begins to hold."""


class WeekHourInput(Input):
    """One hour of every week in the period, in the asked zone."""

    weekday: int
    """1 Monday to 7 Sunday."""
    hour: int
    """Hour of the wall clock, 0 to 23."""
