"""Panels of files that estimate or divide: forecast, pace, Pareto curve, margins by volume."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shopx_api.files.document import Column, Outlook, Plot, Section, Table, Trend, Value
from shopx_api.files.number_text import number_text
from shopx_api.files.panels import asked
from shopx_api.panels import wording
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import METRICS, Unit
from shopx_core.speech import Speech
from shopx_core.texts import joined, say

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

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        found, metric = data["sales"]["forecast"], METRICS["revenue"]
        buckets = found["buckets"]
        is_told = found["state"] == "READY"
        return Trend(
            name=self.name,
            title=speech(
                say(
                    "doc.forecast",
                    "Forecast of {title}",
                    title=wording.small(wording.title(metric)),
                )
            ),
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
            notes=[speech(note) for note in _forecast_notes(found, metric.unit, speech)],
        )


def _forecast_notes(found: Mapping[str, Any], unit: Unit, speech: Speech) -> Iterator[str]:
    def shown(value: Value, unit: Unit = unit, *, signed: bool = False) -> str:
        return speech.number(number_text(value, unit, signed=signed))

    if found["state"] == "TOO_SHORT":
        yield say(
            "doc.forecast-too-short",
            "No forecast: it needs {needed} days of sales, and there are {known} before the end of"
            " the period.",
            needed=found["neededDays"],
            known=found["knownDays"],
        )
    elif found["state"] == "NOT_BETTER":
        yield say(
            "doc.forecast-not-better",
            "No forecast: repeating the last week's values was no worse in the past.",
        )
    back, whole = found["backTest"], found["total"]
    if found["state"] == "READY" and whole is not None:
        yield say(
            "doc.forecast-total",
            "An estimate: about {about} in the next {days} days, likely {low} to {high}.",
            about=shown(whole["expected"]),
            days=back["days"],
            low=shown(whole["low"]),
            high=shown(whole["high"]),
        )
    if back is not None and back["mase"] is not None:
        yield say(
            "doc.forecast-before",
            "How good it was before: {forecasts} forecasts of the past, each of {days} days, were"
            " off by {error} of the usual difference from a week before; repeating the last week's"
            " values was off by {naive}. It carries on the trend and the pattern of the week"
            " (Theta method; the error is the MASE).",
            forecasts=back["forecasts"],
            days=back["days"],
            error=shown(back["mase"], Unit.RATIO),
            naive=shown(back["naiveMase"], Unit.RATIO),
        )
    for one in found["unusual"]:
        estimate, mover = one["estimate"], one["mover"]
        day = say(
            "doc.unusual",
            "Unusual: {day}, {value}, where {low} to {high} was expected.",
            day=dt.datetime.fromisoformat(one["bucket"]).date(),
            value=shown(one["value"]),
            low=shown(estimate["low"]),
            high=shown(estimate["high"]),
        )
        reason = mover and say(
            "doc.unusual-mover",
            "{label} contributed most: {change} against a week before.",
            label=mover["label"],
            change=shown(mover["change"], signed=True),
        )
        yield joined(day, reason)


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

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        found = data["reps"]["pace"]
        return Table(
            name=self.name,
            title=speech(say("doc.pace", "Pace of the month")),
            columns=[
                Column(title=speech(wording.DIMENSIONS[DimensionName.REP])),
                Column(title=speech(wording.BOOKED), unit=Unit.MONEY),
                Column(title=speech(wording.QUOTA), unit=Unit.MONEY),
                Column(title=speech(say("doc.of-the-quota", "Of the quota")), unit=Unit.RATIO),
                Column(title=speech(wording.EXPECTED), unit=Unit.MONEY),
                Column(title=speech(say("doc.at-the-end", "At the end")), unit=Unit.RATIO),
            ],
            rows=[[row["rep"]["name"], *_pace_cells(row["figures"])] for row in found["rows"]],
            total=[
                speech(say("doc.all-with-quota", "All with a quota")),
                *_pace_cells(found["total"]),
            ],
            count=found["members"],
            notes=[speech(_pace_note(found))],
        )


def _pace_cells(figures: Mapping[str, Value]) -> Iterator[Value]:
    for name in ("booked", "quota", "attained", "expected", "expectedAttained"):
        yield figures[name]


def _pace_note(found: Mapping[str, Any]) -> str:
    span = say(
        "doc.pace-span",
        "{first} to {last}, as of {today}.",
        first=found["firstDay"],
        last=found["lastDay"],
        today=found["today"],
    )
    ends = {
        "EXPECTED": say(
            "doc.pace-expected",
            "Expected is an estimate: what was booked until the day before, and for each day left"
            " the average of its weekday over the last {weeks} weeks.",
            weeks=found["weeks"],
        ),
        "OVER": say("doc.pace-over", "The month is over, so nothing more is expected."),
        "EARLY": say("doc.pace-early", "Nothing is expected before three days are complete."),
        "SHORT_HISTORY": say(
            "doc.pace-short",
            "Nothing is expected: the sales before are shorter than four weeks.",
        ),
    }
    return joined(span, ends[found["state"]])


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

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
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
                say(
                    "doc.pareto",
                    "The best {in_a} of {members} products (class A) make the first 80 % of the"
                    " revenue, {in_b} more (class B) up to 95 %.",
                    in_a=in_a,
                    members=members,
                    in_b=in_b,
                )
            )
        if found["membersBelow"]:
            notes.append(
                say(
                    "doc.pareto-below",
                    "Products at 0 or below, {count}, do not count for the shares.",
                    count=found["membersBelow"],
                )
            )
        return Plot(
            name=self.name,
            title=speech(say("doc.pareto-curve", "Pareto curve")),
            columns=[
                Column(title=speech(say("doc.last-class", "Class of the last one"))),
                Column(title=speech(say("doc.best-products", "Best products")), unit=Unit.COUNT),
                Column(
                    title=speech(say("doc.of-all-products", "Of all products")), unit=Unit.RATIO
                ),
                Column(
                    title=speech(say("doc.share-of-revenue", "Share of revenue")),
                    unit=Unit.RATIO,
                ),
            ],
            rows=rows,
            x=2,
            y=3,
            is_curve=True,
            notes=[speech(note) for note in notes],
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

    def section(self, data: Mapping[str, Any], speech: Speech) -> Section:
        """See `Panel`."""
        found = data["products"]["margins"]
        columns = [METRICS[one] for one in self.metrics]
        return Plot(
            name=self.name,
            title=speech(say("doc.margins", "Margin against revenue")),
            columns=[
                Column(title=speech(wording.DIMENSIONS[DimensionName.PRODUCT])),
                *(
                    Column(title=speech(wording.title(metric)), unit=metric.unit)
                    for metric in columns
                ),
            ],
            rows=[
                [one["product"]["name"], *(one[metric] for metric in self.metrics)]
                for one in found["points"]
            ],
            x=1,
            y=3,
            is_curve=False,
            lines=(found["typicalVolume"], found["margin"]),
            quadrants=[speech(name) for name in _QUADRANTS],
            notes=[speech(note) for note in _margin_notes(found, speech)],
        )


_QUADRANTS: Final = (
    say("doc.little-much", "Sells little, keeps much"),
    say("doc.much-much", "Sells much, keeps much"),
    say("doc.little-little", "Sells little, keeps little"),
    say("doc.much-little", "Sells much, keeps little"),
)


def _margin_notes(found: Mapping[str, Any], speech: Speech) -> Iterator[str]:
    if found["margin"] is not None:
        yield say(
            "doc.margin-lines",
            "Lines of the {count} products whose margin is known: their margin together, {margin},"
            " and their median revenue, {median}.",
            count=len(found["points"]) + found["others"],
            margin=speech.number(number_text(found["margin"], Unit.RATIO)),
            median=speech.number(number_text(found["typicalVolume"], Unit.MONEY)),
        )
    lacks = (
        say("doc.less-revenue", "{count} with less revenue", count=found["others"]),
        say("doc.no-cost", "{count} without a known cost", count=found["withoutCost"]),
        say("doc.no-revenue", "{count} without revenue above 0", count=found["withoutRevenue"]),
    )
    missing = [one for one in lacks if one.values["count"]]
    if missing:
        yield say("doc.not-drawn", "Products that are not drawn: {missing}.", missing=missing)
