"""What the API answers with; written by `make generate` from the schema."""

from pydantic import Field

from shopx_client.generated.enums import *
from shopx_client.values import Amount, Connection, Day, Instant, Model, SaidText

__all__ = [
    "AbcAnalysis",
    "AbcProduct",
    "AbcProductConnection",
    "AbcSummary",
    "Annotation",
    "ApiToken",
    "Attainment",
    "BackTest",
    "Breakdown",
    "BreakdownRow",
    "Category",
    "CategoryNode",
    "CategoryReference",
    "Change",
    "ChangeEffects",
    "ChangeOrderPayload",
    "ChangeRow",
    "CheckedLine",
    "Cohort",
    "Cohorts",
    "Concentration",
    "ConcentrationPoint",
    "CsvPart",
    "Customer",
    "CustomerConnection",
    "CustomerRank",
    "CustomerRankConnection",
    "CustomerReference",
    "CustomerValue",
    "CustomerValueConnection",
    "DataSource",
    "DayMover",
    "Delta",
    "DiscountBand",
    "Estimate",
    "Feed",
    "FeedReference",
    "FeedSlot",
    "Figure",
    "FilterOption",
    "FilterOptionConnection",
    "FoldState",
    "Forecast",
    "Freshness",
    "Heatmap",
    "ImportColumn",
    "ImportFact",
    "ImportFile",
    "ImportInspection",
    "ImportJob",
    "ImportLimits",
    "ImportLines",
    "ImportOverview",
    "ImportProblem",
    "ImportReport",
    "ImportRole",
    "ImportRun",
    "ImportRunConnection",
    "ImportTotal",
    "IngestProblem",
    "LeaderboardRow",
    "LeaderboardRowConnection",
    "LeftOut",
    "Lifetime",
    "LifetimeModel",
    "LifetimeValue",
    "Live",
    "MarginMap",
    "MarginPoint",
    "Metric",
    "MonthlyAttainment",
    "NewVersusReturning",
    "Order",
    "OrderConnection",
    "OrderLine",
    "OrderReference",
    "OrderResult",
    "Pace",
    "PaceFigures",
    "PaceRow",
    "ParetoCurve",
    "Period",
    "Prediction",
    "Product",
    "ProductPair",
    "ProductPairs",
    "ProductRank",
    "ProductRankConnection",
    "ProductReference",
    "ProductTrend",
    "ProductTrendLine",
    "RecordOrdersPayload",
    "RejectedRow",
    "Report",
    "ReportAlert",
    "ReportDelivery",
    "ReportReference",
    "Reporting",
    "RfmGrid",
    "RfmScore",
    "SalesRep",
    "SalesRepReference",
    "SavedView",
    "SegmentSummary",
    "Segments",
    "Series",
    "SeriesLine",
    "SetRatesPayload",
    "UndoReport",
    "UnusualDay",
    "UpsertPayload",
    "UpsertResult",
    "ViewState",
    "Viewer",
    "WaterfallBar",
]


class CategoryReference(Model):
    """A node of the product tree."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    name: str
    """What it is called."""


class ProductReference(Model):
    """Something sold."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    sku: str
    """Stock keeping unit."""
    name: str
    """What it is called."""
    unit_cost: Amount | None
    """Today's cost of one unit, in the reporting currency."""
    list_price: Amount | None
    """Today's price of one unit, in the reporting currency."""


class SalesRepReference(Model):
    """Somebody who sells."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Their key in the source they come from."""
    name: str
    """What they are called."""
    team: str | None
    """The team they are in."""
    hired_on: Day | None
    """Their first day."""
    region: str | None
    """The name of their region; null for none."""


class OrderReference(Model):
    """An order; its amounts are in its own currency."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    source: str
    """Where it comes from: an import, or `api`."""
    ordered_at: Instant
    """When it was placed."""
    currency: str
    """ISO 4217 code of its amounts."""
    status: OrderStatus
    """What became of it."""
    revenue: Amount
    """Gross minus discounts and returns, without voided lines."""
    profit: Amount | None
    """Revenue minus cost; null where no cost is known."""
    units: Amount
    """Quantity sold, before returns."""


class CustomerReference(Model):
    """A person or a company that buys."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Their key in the source they come from."""
    name: str | None
    """What they are called; null where the source has only a number."""
    email: str | None
    """Their address."""
    country: str | None
    """Where they are."""


class ReportReference(Model):
    """A report that is sent on a schedule, or an alert."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What it is called; the subject of its messages."""
    page: str
    """The page that it is of."""
    panels: list[str]
    """The panels of it; empty = all."""
    preset: PeriodPreset
    """The range, relative to the day of sending."""
    comparison: ReportComparison
    """What it is compared with."""
    zone: str | None
    """The zone of days and schedule; null = the reporting zone."""
    formats: list[ReportFormat]
    """The files that are attached."""
    channel: ReportChannel
    """How it is sent."""
    targets: list[str]
    """The recipients; of webhooks the hosts alone, because their paths are secrets."""
    schedule: str
    """Five cron fields."""
    is_paused: bool
    """Whether nothing is sent on schedule."""
    created_by: str
    """Who made it."""
    created_at: Instant
    """When."""
    problem: str | None
    """Why the condition could not be checked; null where it could."""
    problem_text: SaidText | None
    """`problem` for other languages."""


class FeedReference(Model):
    """A source that is read again on a schedule."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What it is called; unique."""
    address: str
    """Where it reads from; without credentials."""
    source: str
    """The source that its sales are of."""
    mapping: str
    """How it is read: a mapping's text, or the name of a known export."""
    schedule: str | None
    """Five cron fields; null where the shop sends events."""
    zone: str | None
    """The zone of the schedule; null = the reporting zone."""
    credential: str | None
    """The name of its credential; never the secret."""
    state: FeedState
    """How it is."""
    attempted_at: Instant | None
    """When the last attempt began; null before the first."""
    succeeded_at: Instant | None
    """When the last attempt that succeeded began; null before the first."""
    lag_seconds: float | None
    """How long ago that was: what the source has since may be missing here. Null where nothing
    was read yet. Where the shop sends events: how long the oldest that is not booked waits.
    """
    waiting_events: int
    """Events that are not booked yet."""
    unreadable_events: int
    """Signed events that could not be read, and are kept."""
    unreadable_why: str | None
    """Why one of them could not be."""
    refused_requests: int
    """Requests without a valid signature; the newest of a few seconds are missing."""
    failures: int
    """Attempts that failed since the last success."""
    next_attempt_at: Instant | None
    """When it is read apart from its schedule; null where it is not."""
    last_import: int | None
    """The number of its newest import."""
    job_id: str | None
    """The job that waits or is under way; null where none is."""
    created_by: str
    """Who added it."""
    created_at: Instant
    """When."""
    unreadable_why_text: SaidText | None
    """`unreadableWhy`, for other languages."""


