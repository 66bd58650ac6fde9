"""Enumerations; written by `make generate` from the schema."""

from enum import StrEnum

__all__ = [
    "AbcClass",
    "AlertCondition",
    "AuthMode",
    "Better",
    "CohortMetric",
    "ComparisonMode",
    "CustomerSegment",
    "CustomerSegmentFilter",
    "DateOrder",
    "DeliveryState",
    "DeltaDirection",
    "DeltaStatus",
    "DeltaVerdict",
    "Dimension",
    "FeedState",
    "ForecastState",
    "Granularity",
    "ImportJobKind",
    "ImportJobState",
    "ImportMode",
    "IngestStatus",
    "KnownOrders",
    "Language",
    "LeaderboardOrder",
    "LedgerKind",
    "MetricId",
    "MetricUnit",
    "OrderStatus",
    "PaceState",
    "PaceUnit",
    "PairOrder",
    "PeriodPreset",
    "PlacedOrder",
    "ReportChannel",
    "ReportComparison",
    "ReportFormat",
    "Scope",
    "SortDirection",
    "SortValue",
    "Tier",
    "WaterfallStep",
]


class AbcClass(StrEnum):
    """A Pareto class by cumulative share."""

    A = "A"
    """The best products, which together make the first 80 %."""
    B = "B"
    """The next, up to 95 %."""
    C = "C"
    """The rest, and all that make nothing or a loss."""


class AlertCondition(StrEnum):
    """When an alert is sent: once, when it begins to hold."""

    ABOVE = "ABOVE"
    """The metric is above the threshold."""
    BELOW = "BELOW"
    """The metric is below the threshold."""
    RISES = "RISES"
    """It rose by more than the threshold, a ratio (0.2 is 20 %)."""
    FALLS = "FALLS"
    """It fell by more than the threshold, a ratio (0.2 is 20 %)."""


class AuthMode(StrEnum):
    """How callers are recognised."""

    DEVELOPMENT = "DEVELOPMENT"
    """Reads are open; writes need a token."""
    TOKEN = "TOKEN"
    """Everything needs a token."""
    PROXY = "PROXY"
    """An authenticating proxy names the user; tokens are accepted too."""


class Better(StrEnum):
    """Which way a figure should move."""

    HIGHER = "HIGHER"
    """More is good."""
    LOWER = "LOWER"
    """Less is good."""
    NEUTRAL = "NEUTRAL"
    """Neither by itself."""


class CohortMetric(StrEnum):
    """What a cohort table shows."""

    CUSTOMERS = "CUSTOMERS"
    """Customers who ordered: retention."""
    REVENUE = "REVENUE"
    """Revenue."""
    ORDERS = "ORDERS"
    """Orders."""


class ComparisonMode(StrEnum):
    """What a range is compared with."""

    NONE = "NONE"
    """Nothing: every `previous` is null."""
    PREVIOUS_PERIOD = "PREVIOUS_PERIOD"
    """The period before: as many months back for calendar months, otherwise the same number of
    days, rounded up to whole weeks where weekdays match.
    """
    YEAR_OVER_YEAR = "YEAR_OVER_YEAR"
    """A year before: 52 weeks back where weekdays match, otherwise the same dates."""
    CUSTOM = "CUSTOM"
    """The days given in `days`."""


class CustomerSegment(StrEnum):
    """A named group of customers by how recently, how often and for how much they buy."""

    CHAMPIONS = "CHAMPIONS"
    """Bought lately, and are among those who buy most often and for most."""
    LOYAL = "LOYAL"
    """Buy often and for much, and bought not long ago."""
    POTENTIAL_LOYALISTS = "POTENTIAL_LOYALISTS"
    """Bought lately, and more often or for more than beginners do."""
    NEW_CUSTOMERS = "NEW_CUSTOMERS"
    """Bought most lately, seldom and for little so far."""
    PROMISING = "PROMISING"
    """Bought rather lately, seldom and for little so far."""
    NEED_ATTENTION = "NEED_ATTENTION"
    """In the middle in everything, and may turn either way."""
    ABOUT_TO_SLEEP = "ABOUT_TO_SLEEP"
    """Buy seldom and for little, and have not come for a while."""
    AT_RISK = "AT_RISK"
    """Used to buy well, and have not come for long."""
    CANNOT_LOSE_THEM = "CANNOT_LOSE_THEM"
    """Were among the very best, and have not come for long."""
    HIBERNATING = "HIBERNATING"
    """Bought seldom and for little, long ago."""
    LOST = "LOST"
    """Bought seldom and for little, longest ago."""


