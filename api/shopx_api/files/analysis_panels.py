"""Panels of files that estimate or divide: forecast, pace, Pareto curve, margins by volume."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shopx_api.files.document import Column, Outlook, Plot, Section, Table, Trend, Value
from shopx_api.files.number_text import number_text
from shopx_api.files.panels import asked
from shopx_core.domain.metrics import METRICS, Unit

_POINTS: Final = 500
"""Products that are drawn, the API's maximum; the file says how many more there are."""
_REPS: Final = 100
"""The API's maximum."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The last weeks of revenue by day, what is expected next, and what was out of the ordinary."""

    metrics: tuple[str, ...] = ("revenue",)
    name: str = "forecast"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked(
            "sales",
            "forecast(metric: REVENUE) { state knownDays neededDays buckets values expected low"
            " high total { expected low high } backTest { forecasts days mase naiveMase }"
            " unusual { bucket value estimate { low high } mover { label change } } }",
        )

    def section(self, data: Mapping[str, Any]) -> Section:
        """See `Panel`."""
        found, metric = data["sales"]["forecast"], METRICS["revenue"]
        buckets = found["buckets"]
        is_told = found["state"] == "READY"
        return Trend(
            name=self.name,
            title=f"Forecast of {metric.title.lower()}",
            unit=metric.unit,
            granularity="day",
            buckets=buckets,
            current=found["values"],
            previous=None,
            partial=[],
            outlook=Outlook(expected=found["expected"], low=found["low"], high=found["high"])
            if is_told
            else None,
            marked=[buckets.index(one["bucket"]) for one in found["unusual"]],
            notes=[*_forecast_notes(found, metric.unit)],
        )


