"""What a file of a page holds, before it has a format: pure."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopx_core.domain.languages import Language
from shopx_core.domain.metrics import Unit

Value = str | None
"""An exact decimal as text; `None` = unknown."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Part):
    """A metric of the whole period."""

    metric: str
    """Its id in the registry."""
    title: str
    unit: Unit
    value: Value
    previous: Value = None
    difference: Value = None
    ratio: Value = None
    """The change divided by the magnitude of the previous value: 0.25 is +25 %."""
    verdict: str = "NEUTRAL"
    """`GOOD`, `BAD` or `NEUTRAL`."""


class Figures(_Part):
    """The key figures."""

    kind: Literal["figures"] = "figures"
    name: str
    title: str
    compared: bool
    rows: list[Figure]


class Outlook(_Part):
    """What is expected in the buckets of a trend that are ahead, and its bounds."""

    expected: list[Value]
    low: list[Value]
    high: list[Value]


class Trend(_Part):
    """A metric over time."""

    kind: Literal["trend"] = "trend"
    name: str
    title: str
    unit: Unit
    granularity: str
    buckets: list[str]
    """When each begins: ISO 8601."""
    current: list[Value]
    previous: list[Value] | None
    partial: list[int]
    """Indexes of buckets that stand for less than a whole calendar unit."""
    outlook: Outlook | None = None
    marked: list[int] = []
    """Indexes of buckets that the notes name."""
    notes: list[str] = []


class Column(_Part):
    """A column of a table; without a unit it is text."""

    title: str
    unit: Unit | None = None
    is_change: bool = False
    """A ratio with a sign."""


class Table(_Part):
    """The first rows of a list, and how many there are."""

    kind: Literal["table"] = "table"
    name: str
    title: str
    columns: list[Column]
    rows: list[list[Value]]
    total: list[Value] | None
    """All rows together, also those that are not here."""
    count: int
    """Rows of the whole list."""
    notes: list[str] = []


class Plot(_Part):
    """Rows of which two columns are drawn against each other."""

    kind: Literal["plot"] = "plot"
    name: str
    title: str
    columns: list[Column]
    rows: list[list[Value]]
    x: int
    """The column that runs to the right."""
    y: int
    is_curve: bool
    """Whether the rows are points of one line."""
    lines: tuple[Value, Value] = (None, None)
    """Where a vertical and a horizontal line divide the drawing."""
    quadrants: list[str] = []
    """What the parts are, from the upper left to the lower right."""
    notes: list[str] = []


Section = Annotated[Figures | Trend | Table | Plot, Field(discriminator="kind")]


class Document(_Part):
    """A page."""

    page: str
    language: Language = "en"
    title: str
    currency: str
    facts: list[list[str]]
    """What the figures are of: a name and values each, such as the period and the as-of."""
    definitions: list[tuple[str, str]]
    """Of the metrics: title and definition."""
    sections: list[Section]
    file: str
    """The file's name, without its ending."""