class Period(Model):
    """A range of time as it was understood."""

    from_: Instant = Field(alias="from")
    """The first instant."""
    to: Instant
    """The end, not part of the period."""
    first_day: Day
    """The local day of the first instant."""
    last_day: Day
    """The local day of the last instant."""
    zone: str
    """The IANA zone whose days and hours count."""
    preset: PeriodPreset | None
    """The preset it was resolved from; null for chosen days or instants."""
    is_running: bool
    """Whether now lies in it, so that its figures may still change."""
    granularities: list[Granularity]
    """The units that suit it, finest first."""


class LeftOut(Model):
    """Amounts that figures leave out, because no exchange rate of their currency is known for
    their day.
    """

    currency: str
    """Their currency, which the amounts are in."""
    lines: int
    """Sale lines, without those taken back."""
    gross: Amount
    """Before discounts and returns."""
    amount: Amount
    """The revenue that is missing; 0 where everything was returned."""
    cost: Amount
    """The cost that is missing."""
    command: str
    """What adds the rate, with RATE for the units of the reporting currency that one unit of
    this one is worth.
    """


class Delta(Model):
    """A change from the previous value to the current one."""

    absolute: Amount | None
    """Current minus previous; null when a side is missing."""
    ratio: Amount | None
    """`absolute` divided by the magnitude of the previous value: 0.25 is +25 %; null where a
    percentage would lie.
    """
    direction: DeltaDirection
    """Where the arrow points."""
    status: DeltaStatus
    """What the change reads as."""
    verdict: DeltaVerdict
    """Whether the change is welcome."""


class Figure(Model):
    """A metric's value, with its change and its share."""

    metric: MetricId
    """Which metric."""
    value: Amount | None
    """The value; null for a quotient whose divisor is 0."""
    previous: Amount | None
    """The value in the compared period, like for like: a running period is compared up to the
    moment that corresponds to now. Null without comparison.
    """
    delta: Delta | None
    """The change; null without comparison."""
    share: Amount | None
    """The part of the total, 0.25 is 25 %; null outside of breakdowns, for quotients and
    distinct counts, which do not add up, and where the total is 0.
    """


class SeriesLine(Model):
    """A metric's values, one for each bucket of the series."""

    metric: MetricId
    """Which metric."""
    current: list[Amount | None]
    """One value a bucket; null where a quotient has none, and for buckets that have not begun.
    """
    previous: list[Amount | None] | None
    """One value a bucket: that of the compared period's bucket at the same place; null where it
    has none. The list is null without comparison.
    """
    unpaired: list[Amount | None]
    """One value for each of the series' `unpairedBuckets`."""


class Series(Model):
    """Metrics over time, in columns of equal length."""

    granularity: Granularity
    """The unit of the buckets."""
    buckets: list[Instant]
    """When each bucket begins. They partition the period: the first and the last may be cut by
    it.
    """
    previous_buckets: list[Instant | None] | None
    """When the compared period's bucket of the same place begins; null where it has none. The
    list is null without comparison.
    """
    unpaired_buckets: list[Instant]
    """When the compared period's buckets begin that have no counterpart: the hour that a clock
    change skips in the period, or days beyond a shorter one. Together with `previousBuckets`
    they are all of the compared period.
    """
    partial_from: int | None
    """Index of the bucket that is still running: it and all later ones are unfinished. Null
    when every bucket is over.
    """
    partial: list[int]
    """Indexes of all buckets that stand for less than a whole calendar unit: cut by the period,
    running, or still to come.
    """
    lines: list[SeriesLine]
    """One for each metric, as asked."""


class BreakdownRow(Model):
    """One row of a breakdown."""

    id: str
    """What to pass in a filter; for segments the segment's name."""
    label: str
    """What it is called."""
    is_none: bool
    """Whether this row is what has no member, such as sales without a rep."""
    figures: list[Figure]
    """One for each metric, as asked."""


class Breakdown(Connection):
    """Metrics by a dimension, ranked, with the total of all rows."""

    nodes: list[BreakdownRow]
    """The items alone, in order."""
    dimension: Dimension
    """What the rows are."""
    total: list[Figure]
    """All rows together, also those of other pages; one for each metric. Equal to the KPIs of
    the same period and filters, also for distinct counts, which do not add up.
    """


class CsvPart(Model):
    """A part of a list as text."""

    name: str
    """The file's name, the same in every part."""
    text: str
    """Lines of comma-separated values, exact and in ISO 8601. The first part begins with what
    they are of: period, zone, currency, filters, as-of, definitions.
    """
    text_columns: int
    """How many leading columns are texts; the others are numbers."""
    rows: int
    """Rows of this part."""
    total_count: int
    """Rows of all parts."""
    end_cursor: str | None
    """Pass it as `after` for the next part; null after the last."""


class ChangeEffects(Model):
    """The parts of a change of revenue; they add up to it exactly."""

    before: Amount
    """The revenue of the compared period."""
    now: Amount
    """The revenue of the period."""
    change: Amount
    """`now` minus `before`."""
    volume: Amount
    """As if every member sold in both periods had grown like the units of all."""
    mix: Amount
    """By units that grew more or less than those of all, at the prices before."""
    price: Amount
    """By the revenue of a unit: prices, discounts and returns."""
    new: Amount
    """Of members that were not sold before."""
    gone: Amount
    """Of members that are not sold any more."""
    unitless: Amount
    """Of members without units in either period, such as returns of earlier sales."""


class ChangeRow(Model):
    """A member's part of a change."""

    id: str
    """Its id, as in a breakdown."""
    label: str
    """Its name."""
    is_none: bool
    """Whether it stands for sales without a member."""
    effects: ChangeEffects
    """What its change is made of."""


class Change(Model):
    """What a change of revenue is made of."""

    dimension: Dimension
    """What the rows are."""
    total: ChangeEffects
    """Over all members."""
    members: int
    """How many members there are."""
    rows: list[ChangeRow]
    """The members with the largest changes, up or down, the largest first."""


class Heatmap(Model):
    """A metric by weekday and hour of the asked zone, in columns."""

    metric: MetricId
    """What the values are."""
    weekdays: list[int]
    """Of each cell: 1 Monday to 7 Sunday."""
    hours: list[int]
    """Of each cell: 0 to 23, of the wall clock."""
    values: list[Amount | None]
    """Of each cell; null for a quotient whose divisor is 0."""


class Estimate(Model):
    """What is expected, rounded to four digits, and within which bounds."""

    expected: Amount
    """The forecast."""
    low: Amount
    """The lower bound."""
    high: Amount
    """The upper bound."""


class BackTest(Model):
    """How the same method did before: forecasts a week apart, each of which knew only what came
    before it.
    """

    forecasts: int
    """How many were made."""
    days: int
    """How many days each looked ahead."""
    coverage: Amount
    """The part of their errors that the bounds of a forecast hold: 0.8 is 80 %."""
    mase: Amount | None
    """Mean absolute scaled error: their mean error, in mean differences of a day from that a
    week before. Null where these are 0.
    """
    naive_mase: Amount | None
    """The same of the last known week, repeated: what a forecast has to beat."""


