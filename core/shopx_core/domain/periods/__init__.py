"""Ranges of time, what they are compared with, and the buckets they are cut into.

Instants are aware and in UTC, ranges half-open. A range is read on the clocks of one IANA zone.
"""

from shopx_core.domain.periods.buckets import (
    MAX_BUCKETS,
    Bucket,
    Granularity,
    GranularityNotAllowed,
    allowed_granularities,
    bucket_end,
    bucket_start,
    buckets,
    choose_granularity,
    default_granularity,
)
from shopx_core.domain.periods.comparison import Compared, Comparison, compare, pair
from shopx_core.domain.periods.ranges import (
    InvalidRange,
    Preset,
    Range,
    Step,
    days_between,
    resolve,
)
from shopx_core.domain.periods.zones import UnknownTimeZone, day_start, local_day, zone, zone_names

__all__ = [
    "MAX_BUCKETS",
    "Bucket",
    "Compared",
    "Comparison",
    "Granularity",
    "GranularityNotAllowed",
    "InvalidRange",
    "Preset",
    "Range",
    "Step",
    "UnknownTimeZone",
    "allowed_granularities",
    "bucket_end",
    "bucket_start",
    "buckets",
    "choose_granularity",
    "compare",
    "day_start",
    "days_between",
    "default_granularity",
    "local_day",
    "pair",
    "resolve",
    "zone",
    "zone_names",
]