def _forecast_notes(found: Mapping[str, Any], unit: Unit) -> Iterator[str]:
    if found["state"] == "TOO_SHORT":
        yield (
            f"No forecast: it needs {found['neededDays']} days of sales, and there are"
            f" {found['knownDays']} before the end of the period."
        )
    elif found["state"] == "NOT_BETTER":
        yield "No forecast: repeating the last week's values was no worse in the past."
    back, whole = found["backTest"], found["total"]
    if found["state"] == "READY" and whole is not None:
        about, low, high = (number_text(whole[one], unit) for one in ("expected", "low", "high"))
        yield (
            f"An estimate: about {about} in the next {back['days']} days, likely {low} to {high}."
        )
    if back is not None and back["mase"] is not None:
        error, naive = (number_text(back[one], Unit.RATIO) for one in ("mase", "naiveMase"))
        yield (
            f"Theta method with a weekly pattern. {back['forecasts']} forecasts of the past, each"
            f" of {back['days']} days, were off by {error} of the usual difference from a week"
            f" before; repeating the last week's values was off by {naive}."
        )
    for one in found["unusual"]:
        day = dt.datetime.fromisoformat(one["bucket"]).date()
        low, high = (number_text(one["estimate"][bound], unit) for bound in ("low", "high"))
        reason = ""
        if (mover := one["mover"]) is not None:
            change = number_text(mover["change"], unit, signed=True)
            reason = f" {mover['label']} contributed most: {change} against a week before."
        yield (
            f"Unusual: {day}, {number_text(one['value'], unit)}, where {low} to {high} was"
            f" expected.{reason}"
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """What is booked of the quotas of the month, and what is expected at its end."""

    metrics: tuple[str, ...] = ("revenue",)
    name: str = "pace"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked(
            "reps",
            f"pace(unit: MONTH, rows: {_REPS}) {{ firstDay lastDay today daysLeft state weeks"
            " members total { ...Parts } rows { rep { name } figures { ...Parts } } }",
        ) + (
            " fragment Parts on PaceFigures"
            " { quota booked attained expected expectedAttained }"
        )  # fmt: skip

    def section(self, data: Mapping[str, Any]) -> Section:
        """See `Panel`."""
        found = data["reps"]["pace"]
        return Table(
            name=self.name,
            title="Pace of the month",
            columns=[
                Column(title="Sales rep"),
                Column(title="Booked", unit=Unit.MONEY),
                Column(title="Quota", unit=Unit.MONEY),
                Column(title="Of the quota", unit=Unit.RATIO),
                Column(title="Expected", unit=Unit.MONEY),
                Column(title="At the end", unit=Unit.RATIO),
            ],
            rows=[[row["rep"]["name"], *_pace_cells(row["figures"])] for row in found["rows"]],
            total=["All with a quota", *_pace_cells(found["total"])],
            count=found["members"],
            notes=[_pace_note(found)],
        )


def _pace_cells(figures: Mapping[str, Value]) -> Iterator[Value]:
    for name in ("booked", "quota", "attained", "expected", "expectedAttained"):
        yield figures[name]


def _pace_note(found: Mapping[str, Any]) -> str:
    span = f"{found['firstDay']} to {found['lastDay']}, as of {found['today']}."
    ends = {
        "EXPECTED": "Expected is an estimate: what was booked until the day before, and for each"
        f" day left the average of its weekday over the last {found['weeks']} weeks.",
        "OVER": "The month is over, so nothing more is expected.",
        "EARLY": "Nothing is expected before three days are complete.",
        "SHORT_HISTORY": "Nothing is expected: the sales before are shorter than four weeks.",
    }
    return f"{span} {ends[found['state']]}"


@dataclass(frozen=True, slots=True)
class ParetoCurve:
    """How few products make most of the revenue."""

    metrics: tuple[str, ...] = ("revenue",)
    name: str = "pareto-curve"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked(
            "sales",
            "pareto(by: PRODUCT, metric: REVENUE)"
            " { members classA classB counts shares membersBelow }",
        )

    def section(self, data: Mapping[str, Any]) -> Section:
        """See `Panel`."""
        found = data["sales"]["pareto"]
        members, in_a, in_b = found["members"], found["classA"], found["classB"]
        is_known = any(one is not None for one in found["shares"])
        rows: list[list[Value]] = [
            [_class(count, in_a, in_b), str(count), _ratio(count, members), made]
            for count, made in zip(found["counts"], found["shares"], strict=True)
            if is_known
        ]
        notes = []
        if is_known and in_a:
            notes.append(
                f"The best {in_a} of {members} products (class A) make the first 80 % of the"
                f" revenue, {in_b} more (class B) up to 95 %."
            )
        if found["membersBelow"]:
            notes.append(
                f"Products at 0 or below, {found['membersBelow']}, do not count for the shares."
            )
        return Plot(
            name=self.name,
            title="Pareto curve",
            columns=[
                Column(title="Class of the last one"),
                Column(title="Best products", unit=Unit.COUNT),
                Column(title="Of all products", unit=Unit.RATIO),
                Column(title="Share of revenue", unit=Unit.RATIO),
            ],
            rows=rows,
            x=2,
            y=3,
            is_curve=True,
            notes=notes,
        )


def _class(count: int, in_a: int, in_b: int) -> str:
    return "" if count == 0 else "A" if count <= in_a else "B" if count <= in_a + in_b else "C"


def _ratio(count: int, of: int) -> str:
    return str(Decimal(count) / of) if of else "0"


@dataclass(frozen=True, slots=True)
class MarginMap:
    """What products keep of what they sell."""

    metrics: tuple[str, ...] = ("revenue", "profit", "margin")
    name: str = "margins"

    @property
    def query(self) -> str:
        """See `Panel`."""
        return asked(
            "products",
            f"margins(volume: REVENUE, points: {_POINTS}) {{ typicalVolume margin others"
            " withoutCost withoutRevenue points { product { name } revenue profit margin } }",
        )

    def section(self, data: Mapping[str, Any]) -> Section:
        """See `Panel`."""
        found = data["products"]["margins"]
        columns = [METRICS[one] for one in self.metrics]
        return Plot(
            name=self.name,
            title="Margin against revenue",
            columns=[
                Column(title="Product"),
                *(Column(title=metric.title, unit=metric.unit) for metric in columns),
            ],
            rows=[
                [one["product"]["name"], *(one[metric] for metric in self.metrics)]
                for one in found["points"]
            ],
            x=1,
            y=3,
            is_curve=False,
            lines=(found["typicalVolume"], found["margin"]),
            quadrants=[
                "Sells little, keeps much",
                "Sells much, keeps much",
                "Sells little, keeps little",
                "Sells much, keeps little",
            ],
            notes=[*_margin_notes(found)],
        )


def _margin_notes(found: Mapping[str, Any]) -> Iterator[str]:
    if found["margin"] is not None:
        margin = number_text(found["margin"], Unit.RATIO)
        yield f"Lines at the margin of all, {margin}, and the median revenue."
    lacks: Sequence[tuple[str, str]] = (
        ("others", "with less revenue"),
        ("withoutCost", "without a known cost"),
        ("withoutRevenue", "without revenue above 0"),
    )
    missing = [f"{found[name]} {what}" for name, what in lacks if found[name]]
    if missing:
        yield f"Products that are not drawn: {', '.join(missing)}."