class DayMover(Model):
    """A member whose part of an unusual day changed most."""

    id: str
    """Its id, as in a breakdown."""
    label: str
    """Its name."""
    is_none: bool
    """Whether it stands for sales without a member."""
    change: Amount
    """Its value on the day, minus that on the same day of the week before."""


class UnusualDay(Model):
    """A day outside of what the newest forecast of the back-test before it expected: by more
    than 3.5 times the usual error.
    """

    bucket: Instant
    """When the day begins."""
    value: Amount
    """What was booked."""
    estimate: Estimate
    """What was expected."""
    beyond: Amount
    """How far the value is above the upper bound; negative below the lower one. Rounded to four
    digits.
    """
    mover: DayMover | None
    """What contributed most; null where nothing changed in that direction."""


class Forecast(Model):
    """A daily series and its forecast, in columns of equal length: the last 8 weeks that are
    known, then the days ahead.
    """

    metric: MetricId
    """What the values are."""
    state: ForecastState
    """What became of it."""
    known_days: int
    """Days from the first sale on that it was made of, 287 at most."""
    needed_days: int
    """Days that it needs."""
    buckets: list[Instant]
    """When each day begins."""
    values: list[Amount | None]
    """What was booked on each day; null for the days ahead."""
    expected: list[Amount | None]
    """What is expected, rounded to four digits; null for known days."""
    low: list[Amount | None]
    """Its lower bounds."""
    high: list[Amount | None]
    """Its upper bounds."""
    total: Estimate | None
    """Of all days ahead together; null where there is none, and where the back-test is too
    short to tell its bounds.
    """
    back_test: BackTest | None
    """How it did before; null where there are too few days."""
    unusual: list[UnusualDay]
    """Unusual days of the last 8 weeks, the newest first, five at most."""


class ParetoCurve(Model):
    """How the best members make up a metric, in columns of equal length: points along the
    Pareto curve.
    """

    dimension: Dimension
    """What the members are."""
    metric: MetricId
    """What they make."""
    members: int
    """How many members have a value."""
    class_a: int
    """How many of them are in class A."""
    class_b: int
    """How many are in class B."""
    counts: list[int]
    """The best so many members, from 0; the ends of the classes are among them."""
    shares: list[Amount | None]
    """What they make together, of all members above 0; losses do not count. Null where no
    member is above 0.
    """
    members_below: int
    """Members at 0 or below, which are in class C and do not count for shares."""


class Live(Model):
    """Today so far, against the same hours of an earlier day."""

    as_of: Instant
    """The instant that the figures are as of."""
    period: Period
    """Today in the asked zone, up to the as-of."""
    comparison: Period
    """The same hours of the day that is compared with."""
    figures: list[Figure]
    """One for each metric, as asked."""
    last_order_at: Instant | None
    """When the newest order was placed; null without one."""


class Category(Model):
    """A node of the product tree."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    name: str
    """What it is called."""
    parent: CategoryReference | None
    """The category above; null at a root."""


class Product(Model):
    """Something sold."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    sku: str
    """Stock keeping unit."""
    name: str
    """What it is called."""
    unit_cost: Amount | None
    """Today's cost of one unit, in the reporting currency."""
    list_price: Amount | None
    """Today's price of one unit, in the reporting currency."""
    category: CategoryReference | None
    """The category that it is directly in; null for none."""


class ProductRank(Model):
    """A product's place in a ranking."""

    rank: int | None
    """Place in the period, from 1; ties share a place. Null where the ranking metric has no
    value.
    """
    previous_rank: int | None
    """Place in the compared period; null without comparison or where the product did not sell
    then.
    """
    product: ProductReference
    """The product."""
    figures: list[Figure]
    """One for each metric, as asked."""


class ProductRankConnection(Connection):
    """A page of a list."""

    nodes: list[ProductRank]
    """The items alone, in order."""


class AbcSummary(Model):
    """What one Pareto class holds."""

    name: AbcClass
    """Which class."""
    products: int
    """How many products are in it."""
    products_share: Amount | None
    """Their part of all products; null when there is none."""
    value: Amount
    """What they make together of the metric."""
    share: Amount | None
    """Their part of what all products with a positive value make; null when none has. Losses
    lower the share of class C.
    """


class AbcProduct(Model):
    """A product and its Pareto class."""

    rank: int
    """Place by the metric, from 1."""
    product: ProductReference
    """The product."""
    value: Amount
    """Its value of the metric."""
    share: Amount | None
    """Its part of what all products with a positive value make; null when none has."""
    cumulative_share: Amount | None
    """The part that it, its equals and all better products make together; losses do not count.
    """
    class_: AbcClass = Field(alias="class")
    """Which class it is in."""


class AbcProductConnection(Connection):
    """A page of a list."""

    nodes: list[AbcProduct]
    """The items alone, in order."""


class AbcAnalysis(Model):
    """Products by Pareto class."""

    metric: MetricId
    """What the classes are made by."""
    classes: list[AbcSummary]
    """A, B and C, in this order, also those that hold nothing."""
    products: AbcProductConnection
    """The products, best first."""


class MarginPoint(Model):
    """A product by what it sells and what it keeps of that."""

    product: ProductReference
    """The product."""
    volume: Amount
    """REVENUE or UNITS, as asked."""
    revenue: Amount
    """What it sold for."""
    profit: Amount
    """Revenue minus its cost."""
    margin: Amount
    """Profit divided by revenue."""


class MarginMap(Model):
    """Products by margin and volume. A vertical and a horizontal line make quadrants."""

    volume: MetricId
    """What the volume is."""
    typical_volume: Amount | None
    """The median of all products with a margin, the lower one of two; null without any."""
    margin: Amount | None
    """The margin of all products with a margin together."""
    points: list[MarginPoint]
    """Those with the highest volume, the highest first."""
    others: int
    """Products with a margin and a lower volume."""
    without_cost: int
    """Products that sold and whose cost is not known, so that they have no margin."""
    without_revenue: int
    """Products whose returns are no less than their sales, so that they have none."""


class CategoryNode(Model):
    """A category within the tree, with everything below it added up."""

    id: str
    """The category's id, as filters take it; for products without a category it is the id of
    none.
    """
    is_none: bool
    """Whether this row is the products without a category."""
    parent_id: str | None
    """The id of the category above; null at a root."""
    name: str
    """What it is called."""
    depth: int
    """How many categories are above it."""
    products: int
    """How many products sold, or came back, in it and below."""
    figures: list[Figure]
    """One for each metric, as asked, with everything below it."""


class ProductTrendLine(Model):
    """One product's line in a chart of several."""

    product: ProductReference
    """The product."""
    current: list[Amount | None]
    """One value a bucket."""
    previous: list[Amount | None] | None
    """The compared period's values; null without comparison."""