class CustomerSegmentFilter(StrEnum):
    """What a filter on segments takes."""

    CHAMPIONS = "CHAMPIONS"
    """Bought lately, and are among those who buy most often and for most."""
    LOYAL = "LOYAL"
    """Buy often and for much, and bought not long ago."""
    POTENTIAL_LOYALISTS = "POTENTIAL_LOYALISTS"
    """Bought lately, and more often or for more than beginners do."""
    NEW_CUSTOMERS = "NEW_CUSTOMERS"
    """Bought most lately, seldom and for little so far."""
    PROMISING = "PROMISING"
    """Bought rather lately, seldom and for little so far."""
    NEED_ATTENTION = "NEED_ATTENTION"
    """In the middle in everything, and may turn either way."""
    ABOUT_TO_SLEEP = "ABOUT_TO_SLEEP"
    """Buy seldom and for little, and have not come for a while."""
    AT_RISK = "AT_RISK"
    """Used to buy well, and have not come for long."""
    CANNOT_LOSE_THEM = "CANNOT_LOSE_THEM"
    """Were among the very best, and have not come for long."""
    HIBERNATING = "HIBERNATING"
    """Bought seldom and for little, long ago."""
    LOST = "LOST"
    """Bought seldom and for little, longest ago."""
    NONE = "NONE"
    """Sales without a customer, and customers without scores."""


class DateOrder(StrEnum):
    """How to read dates that are ambiguous, such as 03/02/2026."""

    DAY_FIRST = "DAY_FIRST"
    """As 3 February 2026."""
    MONTH_FIRST = "MONTH_FIRST"
    """As 2 March 2026."""


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "WAITING"
    """For its first attempt, or for the next."""
    PREPARING = "PREPARING"
    """Its files are being made; nothing was handed over."""
    SENDING = "SENDING"
    """It is being handed over; from here on it is never sent again."""
    SENT = "SENT"
    """The receiving server accepted it."""
    FAILED = "FAILED"
    """It was refused, or could not be sent in any attempt."""
    UNKNOWN = "UNKNOWN"
    """The hand-over was cut off: it may have arrived, and is not sent again."""


class DeltaDirection(StrEnum):
    """Where a change points, whatever is better."""

    UP = "UP"
    """The value rose."""
    DOWN = "DOWN"
    """The value fell."""
    FLAT = "FLAT"
    """The value did not move, or nothing can be said."""


class DeltaStatus(StrEnum):
    """What a change reads as."""

    CHANGED = "CHANGED"
    """A percentage: `ratio` is set."""
    NO_CHANGE = "NO_CHANGE"
    """Both values are equal."""
    NEW = "NEW"
    """There was nothing before: no percentage can be given."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """No percentage makes sense: a side is missing, or the sign changed."""


class DeltaVerdict(StrEnum):
    """Whether a change is welcome."""

    GOOD = "GOOD"
    """It moved the way it should."""
    BAD = "BAD"
    """It moved the other way."""
    NEUTRAL = "NEUTRAL"
    """No colour: unchanged, not comparable, or neither way is better."""


class Dimension(StrEnum):
    """What a breakdown has one row for, and what filters choose by."""

    PRODUCT = "PRODUCT"
    """Products."""
    CATEGORY = "CATEGORY"
    """Categories that products are directly in."""
    CUSTOMER = "CUSTOMER"
    """Customers."""
    SEGMENT = "SEGMENT"
    """Customer segments, as last computed."""
    REP = "REP"
    """Sales reps."""
    REGION = "REGION"
    """Sales regions."""
    CHANNEL = "CHANNEL"
    """Sales channels."""


class FeedState(StrEnum):
    """How a feed is."""

    WAITING = "WAITING"
    """It waits for its schedule."""
    RUNNING = "RUNNING"
    """A worker reads it, or is about to."""
    FAILING = "FAILING"
    """Its last attempt failed; it is tried again at `nextAttemptAt`."""
    PAUSED = "PAUSED"
    """It is not read."""


class ForecastState(StrEnum):
    """What became of a forecast."""

    READY = "READY"
    """It was better than the values of a week before, and is shown."""
    TOO_SHORT = "TOO_SHORT"
    """There are too few days with sales to forecast from."""
    NOT_BETTER = "NOT_BETTER"
    """It was not better than the values of a week before, so it is left out."""


class Granularity(StrEnum):
    """The calendar unit of a bucket, in the asked zone."""

    HOUR = "HOUR"
    """Hours of the wall clock; ranges of up to 14 days."""
    DAY = "DAY"
    """Days; ranges of up to two years."""
    WEEK = "WEEK"
    """Weeks, beginning on the reporting week's first day; 8 days or more."""
    MONTH = "MONTH"
    """Calendar months; 32 days or more."""
    QUARTER = "QUARTER"
    """Calendar quarters; 93 days or more."""
    YEAR = "YEAR"
    """Calendar years; more than a year."""


