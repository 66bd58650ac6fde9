"""What files call their columns, rows and notes, for readers of each language: pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shopx_api.panels.labels import NONE_SEGMENT
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import Metric
from shopx_core.texts import Text, say
from shopx_store.query import NONE

DIMENSIONS: Final[Mapping[DimensionName, Text]] = MappingProxyType(
    {
        DimensionName.CATEGORY: say("doc.category", "Category"),
        DimensionName.PRODUCT: say("doc.product", "Product"),
        DimensionName.CUSTOMER: say("doc.customer", "Customer"),
        DimensionName.SEGMENT: say("doc.segment", "Segment"),
        DimensionName.REP: say("doc.rep", "Sales rep"),
        DimensionName.REGION: say("doc.region", "Region"),
        DimensionName.CHANNEL: say("doc.channel", "Channel"),
    }
)
LOSS_MAKERS: Final = say("doc.loss-makers", "Loss-makers")
PERIOD: Final = say("doc.period", "Period")
COMPARED: Final = say("doc.compared", "Compared with")
COMPARISON_CUT: Final = say("doc.comparison-cut", "Comparison not complete")
NOT_COMPLETE: Final = say("doc.not-complete", "Not complete")
STILL_RUNNING: Final = say("doc.still-running", "The period is still running.")
CURRENCY: Final = say("doc.currency", "Currency")
FILTER: Final = say("doc.filter", "Filter")
AS_OF: Final = say("doc.as-of", "As of")
DEFINITION: Final = say("doc.definition", "Definition")
LEFT_OUT: Final = say("doc.left-out", "Left out: no rate")
TEAM: Final = say("doc.team", "Team")
QUOTA: Final = say("doc.quota", "Quota")
CHANGE: Final = say("doc.change", "Change")
BOOKED: Final = say("doc.booked", "Booked")
EXPECTED: Final = say("doc.expected", "Expected")
BEFORE: Final = say("doc.before", "Before")


def title(metric: Metric) -> Text:
    """A metric's title."""
    return Text(metric.title, f"metric.{metric.id.upper()}.title", {})


def definition(metric: Metric) -> Text:
    """A metric's definition."""
    return Text(metric.definition, f"metric.{metric.id.upper()}.definition", {})


def small(text: Text) -> Text:
    """A title within an English sentence; other languages have their own rules."""
    return Text(text.lower(), text.code, text.values)


def sales_begin(day: object) -> Text:
    """Why a comparison is not complete."""
    return say("doc.sales-begin", "Sales begin on {day}.", day=str(day))


def as_ratio(name: str) -> Text:
    """The header of a column of ratios."""
    return say("doc.ratio", "{title} (1 = 100 %)", title=name)


def member(dimension: DimensionName, key: object, label: str) -> str:
    """A member's label: its own name, but what the product names, such as segments."""
    if key == NONE or str(key).lower() == NONE_SEGMENT:
        return Text(label, f"none.{dimension.name}", {})
    if dimension is DimensionName.SEGMENT:
        return Text(label, f"segment.{str(key).upper()}", {})
    return label