class ProductTrend(Model):
    """Several products over time, in columns of equal length."""

    metric: MetricId
    """What the lines show."""
    granularity: Granularity
    """The unit of the buckets."""
    buckets: list[Instant]
    """When each bucket begins."""
    previous_buckets: list[Instant | None] | None
    """When the compared period's bucket of the same place begins; null where it has none. The
    list is null without comparison.
    """
    partial_from: int | None
    """Index of the bucket that is still running: it and all later ones are unfinished. Null
    when every bucket is over.
    """
    partial: list[int]
    """Indexes of all buckets that stand for less than a whole calendar unit: cut by the period,
    running, or still to come.
    """
    lines: list[ProductTrendLine]
    """One for each product, as asked."""


class DiscountBand(Model):
    """Order lines sold at a discount within a band."""

    low: Amount
    """The lowest discount of the band, included: 0.05 is 5 % of the gross amount."""
    high: Amount | None
    """Where the band ends, excluded; null for the last. Band 0 to 0 is what was sold without
    any discount, which the next band does not hold.
    """
    is_returns: bool
    """Whether this row is the returns, which have no discount of their own. It is the last, and
    all rows add up to the figures of the period.
    """
    figures: list[Figure]
    """GROSS, DISCOUNTS, UNITS, LINES, PROFIT and MARGIN of the lines in it."""


class ProductPair(Model):
    """Two products that are bought in the same order."""

    product: ProductReference
    """The first product."""
    other: ProductReference
    """What is bought with it."""
    orders: int
    """Orders that hold both."""
    support: Amount
    """The part of all orders that were looked at that hold both."""
    confidence: Amount
    """The part of the orders with `product` that hold `other` too."""
    lift: Amount
    """`confidence` divided by the part of all orders that hold `other`: above 1 they attract
    each other.
    """


class ProductPairs(Connection):
    """Bought-together pairs, as last computed, over the 365 days up to the newest sale then.
    Orders with more than 100 products are left out.
    """

    nodes: list[ProductPair]
    """The items alone, in order."""
    as_of: Instant | None
    """What the pairs are as of; null before they were first computed."""


class SegmentSummary(Model):
    """A segment and what it is worth."""

    segment: CustomerSegment
    """Which segment."""
    title: str
    """What it is called."""
    description: str
    """Who is in it."""
    customers: int
    """How many customers are in it."""
    customers_share: Amount | None
    """Their part of all customers."""
    revenue: Amount
    """Their revenue so far."""
    revenue_share: Amount | None
    """Their part of all revenue."""
    average_recency_days: Amount | None
    """Days since their last order, on average."""
    average_orders: Amount | None
    """Orders per customer."""
    average_revenue: Amount | None
    """Revenue per customer."""


class Segments(Model):
    """Customers by segment, as last computed."""

    as_of: Instant | None
    """What the segments are as of; null before they were first computed."""
    rows: list[SegmentSummary]
    """Every segment, the best first."""


class RfmGrid(Model):
    """Customers by recency and frequency score, in columns."""

    as_of: Instant | None
    """What the scores are as of; null before they were first computed."""
    recency: list[int]
    """The recency score of each cell, 1 to 5."""
    frequency: list[int]
    """The frequency score of each cell."""
    customers: list[int]
    """How many customers are in each cell."""
    revenue: list[Amount]
    """Their revenue so far."""
    average_monetary: list[Amount | None]
    """Their average monetary score; null in an empty cell."""


class Cohort(Model):
    """Customers who first ordered in the same unit of time."""

    start: Day
    """The first day of the unit of first orders."""
    size: int
    """How many customers are in it."""
    values: list[Amount]
    """By units of time after the first (index 0 is the first itself), up to the newest unit in
    which any customer ordered or returned something.
    """
    ratios: list[Amount | None]
    """The values divided by that of index 0: retention; null where it is 0."""
    partial_from: int | None
    """Index of the unit that was still running at the as-of: its value may grow. Null when the
    last shown is over.
    """


class Cohorts(Model):
    """Cohorts by when customers first ordered."""

    metric: CohortMetric
    """What the values are."""
    granularity: Granularity
    """The unit of time."""
    as_of: Instant | None
    """What the table is as of; null before it was first computed."""
    cohorts: list[Cohort]
    """The oldest first."""
    average_retention: list[Amount]
    """The part of the customers who ordered, by units of time after the first, over all cohorts
    shown, weighted by their size; unfinished units are left out.
    """


class Lifetime(Model):
    """A customer's whole history."""

    first_order_at: Instant | None
    """The first order."""
    last_order_at: Instant | None
    """The newest order."""
    orders: int
    """Orders that count."""
    revenue: Amount
    """Revenue so far: the historic lifetime value."""
    profit: Amount | None
    """Gross profit so far; null where no cost is known."""
    average_order_value: Amount | None
    """Revenue per order."""


class RfmScore(Model):
    """How recently, how often and for how much a customer buys."""

    as_of: Instant | None
    """What the scores are as of."""
    segment: CustomerSegment
    """The segment that the scores make."""
    recency: int
    """Score of the days since the last order, 1 to 5."""
    frequency: int
    """Score of the number of orders, 1 to 5."""
    monetary: int
    """Score of the revenue, 1 to 5."""


class Prediction(Model):
    """What a customer is expected to buy: purchases by BG/NBD, their value by Gamma-Gamma. A
    day with orders is one purchase.
    """

    as_of: Instant
    """What the purchases that the models were fitted to are as of."""
    observed_until: Day | None
    """The newest day with a purchase of any customer: predictions are as of its end and look
    ahead from it.
    """
    horizon_days: int
    """How far ahead the expected revenue looks."""
    probability_alive: Amount
    """The probability that the customer still buys at all."""
    expected_orders: Amount
    """Days with a purchase to expect within 365 days; several orders on one day are one."""
    expected_orders90_days: Amount
    """Days with a purchase to expect within 90 days."""
    expected_order_value: Amount | None
    """What one purchase brings, before returns; null for customers with a single purchase,
    whose own history says nothing of it, and where it could not be fitted.
    """
    expected_revenue: Amount | None
    """Revenue within the horizon, before returns; customers with a single purchase are expected
    to spend like everybody. Null where spending could not be fitted.
    """


class Attainment(Model):
    """What was to be sold in a period, and how much of it was. A quota is for a calendar month;
    a period that cuts a month takes the part of its days, and one that is still running has its
    whole quota. Quotas in another currency count at the rate of their month's first day; one
    whose currency has no rate for that day makes the quota unknown.
    """

    quota: Amount | None
    """What was to be sold, in the reporting currency; null without quotas, and where one cannot
    be converted.
    """
    revenue: Amount
    """What was sold."""
    ratio: Amount | None
    """Revenue divided by quota: 1 is just attained; null without quota, and with one of 0."""


class MonthlyAttainment(Model):
    """A month's attainment."""

    month: Day
    """The month's first day."""
    is_running: bool
    """Whether now lies in it."""
    attainment: Attainment
    """Of the part of the month that lies in the period."""