class ImportJobKind(StrEnum):
    """What a job about an import does."""

    INSPECT = "INSPECT"
    """It looks at a file and drafts a mapping."""
    CHECK = "CHECK"
    """It reads a file as an import does, and changes nothing."""
    IMPORT = "IMPORT"
    """It imports a file."""
    UNDO = "UNDO"
    """It takes an import back."""
    DEMO = "DEMO"
    """It generates sales, for a look around."""


class ImportJobState(StrEnum):
    """How far a job about an import is."""

    QUEUED = "QUEUED"
    """It waits for a worker."""
    RUNNING = "RUNNING"
    """A worker does it; one that dies is followed by another."""
    DONE = "DONE"
    """It has its result."""
    FAILED = "FAILED"
    """It changed nothing; `problem` says why."""


class ImportMode(StrEnum):
    """What an import does with lines that its files lack, or what else it was."""

    APPEND = "APPEND"
    """Nothing: the files are additions."""
    REPLACE = "REPLACE"
    """It takes them back where the files have their order."""
    SNAPSHOT = "SNAPSHOT"
    """It takes them back: the files are complete."""
    SEED = "SEED"
    """It is a generation of sales, not an import."""
    UNDO = "UNDO"
    """It is the undo of an import."""


class IngestStatus(StrEnum):
    """What became of one item of a batch."""

    RECORDED = "RECORDED"
    """It is stored, durably."""
    REPEATED = "REPEATED"
    """It was stored by an earlier request; nothing changed."""
    REJECTED = "REJECTED"
    """It was not stored; `problems` says why. Other items are not affected."""


class KnownOrders(StrEnum):
    """What an addition does with new lines, without keys, of a known order."""

    REFUSE = "REFUSE"
    """The import is refused: they may be known lines, read otherwise."""
    EXTEND = "EXTEND"
    """They are booked beside what the order has."""


class Language(StrEnum):
    """A language of the pages, and of files."""

    EN = "EN"
    """English."""
    DE = "DE"
    """German."""
    AR = "AR"
    """Arabic."""
    JA = "JA"
    """Japanese."""


class LeaderboardOrder(StrEnum):
    """What reps are ranked by."""

    REVENUE = "REVENUE"
    """Revenue."""
    PROFIT = "PROFIT"
    """Gross profit."""
    ORDERS = "ORDERS"
    """Orders."""
    AVERAGE_ORDER_VALUE = "AVERAGE_ORDER_VALUE"
    """Revenue per order."""
    MARGIN = "MARGIN"
    """Gross profit divided by revenue."""
    ATTAINMENT = "ATTAINMENT"
    """Revenue divided by quota; reps without quota come last."""


class LedgerKind(StrEnum):
    """What a ledger line does."""

    SALE = "SALE"
    """It adds a sale."""
    RETURN = "RETURN"
    """It takes back, when that happens."""
    CORRECTION = "CORRECTION"
    """It takes a wrong line back, at that line's own time."""
    VOID = "VOID"
    """It cancels a line, at that line's own time."""


