"""Panels as they are in files: what is asked of the API, and what it becomes.

Each panel is one GraphQL operation over the fields that the pages read, so a file's figures are the
pages'.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shopx_api.files.document import Column, Figure, Figures, Section, Table, Trend, Value
from shopx_api.panels import wording
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import METRICS, Metric, Unit
from shopx_core.speech import Speech
from shopx_core.texts import say
from shopx_store.query import NONE

TABLE_ROWS: Final = 15
"""Rows of a list in a file that is read, such as a PDF; the other formats have all rows."""

_ARGUMENTS: Final = (
    "$period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput"
)
_OF: Final = "period: $period, comparison: $comparison, zone: $zone, filters: $filters"
_FIGURE: Final = "metric value previous share delta { absolute ratio verdict }"


def asked(field: str, body: str) -> str:
    """The operation that reads a body of a field of every page."""
    return f"query PageFile({_ARGUMENTS}) {{ {field}({_OF}) {{ {body} }} }}"


class Panel(Protocol):
    """One panel of a page."""

    @property
    def name(self) -> str:
        """What a request chooses it by."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Ids of the registry, for the definitions."""

    @property
    def query(self) -> str:
        """The operation; its variables are those of every panel."""

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """The part of the document that the operation's `data` becomes."""


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Figures of the whole period."""

    metrics: tuple[str, ...]
    name: str = "key-figures"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked("sales", f"kpis(metrics: [{_names(self.metrics)}]) {{ {_FIGURE} }}")

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        rows = [_figure(one, speech) for one in data["sales"]["kpis"]]
        compared = any(one["delta"] is not None for one in data["sales"]["kpis"])
        title = speech(say("doc.key-figures", "Key figures"))
        return Figures(name=self.name, title=title, compared=compared, rows=rows)


@dataclass(frozen=True, slots=True)
class OverTime:
    """A metric over time."""

    metric: str
    name: str = "over-time"

    @property
    def metrics(self) -> tuple[str, ...]:
        """See `Panel`."""
        return (self.metric,)

    @property
    def query(self) -> str:
        """See `Panel`."""
        series = f"series(metrics: [{_names(self.metrics)}])"
        return asked(
            "sales",
            f"{series} {{ granularity buckets partial lines {{ current previous }} }}",
        )

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        series, metric = data["sales"]["series"], METRICS[self.metric]
        (line,) = series["lines"]
        return Trend(
            name=self.name,
            title=speech(say("doc.over-time", "{title} over time", title=wording.title(metric))),
            unit=metric.unit,
            granularity=series["granularity"].lower(),
            buckets=series["buckets"],
            current=line["current"],
            previous=line["previous"],
            partial=series["partial"],
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """Figures by a dimension."""

    by: str
    """A value of the enum `Dimension`."""
    metrics: tuple[str, ...]
    losses: bool = False
    """Only rows with a negative profit, the largest loss first."""

    @property
    def name(self) -> str:
        """See `Panel`."""
        return "loss-makers" if self.losses else f"by-{self.by.lower()}"

    @property
    def list_variables(self) -> dict[str, Any]:
        """The variables of the same list, whole, of `POST /exports/sales.csv`."""
        shown = [one.upper() for one in self.metrics]
        order = {"lossesOnly": True, "direction": "ASC", "orderBy": "PROFIT"} if self.losses else {}
        return {"by": self.by, "metrics": shown, **order}

    @property
    def query(self) -> str:
        """See `Panel`."""
        page = f"first: {TABLE_ROWS}, metrics: [{_names(self.metrics)}]"
        nodes = f"nodes {{ id label isNone figures {{ {_FIGURE} }} }}"
        body = f"totalCount total {{ {_FIGURE} }} {nodes}"
        if self.losses:
            return asked(
                "profitability",
                f"lossMakers(by: {self.by}, orderBy: PROFIT, first: {TABLE_ROWS})"
                f" {{ totalCount {nodes} }}",
            )
        return asked("sales", f"breakdown(by: {self.by}, {page}) {{ {body} }}")

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        found = data["profitability"]["lossMakers"] if self.losses else data["sales"]["breakdown"]
        dimension = DimensionName[self.by]
        title = wording.DIMENSIONS[dimension]
        by = say("doc.by", "By {dimension}", dimension=wording.small(title))
        shown = _shown(found["nodes"], self.metrics)
        compared = any(one["delta"] is not None for row in found["nodes"] for one in row["figures"])
        total = found.get("total")
        return Table(
            name=self.name,
            title=speech(wording.LOSS_MAKERS if self.losses else by),
            columns=[Column(title=speech(title)), *_columns(shown, speech, compared=compared)],
            rows=[
                [speech(option_label(dimension, row)), *_cells(row["figures"], compared=compared)]
                for row in found["nodes"]
            ],
            total=[speech(say("doc.all", "All")), *_cells(total, compared=compared)]
            if total
            else None,
            count=found["totalCount"],
        )


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Sales reps with the attainment of their targets."""

    metrics: tuple[str, ...] = ("revenue",)
    name: str = "leaderboard"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked(
            "reps",
            "leaderboard(by: REVENUE, first: 50) { totalCount nodes { rank rep { name team }"
            f" figures {{ {_FIGURE} }} attainment {{ quota ratio }} }} }}",
        )

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        found = data["reps"]["leaderboard"]
        money, ratio = Unit.MONEY, Unit.RATIO
        rows: list[list[Value]] = []
        for row in found["nodes"]:
            revenue = next(one["value"] for one in row["figures"] if one["metric"] == "REVENUE")
            reached = row["attainment"] or {"quota": None, "ratio": None}
            rep = row["rep"]
            rows.append([str(row["rank"]), rep["name"], rep["team"], revenue, *reached.values()])
        return Table(
            name=self.name,
            title=speech(say("doc.attainment-of-quotas", "Attainment of quotas")),
            columns=[
                Column(title=speech(say("doc.place", "Place"))),
                Column(title=speech(wording.DIMENSIONS[DimensionName.REP])),
                Column(title=speech(wording.TEAM)),
                Column(title=speech(wording.title(METRICS["revenue"])), unit=money),
                Column(title=speech(wording.QUOTA), unit=money),
                Column(title=speech(say("doc.attainment", "Attainment")), unit=ratio),
            ],
            rows=rows,
            total=None,
            count=found["totalCount"],
        )


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From gross sales to profit."""

    metrics: tuple[str, ...] = ("gross", "discounts", "returns", "revenue", "cost", "profit")
    name: str = "waterfall"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked("profitability", "waterfall { step change share previous }")

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        steps = data["profitability"]["waterfall"]
        return Table(
            name=self.name,
            title=speech(say("doc.waterfall", "From gross sales to profit")),
            columns=[
                Column(title=speech(say("doc.step", "Step"))),
                Column(title=speech(say("doc.amount", "Amount")), unit=Unit.MONEY),
                Column(
                    title=speech(say("doc.share-of-gross", "Share of gross sales")),
                    unit=Unit.RATIO,
                ),
            ],
            rows=[
                [
                    speech(wording.title(METRICS[step["step"].lower()])),
                    step["change"],
                    step["share"],
                ]
                for step in steps
            ],
            total=None,
            count=len(steps),
        )


def _names(metrics: Sequence[str]) -> str:
    return " ".join(one.upper() for one in metrics)


def option_label(dimension: DimensionName, row: Mapping[str, Any]) -> str:
    """The label of a row, or of a filter, which has no `isNone`."""
    if row.get("isNone"):
        return wording.member(dimension, NONE, row["label"])
    label: str = row["label"]
    # Ids of other dimensions are opaque.
    is_segment = dimension is DimensionName.SEGMENT
    return wording.member(dimension, row["id"], label) if is_segment else label


def _figure(given: Mapping[str, Any], speech: Speech) -> Figure:
    metric = METRICS[given["metric"].lower()]
    delta = given["delta"] or {"absolute": None, "ratio": None, "verdict": "NEUTRAL"}
    return Figure(
        metric=metric.id,
        title=speech(wording.title(metric)),
        unit=metric.unit,
        value=given["value"],
        previous=given["previous"],
        difference=delta["absolute"],
        ratio=delta["ratio"],
        verdict=delta["verdict"],
    )


def _shown(rows: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> list[Metric]:
    """The metrics of a list's columns, as the API gave them."""
    if not rows:
        return [METRICS[one] for one in metrics]
    return [METRICS[one["metric"].lower()] for one in rows[0]["figures"]]


def _columns(metrics: Sequence[Metric], speech: Speech, *, compared: bool) -> Iterator[Column]:
    for number, metric in enumerate(metrics):
        yield Column(title=speech(wording.title(metric)), unit=metric.unit)
        if number == 0:
            if compared:
                yield Column(title=speech(wording.BEFORE), unit=metric.unit)
                yield Column(title=speech(wording.CHANGE), unit=Unit.RATIO, is_change=True)
            yield Column(title=speech(say("doc.share", "Share")), unit=Unit.RATIO)


def _cells(figures: Sequence[Mapping[str, Any]], *, compared: bool) -> Iterator[Value]:
    for number, one in enumerate(figures):
        yield one["value"]
        if number == 0:
            if compared:
                yield one["previous"]
                yield (one["delta"] or {}).get("ratio")
            yield one["share"]