class SalesRep(Model):
    """Somebody who sells."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Their key in the source they come from."""
    name: str
    """What they are called."""
    team: str | None
    """The team they are in."""
    hired_on: Day | None
    """Their first day."""
    region: str | None
    """The name of their region; null for none."""
    manager: SalesRepReference | None
    """Who manages them; null for nobody."""


class OrderLine(Model):
    """One line of the ledger. What takes back has negative amounts."""

    number: int
    """The line's number within the order."""
    kind: LedgerKind
    """What the line does."""
    booked_at: Instant
    """When it counts."""
    quantity: Amount
    """How many, signed."""
    gross: Amount
    """Amount before discount, signed."""
    discount: Amount
    """What was taken off, signed."""
    revenue: Amount
    """Gross minus discount, signed: the order's revenue is the sum of its lines'."""
    cost: Amount
    """What the goods cost, signed."""
    product: ProductReference
    """What was sold."""


class Order(Model):
    """An order; its amounts are in its own currency."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Its key in the source it comes from."""
    source: str
    """Where it comes from: an import, or `api`."""
    ordered_at: Instant
    """When it was placed."""
    currency: str
    """ISO 4217 code of its amounts."""
    status: OrderStatus
    """What became of it."""
    revenue: Amount
    """Gross minus discounts and returns, without voided lines."""
    profit: Amount | None
    """Revenue minus cost; null where no cost is known."""
    units: Amount
    """Quantity sold, before returns."""
    customer: CustomerReference | None
    """Who bought; null where the order does not say."""
    rep: SalesRepReference | None
    """Who sold; null where the order does not say."""
    lines: list[OrderLine]
    """Every ledger line of it, in the order of booking."""


class OrderConnection(Connection):
    """A page of a list."""

    nodes: list[Order]
    """The items alone, in order."""


class Customer(Model):
    """A person or a company that buys."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    key: str
    """Their key in the source they come from."""
    name: str | None
    """What they are called; null where the source has only a number."""
    email: str | None
    """Their address."""
    country: str | None
    """Where they are."""
    lifetime: Lifetime
    """Their whole history."""
    rfm: RfmScore | None
    """Their scores, as last computed; null before that, and without orders."""
    prediction: Prediction | None
    """What they are expected to buy, as last fitted; null before, and for a customer without an
    order then.
    """


class CustomerConnection(Connection):
    """A page of a list."""

    nodes: list[Customer]
    """The items alone, in order."""


class ConcentrationPoint(Model):
    """What the best customers make of the revenue."""

    customers_share: Amount
    """Which part of all customers, the best first: 0.01 to 1."""
    customers: int
    """How many they are, rounded up."""
    revenue: Amount
    """Their revenue."""
    revenue_share: Amount | None
    """Their part of all customers' revenue, above 1 where other customers returned more than
    they bought; null where all revenue is not above 0.
    """


class Concentration(Model):
    """How revenue spreads over the customers with an order in the 365 days up to the newest
    sale.
    """

    as_of: Instant | None
    """What the curve is as of; null before it was first computed."""
    customers: int
    """How many customers it covers."""
    revenue: Amount
    """Their revenue in these days."""
    points: list[ConcentrationPoint]
    """For each percent from 1 to 100; empty without customers."""


class LifetimeModel(Model):
    """The parameters of the fitted customer models."""

    fitted_at: Instant
    """When it was fitted."""
    as_of: Instant
    """What the purchases that it was fitted to are as of."""
    observed_until: Day | None
    """The newest day with a purchase: predictions look ahead from it."""
    horizon_days: int
    """How far ahead the expected revenue looks."""
    customers: int
    """How many customers it was fitted on."""
    r: Amount
    """Shape of the purchase rates."""
    alpha: Amount
    """Scale of the purchase rates, in days."""
    a: Amount
    """First parameter of the drop-out probabilities."""
    b: Amount
    """Second parameter of the drop-out probabilities."""
    p: Amount | None
    """Shape of order values; null if not fitted."""
    q: Amount | None
    """Shape of their spread over customers."""
    gamma: Amount | None
    """Scale of their spread over customers, in the reporting currency."""
    is_degenerate: bool
    """Whether a parameter has no finite estimate: predictions hold, the parameters mean
    nothing.
    """
    spend_problem: str | None
    """Why order values, or those of some customers, could not be fitted."""


class CustomerValue(Model):
    """A customer and their value, so far and expected."""

    customer: CustomerReference
    """The customer."""
    revenue: Amount
    """Revenue so far."""
    prediction: Prediction | None
    """What is expected; null for customers that were not there at the last fit."""


class CustomerValueConnection(Connection):
    """A page of a list."""

    nodes: list[CustomerValue]
    """The items alone, in order."""


class LifetimeValue(Model):
    """What customers are worth, so far and expected."""

    as_of: Instant | None
    """What revenue so far is as of; null before it was first computed."""
    average: Amount | None
    """Revenue so far per customer."""
    median: Amount | None
    """The middle customer's revenue so far."""
    expected: Amount | None
    """Expected revenue of all customers within the model's horizon; null before the first fit.
    """
    model: LifetimeModel | None
    """The model behind predictions; null before the first fit."""
    customers: CustomerValueConnection
    """The customers with the highest expected revenue first; those without one last."""


class NewVersusReturning(Model):
    """First-time against returning customers over time, in columns."""

    granularity: Granularity
    """The unit of the buckets."""
    buckets: list[Instant]
    """When each bucket begins."""
    partial_from: int | None
    """Index of the bucket that is still running: it and all later ones are unfinished. Null
    when every bucket is over.
    """
    partial: list[int]
    """Indexes of all buckets that stand for less than a whole calendar unit: cut by the period,
    running, or still to come.
    """
    new_customers: list[Amount | None]
    """Customers whose first order ever lies in the bucket; null for buckets that have not
    begun.
    """
    returning_customers: list[Amount | None]
    """Customers of the bucket who had ordered before it; null as above."""
    new_revenue: list[Amount | None]
    """Revenue of the bucket from its new customers; null for buckets that have not begun. The
    three revenues add up to that of the sales panel.
    """
    returning_revenue: list[Amount | None]
    """Revenue of the bucket from customers who had ordered before it, or only returned
    something in it; null as above.
    """
    anonymous_revenue: list[Amount | None]
    """Revenue of the bucket from sales without a customer; null as above."""


class CustomerRank(Model):
    """A customer's place in a ranking."""

    rank: int | None
    """Place in the period, from 1; ties share a place. Null where the ranking metric has no
    value.
    """
    previous_rank: int | None
    """Place in the compared period; null without comparison or without orders then."""
    customer: CustomerReference
    """The customer."""
    figures: list[Figure]
    """One for each metric, as asked."""


class CustomerRankConnection(Connection):
    """A page of a list."""

    nodes: list[CustomerRank]
    """The items alone, in order."""