class MetricId(StrEnum):
    """Which figure; `metrics` lists them with their definitions."""

    REVENUE = "REVENUE"
    """Gross sales minus discounts and returns, without voided lines; of shipping, tax and fees
    what the imports count as revenue.
    """
    GROSS = "GROSS"
    """Everything sold at its price before discounts, with returns not taken off; shipping, tax
    and fees where the imports count them as revenue.
    """
    DISCOUNTS = "DISCOUNTS"
    """Price reductions granted on what was sold."""
    RETURNS = "RETURNS"
    """What was credited for goods taken back and refunds, net of their discounts, booked when
    it happened.
    """
    COST = "COST"
    """What the goods sold cost to buy or make, less the cost of goods taken back."""
    PROFIT = "PROFIT"
    """Revenue minus the cost of goods sold; unknown where no cost is known."""
    MARGIN = "MARGIN"
    """Gross profit divided by revenue."""
    MARKUP = "MARKUP"
    """Gross profit divided by the cost of goods sold."""
    ORDERS = "ORDERS"
    """Distinct orders with at least one sale that was not voided; a return keeps its order."""
    AVERAGE_ORDER_VALUE = "AVERAGE_ORDER_VALUE"
    """Revenue divided by orders."""
    UNITS = "UNITS"
    """Quantity sold, before returns."""
    RETURNED_UNITS = "RETURNED_UNITS"
    """Quantity taken back."""
    LINES = "LINES"
    """Lines sold that were not voided."""
    UNITS_PER_ORDER = "UNITS_PER_ORDER"
    """Units sold divided by orders."""
    DISCOUNT_RATE = "DISCOUNT_RATE"
    """Discounts divided by gross sales."""
    RETURN_RATE = "RETURN_RATE"
    """Returns divided by gross sales net of discounts."""
    CUSTOMERS = "CUSTOMERS"
    """Distinct customers who ordered in the period, by orders with a sale that was not voided.
    """
    NEW_CUSTOMERS = "NEW_CUSTOMERS"
    """Customers whose first order ever lies in the period."""
    RETURNING_CUSTOMERS = "RETURNING_CUSTOMERS"
    """Customers of the period who had ordered before it."""
    REVENUE_PER_CUSTOMER = "REVENUE_PER_CUSTOMER"
    """Revenue divided by customers."""


class MetricUnit(StrEnum):
    """How a figure reads."""

    MONEY = "MONEY"
    """An amount in the reporting currency."""
    COUNT = "COUNT"
    """A number of things; quantities and averages may have a fraction."""
    RATIO = "RATIO"
    """A fraction shown as a percentage: 0.25 is 25 %."""


class OrderStatus(StrEnum):
    """What became of an order, derived from its ledger lines."""

    SOLD = "SOLD"
    """Nothing was taken back."""
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    """A part of its revenue was credited."""
    REFUNDED = "REFUNDED"
    """All of its revenue was credited."""
    CANCELLED = "CANCELLED"
    """Every sale line was taken back as if never sold: it counts nowhere."""
    CREDIT_NOTE = "CREDIT_NOTE"
    """It is no sale: a return or an adjustment with a document of its own. It is not among the
    orders that metrics count.
    """


class PaceState(StrEnum):
    """Whether it is known where a month or quarter will end."""

    EXPECTED = "EXPECTED"
    """It is expected."""
    OVER = "OVER"
    """It has ended."""
    EARLY = "EARLY"
    """Not yet: fewer than three of its days are complete."""
    SHORT_HISTORY = "SHORT_HISTORY"
    """Not: sales began less than four weeks before."""


class PaceUnit(StrEnum):
    """What a pace is of."""

    MONTH = "MONTH"
    """A calendar month."""
    QUARTER = "QUARTER"
    """A calendar quarter."""


class PairOrder(StrEnum):
    """What bought-together pairs are ranked by, highest first."""

    LIFT = "LIFT"
    """How much more often than by chance."""
    SUPPORT = "SUPPORT"
    """How many orders."""
    CONFIDENCE = "CONFIDENCE"
    """How likely the second product is with the first."""