class LeaderboardRow(Model):
    """A rep's place on the leaderboard."""

    rank: int | None
    """Place, from 1; ties share a place. Null for a rep without a value, such as an attainment
    without a quota; these come last.
    """
    is_tied: bool
    """Whether another rep has the same place."""
    previous_rank: int | None
    """Place in the compared period; null without comparison, and for a rep without a value
    then.
    """
    rank_change: int | None
    """Places won (positive) or lost; null where `previousRank` is."""
    rep: SalesRepReference
    """The rep."""
    figures: list[Figure]
    """REVENUE, PROFIT, ORDERS, AVERAGE_ORDER_VALUE and MARGIN."""
    attainment: Attainment
    """Against their quota. Filters narrow what was sold, never the quota."""


class LeaderboardRowConnection(Connection):
    """A page of a list."""

    nodes: list[LeaderboardRow]
    """The items alone, in order."""


class PaceFigures(Model):
    """What is booked of a quota, and where it will end."""

    quota: Amount | None
    """Of the whole month or quarter; null without one."""
    booked: Amount
    """Revenue up to the present."""
    attained: Amount | None
    """`booked` divided by the quota."""
    expected: Amount | None
    """Revenue at the end: what is booked up to yesterday, and for each day left the average of
    its weekday over the last weeks. Null where it is unknown.
    """
    expected_attained: Amount | None
    """`expected` divided by the quota."""


class PaceRow(Model):
    """A rep's pace."""

    rep: SalesRepReference
    """The rep."""
    figures: PaceFigures
    """What is booked and expected."""


class Pace(Model):
    """How far a month or a quarter is, and where it will end: the one in which the panel's
    period ends (the running one, if it ends later), whatever the period's last day. As of now
    while it is running; of one that is over, all that was booked.
    """

    unit: PaceUnit
    """Month or quarter."""
    first_day: Day
    """Its first day."""
    last_day: Day
    """Its last day."""
    today: Day
    """The day that it is as of: today in the panel's zone, or the last day if it is over."""
    days_left: int
    """Days that are not over, today included; 0 if it is over."""
    elapsed: Amount
    """The part of its days that is complete: 0.5 is half."""
    state: PaceState
    """Whether its end is known."""
    weeks: int
    """Weeks that weekdays are averaged over."""
    total: PaceFigures
    """Of all reps with a quota together."""
    members: int
    """How many reps have a quota or revenue."""
    rows: list[PaceRow]
    """The reps, the best attained first."""


class WaterfallBar(Model):
    """One bar of the waterfall."""

    step: WaterfallStep
    """Which bar."""
    is_total: bool
    """Whether it stands on the ground (gross sales, revenue, profit)."""
    change: Amount
    """What the step adds: negative for what is taken off; its value for a total."""
    start: Amount
    """Where the bar begins; 0 for a total."""
    end: Amount
    """Where the bar ends."""
    share: Amount | None
    """`change` divided by gross sales; null where they are 0."""
    previous: Amount | None
    """The compared period's `change`; null without comparison."""
    delta: Delta | None
    """How the step's own metric moved; null without comparison."""


class SavedView(Model):
    """A page with its range, comparison and filters, under a name."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What its owner calls it."""
    path: str
    """The page's path and query within the dashboard."""
    is_shared: bool
    """Whether every reader sees it."""
    is_mine: bool
    """Whether the caller saved it."""
    created_at: Instant
    """When it was saved, or changed last."""


class Annotation(Model):
    """What happened on some days; every reader sees it."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    from_: Day = Field(alias="from")
    """The first day."""
    to: Day
    """The last day, included."""
    text: str
    """What happened."""
    author: str
    """Who wrote it: a user, or the name of a token."""
    is_mine: bool
    """Whether the caller wrote it."""
    created_at: Instant
    """When it was written."""


class Metric(Model):
    """A figure and how it is defined."""

    id: MetricId
    """Which metric."""
    title: str
    """What it is called."""
    definition: str
    """One sentence in accounting terms."""
    unit: MetricUnit
    """How it reads."""
    better: Better
    """Which way it should move."""
    is_additive: bool
    """Whether the values of disjoint parts add up to the value of the whole."""


class FilterOption(Model):
    """Something to filter by."""

    id: str
    """What to pass in a filter; for segments the segment's name."""
    dimension: Dimension
    """Which dimension it belongs to."""
    label: str
    """What it is called."""
    detail: str | None
    """What tells it from its namesakes: a SKU, an address, the categories above."""


class FilterOptionConnection(Connection):
    """A page of a list."""

    nodes: list[FilterOption]
    """The items alone, in order."""


class Reporting(Model):
    """The terms in which figures are reported."""

    timezone: str
    """The zone whose days count by default (IANA)."""
    currency: str
    """ISO 4217 code that all totals are in."""
    week_start: int
    """First day of a week: 1 Monday to 7 Sunday."""
    first_sale_at: Instant | None
    """When the first line was booked, to the quarter-hour; null while there is none."""
    last_sale_at: Instant | None
    """When the last line was booked, to the quarter-hour; null while there is none."""
    last_import_at: Instant | None
    """When an import or a seeding last changed sales; null while none has. A view that is older
    lacks it.
    """


class FoldState(Model):
    """How far the fold is behind the ledger."""

    folded_at: Instant
    """When it last folded something."""
    pending_lines: int
    """Ledger lines that are not in the rollups yet."""
    lag_seconds: float
    """Seconds since the last fold while lines are pending, else 0."""
    is_trusted: bool
    """False after a restore until the rollups are rebuilt: reads are then slower."""


class ViewState(Model):
    """A materialized view and its own as-of."""

    name: str
    """Which view."""
    as_of: Instant
    """What it is as of."""
    refreshed_at: Instant
    """When its last refresh ended."""
    seconds: float
    """How long that took."""


class Freshness(Model):
    """How fresh each tier is."""

    as_of: Instant
    """The instant of this very answer."""
    tier: Tier
    """Where sums come from at present."""
    fold: FoldState
    """The rollups."""
    views: list[ViewState]
    """The materialized views, by name."""


class Viewer(Model):
    """Who is asking."""

    name: str
    """The token's or user's name, or `anonymous`."""
    is_anonymous: bool
    """Whether no proof of identity was given."""
    scopes: list[Scope]
    """What they may do."""
    auth_mode: AuthMode
    """How callers are recognised here."""


class ApiToken(Model):
    """An API token, without its secret, which is stored nowhere."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What it was named when it was made."""
    scopes: list[Scope]
    """What it allows."""
    sources: list[str] | None
    """The sources that it may write as; null = every source."""
    created_at: Instant
    """When it was made."""
    expires_at: Instant | None
    """From when on it is refused."""
    revoked_at: Instant | None
    """Since when it is refused."""
    is_active: bool
    """Whether it is accepted now."""


class ReportAlert(Model):
    """When an alert is sent."""

    metric: MetricId
    """What is watched."""
    condition: AlertCondition
    """How it is compared."""
    threshold: Amount
    """An amount, a count or a ratio, as the metric; for a change a ratio."""
    is_met: bool | None
    """Whether it held when it was last checked; null before the first check."""


class ReportDelivery(Model):
    """One report to one recipient."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    due_at: Instant
    """The time of the schedule."""
    target: str
    """The recipient; of a webhook the host alone, because its path is a secret."""
    state: DeliveryState
    """How far it is."""
    attempts: int
    """How often it was tried."""
    next_attempt_at: Instant | None
    """When it is tried next; null where it is not."""
    finished_at: Instant | None
    """When its end was known."""
    observed: str | None
    """What an alert says."""
    observed_text: SaidText | None
    """`observed` for other languages."""
    detail: str | None
    """What the receiver answered, or the reason."""
    detail_text: SaidText | None
    """`detail` for other languages."""


class Report(Model):
    """A report that is sent on a schedule, or an alert."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What it is called; the subject of its messages."""
    page: str
    """The page that it is of."""
    panels: list[str]
    """The panels of it; empty = all."""
    preset: PeriodPreset
    """The range, relative to the day of sending."""
    comparison: ReportComparison
    """What it is compared with."""
    zone: str | None
    """The zone of days and schedule; null = the reporting zone."""
    formats: list[ReportFormat]
    """The files that are attached."""
    channel: ReportChannel
    """How it is sent."""
    targets: list[str]
    """The recipients; of webhooks the hosts alone, because their paths are secrets."""
    schedule: str
    """Five cron fields."""
    alert: ReportAlert | None
    """Null where it is no alert."""
    is_paused: bool
    """Whether nothing is sent on schedule."""
    created_by: str
    """Who made it."""
    created_at: Instant
    """When."""
    problem: str | None
    """Why the condition could not be checked; null where it could."""
    problem_text: SaidText | None
    """`problem` for other languages."""
    history: list[ReportDelivery]
    """The 20 newest deliveries, the newest first."""


class ImportLines(Model):
    """What an import does to the ledger, in lines."""

    new: int
    """Booked that were not known."""
    changed: int
    """Corrected and booked anew."""
    taken_back: int
    """Corrected, because the files lack them."""
    again: int
    """Booked again, after they had been taken back."""
    known: int
    """Known already: nothing was done."""


class ImportTotal(Model):
    """The totals of an import's source in one currency."""

    currency: str
    """ISO 4217 code."""
    lines: Amount
    """Lines."""
    units: Amount
    """Units sold, less those returned."""
    gross: Amount
    """Amount before discounts."""
    discounts: Amount
    """Discounts."""
    returns: Amount
    """Amount of returns."""
    net: Amount
    """Revenue."""


class ImportFile(Model):
    """A file or table that an import read."""

    name: str
    """Its name."""
    bytes: Amount | None
    """Its size; null for a table."""
    sha256: str | None
    """Of its content; null for a table."""


class ImportRun(Model):
    """A published import, generation of sales, or undo."""

    id: str
    """Opaque global id."""
    number: int
    """As `shopx import list` has it."""
    source: str
    """The source."""
    published_at: Instant
    """Since when its lines count."""
    mode: ImportMode
    """What it did with lines that its files lack."""
    lines: ImportLines
    """What it did to the ledger."""
    rows_read: int | None
    """Rows of the files; null if not noted."""
    rows_skipped: int | None
    """Rows that the mapping leaves out; null if not noted."""
    rows_rejected: int | None
    """Rows that could not be booked; null if not noted."""
    totals: list[ImportTotal]
    """Of the files, by currency."""
    files: list[ImportFile] | None
    """What it read; null if it was not noted."""
    mapping: str | None
    """The text of its mapping; null if it was not noted."""
    undone_by: int | None
    """The number of the undo that took it back; null while it counts."""
    undone_at: Instant | None
    """When it was taken back; null while it counts."""
    undoes: int | None
    """The number of the import that this undo took back."""
    undo_obstacle: str | None
    """Why it cannot be taken back, as far as that is known beforehand; null if it can."""
    job_id: str | None
    """The job that imported it, which may have its rejected rows; null if none did."""
    undo_obstacle_text: SaidText | None
    """`undoObstacle`, for other languages."""


class ImportRunConnection(Connection):
    """A page of a list."""

    nodes: list[ImportRun]
    """The items alone, in order."""


class DataSource(Model):
    """Where sales come from."""

    name: str
    """Its name."""
    imports: int
    """Imports and generations into it that were not taken back."""
    imported_lines: Amount
    """Lines that these booked and that count. Lines recorded one by one through the API are not
    among them.
    """
    last_import_at: Instant | None
    """When the last of them was published; null without any: its orders, if it has some, were
    recorded through the API.
    """


class ImportLimits(Model):
    """What is allowed to be uploaded."""

    file_bytes: Amount
    """The largest file."""
    keep_days: int
    """Days after which a file that was not imported is removed."""
    can_generate: bool
    """Whether `generateDemo` is allowed: not in production."""


class ImportProblem(Model):
    """Why something could not be done, in words."""

    code: str
    """Stable, for programs."""
    message: str
    """What is wrong and where."""
    hint: str | None
    """What to do."""
    message_text: SaidText
    """The message, for other languages."""
    hint_text: SaidText | None
    """The hint, for other languages."""


class ImportFact(Model):
    """Something that was seen about a file."""

    label: str
    """What it is about."""
    text: str
    """What was seen."""
    said_text: SaidText
    """The same, for other languages."""


class ImportColumn(Model):
    """A column of a file."""

    name: str
    """Its name."""
    samples: list[str]
    """Its first values that differ."""


class ImportRole(Model):
    """A field of a sale, and the column that it is read from."""

    field: str
    """The field."""
    column: str | None
    """The column; null = none has it."""


class RejectedRow(Model):
    """A row that cannot be booked."""

    row: int
    """Its number in the file."""
    column: str
    """The field or column."""
    value: str
    """What it has."""
    reason: str
    """Why that cannot be booked."""
    reason_text: SaidText
    """The reason, for other languages."""


class ImportInspection(Model):
    """What was understood of a file."""

    known_export: str | None
    """The export that it is recognised as, which is read by a mapping of its own."""
    facts: list[ImportFact]
    """What was seen."""
    questions: list[str]
    """What the file leaves open; answer them, and inspect it again."""
    columns: list[ImportColumn]
    """The columns, in order."""
    roles: list[ImportRole]
    """Every field that a column may have, with the column; none for a known export."""
    mapping: str | None
    """The drafted mapping, to import with or to correct; null where it is open."""
    rows: list[list[ImportFact]]
    """The first rows as they would be booked: fields and values."""
    rejected: int
    """Rows of the beginning that could not be booked so."""
    rejects: list[RejectedRow]
    """The first of them."""
    question_texts: list[SaidText]
    """The questions, for other languages."""


class CheckedLine(Model):
    """A line as it would be booked."""

    order: str
    """The order's key."""
    at: Instant
    """When it counts."""
    kind: str
    """sale, return or correction."""
    customer: str | None
    """The customer's key."""
    product: str
    """The product."""
    quantity: Amount
    """How many."""
    gross: Amount
    """The amount before discount."""
    discount: Amount
    """The discount."""
    cost: Amount | None
    """The cost; null where none is known."""
    currency: str
    """ISO 4217 code."""