class PeriodPreset(StrEnum):
    """A range relative to today in the asked zone."""

    TODAY = "TODAY"
    """All of today, also the hours still to come."""
    YESTERDAY = "YESTERDAY"
    """The whole day before today."""
    LAST_7_DAYS = "LAST_7_DAYS"
    """The 7 whole days before today."""
    LAST_28_DAYS = "LAST_28_DAYS"
    """The 28 whole days before today: four of each weekday."""
    LAST_91_DAYS = "LAST_91_DAYS"
    """The 91 whole days before today: thirteen of each weekday."""
    WEEK_TO_DATE = "WEEK_TO_DATE"
    """From the week's first day to the end of today."""
    LAST_WEEK = "LAST_WEEK"
    """The whole week before this one."""
    MONTH_TO_DATE = "MONTH_TO_DATE"
    """From the first of the month to the end of today."""
    LAST_MONTH = "LAST_MONTH"
    """The whole month before this one."""
    QUARTER_TO_DATE = "QUARTER_TO_DATE"
    """From the first day of the quarter to the end of today."""
    LAST_QUARTER = "LAST_QUARTER"
    """The whole quarter before this one."""
    YEAR_TO_DATE = "YEAR_TO_DATE"
    """From 1 January to the end of today."""
    LAST_YEAR = "LAST_YEAR"
    """The whole year before this one."""
    LAST_12_MONTHS = "LAST_12_MONTHS"
    """The 12 whole months before this one."""
    ALL_TIME = "ALL_TIME"
    """From the day of the first sale to the day of the last."""


class PlacedOrder(StrEnum):
    """What orders a list of orders."""

    TIME = "TIME"
    """When it was placed."""
    REVENUE = "REVENUE"
    """Its revenue, in its own currency: amounts are not converted."""


class ReportChannel(StrEnum):
    """How a report is sent."""

    EMAIL = "EMAIL"
    """By e-mail, with files."""
    SLACK = "SLACK"
    """To an incoming webhook of Slack: the key figures as text, without files."""
    WEBHOOK = "WEBHOOK"
    """As a signed POST of JSON, with the figures and the files."""


class ReportComparison(StrEnum):
    """What a report's range is compared with."""

    NONE = "NONE"
    """Nothing."""
    PREVIOUS_PERIOD = "PREVIOUS_PERIOD"
    """The period before, with matching weekdays."""
    YEAR_OVER_YEAR = "YEAR_OVER_YEAR"
    """A year before, with matching weekdays."""


class ReportFormat(StrEnum):
    """A file of a page."""

    PDF = "PDF"
    """To read and print."""
    XLSX = "XLSX"
    """To calculate with; lists have all rows."""


class Scope(StrEnum):
    """What a caller may do."""

    READ = "READ"
    """See every figure."""
    INGEST = "INGEST"
    """Record, refund and cancel orders, and change reference data."""
    ADMIN = "ADMIN"
    """See and revoke tokens, and manage reports."""


class SortDirection(StrEnum):
    """Which end of a ranking comes first."""

    ASC = "ASC"
    """The lowest first."""
    DESC = "DESC"
    """The highest first."""


class SortValue(StrEnum):
    """Which part of a figure orders a list. Without a compared period all mean VALUE."""

    VALUE = "VALUE"
    """The value."""
    PREVIOUS = "PREVIOUS"
    """The value in the compared period."""
    DIFFERENCE = "DIFFERENCE"
    """The value minus the previous one."""
    CHANGE = "CHANGE"
    """The difference as a part of the previous value; rows without such a percentage come last.
    """


class Tier(StrEnum):
    """Where figures come from."""

    ROLLUP = "ROLLUP"
    """Rollups plus the ledger lines that are not folded into them yet: exact."""
    BASE = "BASE"
    """The ledger's lines themselves: exact, slower."""
    VIEW = "VIEW"
    """A materialized view: as of its last refresh."""


class WaterfallStep(StrEnum):
    """A bar of the waterfall from gross sales to gross profit."""

    GROSS = "GROSS"
    """Gross sales: where it begins."""
    DISCOUNTS = "DISCOUNTS"
    """Discounts: taken off."""
    RETURNS = "RETURNS"
    """Returns: taken off."""
    REVENUE = "REVENUE"
    """Revenue: what is left, a subtotal."""
    COST = "COST"
    """Cost of goods sold: taken off."""
    PROFIT = "PROFIT"
    """Gross profit: what remains."""