class ImportOverview(Model):
    """What a file has, as a check found it."""

    first: Instant | None
    """The time of the first line."""
    last: Instant | None
    """The time of the last line."""
    orders: int
    """Orders."""
    customers: int
    """Customers."""
    products: int
    """Products."""
    reps: int
    """Sales reps."""
    categories: int
    """Categories."""
    unusual: list[str]
    """Values that are rare in sales."""
    lines: list[CheckedLine]
    """The first lines."""
    unusual_texts: list[SaidText]
    """The unusual values, for other languages."""


class ImportReport(Model):
    """What an import did, or a check found that it would do."""

    run: int | None
    """The import's number; null for a check."""
    source: str
    """The source."""
    rows_read: int
    """Rows of the file."""
    rows_skipped: int
    """Rows that the mapping leaves out."""
    rows_rejected: int
    """Rows that cannot be booked."""
    lines: ImportLines
    """What is done to the ledger."""
    repeated: int
    """Lines that are in the file once more."""
    totals: list[ImportTotal]
    """Of the file, by currency."""
    notes: list[str]
    """What is booked as mapped, and may be meant otherwise."""
    overview: ImportOverview | None
    """Of a check."""
    note_texts: list[SaidText]
    """The notes, for other languages."""


class UndoReport(Model):
    """What an undo did."""

    run: int
    """The number of the import that is taken back."""
    taken_back: int
    """Lines of it that no longer count."""
    restored: int
    """Lines that it had taken back and count again."""
    before: Instant | None
    """When it had been taken back already; then nothing was changed."""


class ImportJob(Model):
    """An inspection, check, import or undo, which a worker does."""

    id: str
    """Opaque global id."""
    kind: ImportJobKind
    """What it does."""
    state: ImportJobState
    """How far it is."""
    file_name: str | None
    """The uploaded file's name."""
    created_by: str
    """The token's name."""
    created_at: Instant
    """When it was asked for."""
    step: str | None
    """What is being done."""
    progress: float | None
    """The part of the step that is done, 0 to 1; null where that is not known."""
    rows: int
    """Rows that were read."""
    problem: ImportProblem | None
    """Why it failed."""
    inspection: ImportInspection | None
    """Of an inspection."""
    report: ImportReport | None
    """Of a check or an import."""
    undo: UndoReport | None
    """Of an undo."""
    has_rejects: bool
    """Whether `rejects` lists rows."""
    rejects: str | None
    """The rejected rows as CSV that no spreadsheet takes for formulas; null without."""


class FeedSlot(Model):
    """A replication slot, by which a database keeps its changes for a feed."""

    name: str
    """What the database calls it."""
    unread_bytes: Amount | None
    """Bytes of the database's log that were not read; null = not measured yet."""
    kept_bytes: Amount | None
    """Bytes of its log that the database keeps for the feed."""
    measured_at: Instant | None
    """When that was so."""
    read_whole_at: Instant | None
    """When all of its tables were last read, and not what had changed alone."""
    read_whole_why: str | None
    """Why they were, or are just now."""
    read_whole_why_text: SaidText | None
    """The same, for other languages."""


class Feed(Model):
    """A source that is read again on a schedule."""

    id: str
    """Opaque global id, the same on every page and for every reader."""
    name: str
    """What it is called; unique."""
    address: str
    """Where it reads from; without credentials."""
    source: str
    """The source that its sales are of."""
    mapping: str
    """How it is read: a mapping's text, or the name of a known export."""
    schedule: str | None
    """Five cron fields; null where the shop sends events."""
    zone: str | None
    """The zone of the schedule; null = the reporting zone."""
    credential: str | None
    """The name of its credential; never the secret."""
    state: FeedState
    """How it is."""
    attempted_at: Instant | None
    """When the last attempt began; null before the first."""
    succeeded_at: Instant | None
    """When the last attempt that succeeded began; null before the first."""
    lag_seconds: float | None
    """How long ago that was: what the source has since may be missing here. Null where nothing
    was read yet. Where the shop sends events: how long the oldest that is not booked waits.
    """
    waiting_events: int
    """Events that are not booked yet."""
    unreadable_events: int
    """Signed events that could not be read, and are kept."""
    unreadable_why: str | None
    """Why one of them could not be."""
    refused_requests: int
    """Requests without a valid signature; the newest of a few seconds are missing."""
    failures: int
    """Attempts that failed since the last success."""
    next_attempt_at: Instant | None
    """When it is read apart from its schedule; null where it is not."""
    problem: ImportProblem | None
    """Why the last attempt failed, and what to do; null where it did not."""
    slot: FeedSlot | None
    """Of a feed that follows changes; null before its first attempt, and while it is paused."""
    last_import: int | None
    """The number of its newest import."""
    job_id: str | None
    """The job that waits or is under way; null where none is."""
    created_by: str
    """Who added it."""
    created_at: Instant
    """When."""
    unreadable_why_text: SaidText | None
    """`unreadableWhy`, for other languages."""


class IngestProblem(Model):
    """Why an item was not taken."""

    code: str
    """A stable code, as in `extensions.code`."""
    message: str
    """What is wrong."""
    hint: str | None
    """What to do about it."""
    field: str | None
    """The path of the field within the item, such as `lines.2.quantity`; null for the item as a
    whole.
    """


class OrderResult(Model):
    """What became of one order of a batch."""

    index: int
    """Its place in the batch, from 0."""
    key: str
    """The order's key, as given."""
    status: IngestStatus
    """What became of it."""
    problems: list[IngestProblem]
    """Empty unless rejected."""
    order: OrderReference | None
    """The order as it is now; null where it was rejected."""


class RecordOrdersPayload(Model):
    """What became of a batch of orders."""

    recorded: int
    """How many are new."""
    repeated: int
    """How many were there already."""
    rejected: int
    """How many were not taken."""
    results: list[OrderResult]
    """One for each order, in order."""


class ChangeOrderPayload(Model):
    """The order after it was refunded or cancelled."""

    status: IngestStatus
    """RECORDED or REPEATED."""
    order: OrderReference | None
    """The order as it is now."""


class UpsertResult(Model):
    """What became of one row of reference data."""

    index: int
    """Its place in the batch, from 0."""
    key: str
    """Its key, as given."""
    status: IngestStatus
    """RECORDED or REJECTED."""
    id: str | None
    """Its global id; null where it was rejected."""
    problems: list[IngestProblem]
    """Empty unless rejected."""


class UpsertPayload(Model):
    """What became of a batch of reference data."""

    recorded: int
    """How many were made or changed."""
    rejected: int
    """How many were not taken."""
    results: list[UpsertResult]
    """One for each row, in order."""


class SetRatesPayload(Model):
    """What became of exchange rates."""

    added: int
    """How many are new."""
    changed: int
    """How many replaced another rate of their day."""
    same: int
    """How many were there already."""
