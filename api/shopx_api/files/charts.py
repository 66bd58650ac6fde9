"""Charts of a printed page, as vectors."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

from shopx_api.files.document import Outlook, Trend
from shopx_api.files.number_text import short_text
from shopx_api.panels import wording
from shopx_core.speech import Speech
from shopx_core.texts import say

INK: Final = HexColor("#1b2430")
MUTED: Final = HexColor("#66717f")
RULE: Final = HexColor("#dde2e8")
ACCENT: Final = HexColor("#2457c5")
TINT: Final = HexColor("#e6edfb")
EARLIER: Final = HexColor("#9aa5b1")
AHEAD: Final = HexColor("#00705a")
BAND: Final = HexColor("#cfe9e1")
MARK: Final = HexColor("#b3261e")

_LEFT: Final = 44.0
_BOTTOM: Final = 18.0
_TOP: Final = 20.0
_TICKS: Final = 4
_LABELS: Final = 6
_SMALL: Final = 7.0
_POINTS_SHOWN: Final = 2
_DASHED: Final = (3.0, 2.0)
# No gap at all: the format has no word for a solid line but an empty list.
_SOLID: Final[tuple[float, ...]] = ()


def trend_chart(trend: Trend, width: float, height: float, font: str, speech: Speech) -> Drawing:
    """A line over the period, and a grey one of the compared period.

    Unknown values are gaps; parts that do not stand for a whole calendar unit are dashed, and so
    is what is expected, over its bounds.

    Args:
        trend: The series.
        width: In points.
        height: In points.
        font: A registered font's name.
        speech: Says its texts.
    """
    drawing = Drawing(width, height)
    ahead = trend.outlook or Outlook(expected=[], low=[], high=[])
    current, previous, expected, low_ahead, high_ahead = (
        [None if one is None else float(one) for one in values]
        for values in (trend.current, trend.previous or [], ahead.expected, ahead.low, ahead.high)
    )
    known = [
        one for one in (*current, *previous, *expected, *low_ahead, *high_ahead) if one is not None
    ]
    if not known:
        drawing.add(
            String(
                _LEFT,
                height / 2,
                speech(say("doc.nothing-known", "Nothing is known of this period.")),
                fontName=font,
                fontSize=8,
                fillColor=MUTED,
            )
        )
        return drawing
    low, high, step = scale(min(0.0, *known), max(0.0, *known))
    plot_width, plot_height = width - _LEFT - 4, height - _BOTTOM - _TOP

    def across(index: int) -> float:
        count = max(len(current), len(previous), 2)
        return _LEFT + plot_width * index / (count - 1)

    def up(value: float) -> float:
        return _BOTTOM + plot_height * (value - low) / (high - low)

    for run in _runs(current):
        # Below everything else.
        points = [axis for index, value in run for axis in (across(index), up(value))]
        ends = [across(run[-1][0]), up(0.0), across(run[0][0]), up(0.0)]
        drawing.add(Polygon([*points, *ends], fillColor=TINT, strokeColor=None))
    for lower, upper in zip(_runs(low_ahead), _runs(high_ahead), strict=True):
        edge = [*lower, *reversed(upper)]
        area = [axis for index, value in edge for axis in (across(index), up(value))]
        drawing.add(Polygon(area, fillColor=BAND, strokeColor=None))
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        _grid_line(
            drawing,
            (short_text(value, trend.unit, speech), up(value)),
            font,
            is_zero=abs(value) < step / 1000,
        )
    partial = frozenset(trend.partial)
    lines = [(run, EARLIER, 0.9, False) for run in _runs(previous)]
    for run in _runs(current):
        lines += [(piece, ACCENT, 1.5, dashed) for piece, dashed in _pieces(run, partial)]
    # From the last known day on.
    last = [pair for run in _runs(current) for pair in run][-1:]
    lines += [([*last, *run], AHEAD, 1.5, True) for run in _runs(expected)]
    for run, colour, stroke, dashed in lines:
        places = [(across(index), up(value)) for index, value in run]
        _line(drawing, places, colour=colour, width=stroke, dashed=dashed)
    for index in trend.marked:
        _mark(drawing, across(index), up(current[index] or 0.0))
    _bucket_labels(drawing, trend, across, font, speech)
    _legend(drawing, trend, height, font, speech)
    return drawing


def _grid_line(drawing: Drawing, tick: tuple[str, float], font: str, *, is_zero: bool) -> None:
    text, at = tick
    colour = MUTED if is_zero else RULE
    drawing.add(Line(_LEFT, at, drawing.width - 4, at, strokeColor=colour, strokeWidth=0.5))
    drawing.add(
        String(
            _LEFT - 5,
            at - 2.4,
            text,
            fontName=font,
            fontSize=_SMALL,
            fillColor=MUTED,
            textAnchor="end",
        )
    )


def _mark(drawing: Drawing, x: float, y: float) -> None:
    """A triangle that points at a value from above."""
    corners = [x, y + 3, x - 3, y + 8, x + 3, y + 8]
    drawing.add(Polygon(corners, fillColor=MARK, strokeColor=None))


def scale(low: float, high: float) -> tuple[float, float, float]:
    """Round ends of an axis that hold both values, and the step between its ticks."""
    spread = (high - low) or abs(high) or 1.0
    rough = spread / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= rough * 0.999)
    return math.floor(low / step) * step, max(math.ceil(high / step), 1) * step, step


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Neighbours that are known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def _pieces(
    run: Sequence[tuple[int, float]], partial: frozenset[int]
) -> list[tuple[list[tuple[int, float]], bool]]:
    """A run in pieces that are drawn alike; neighbours share a point."""
    pieces: list[tuple[list[tuple[int, float]], bool]] = []
    for one, other in pairwise(run):
        dashed = one[0] in partial or other[0] in partial
        if pieces and pieces[-1][1] == dashed:
            pieces[-1][0].append(other)
        else:
            pieces.append(([one, other], dashed))
    return pieces or [(list(run), False)]


def _line(
    drawing: Drawing,
    points: Sequence[tuple[float, float]],
    *,
    colour: Color,
    width: float,
    dashed: bool = False,
) -> None:
    if len(points) < _POINTS_SHOWN:
        # A single value would be no line.
        ((x, y),) = points
        # Its edge has the same colour.
        # The stubs do not know that rectangles have colours.
        look: Any = {"fillColor": colour, "strokeColor": colour}
        drawing.add(Rect(x - 1, y - 1, 2, 2, **look))
        return
    drawing.add(
        PolyLine(
            [axis for point in points for axis in point],
            strokeColor=colour,
            strokeWidth=width,
            strokeDashArray=_DASHED if dashed else _SOLID,
            strokeLineJoin=1,
        )
    )


def _bucket_labels(
    drawing: Drawing,
    trend: Trend,
    across: Callable[[int], float],
    font: str,
    speech: Speech,
) -> None:
    count = len(trend.buckets)
    every = max(1, math.ceil(count / _LABELS))
    for index in range(0, count, every):
        begins = dt.datetime.fromisoformat(trend.buckets[index])
        x = across(index)
        last = index + every >= count and index > 0
        drawing.add(
            String(
                x,
                6,
                bucket_text(begins, trend.granularity, speech),
                fontName=font,
                fontSize=_SMALL,
                fillColor=MUTED,
                textAnchor="start"
                if index == 0
                else "end"
                if last and index == count - 1
                else "middle",
            )
        )


def bucket_text(begins: dt.datetime, granularity: str, speech: Speech) -> str:
    """A bucket's name on an axis; months have names in English alone."""
    if granularity in ("hour", "minute", "quarter_hour"):
        return f"{begins:%H:%M}"
    if granularity == "year":
        return f"{begins:%Y}"
    if granularity == "quarter":
        return f"Q{(begins.month + 2) // 3} {begins:%Y}"
    if speech.language != "en":
        return f"{begins:%Y-%m}" if granularity == "month" else f"{begins:%Y-%m-%d}"
    if granularity == "month":
        return f"{begins:%b %Y}"
    return f"{begins.day} {begins:%b %Y}"


def _legend(drawing: Drawing, trend: Trend, height: float, font: str, speech: Speech) -> None:
    own = say("doc.this-period", "This period") if trend.outlook is None else wording.BOOKED
    shown = [(own, ACCENT, _SOLID)]
    if trend.partial:
        shown.append((say("doc.legend-not-complete", "not complete"), ACCENT, _DASHED))
    if trend.outlook is not None:
        shown += [
            (wording.EXPECTED, AHEAD, _DASHED),
            (say("doc.between-bounds", "between its bounds"), BAND, _SOLID),
        ]
    if trend.previous is not None:
        shown.append((say("doc.compared-period", "Compared period"), EARLIER, _SOLID))
    x, y = _LEFT, height - 9
    for said, colour, dashes in shown:
        text = speech(said)
        drawing.add(
            Line(
                x,
                y + 2.5,
                x + 14,
                y + 2.5,
                strokeColor=colour,
                strokeWidth=1.5,
                strokeDashArray=dashes,
            )
        )
        drawing.add(String(x + 18, y, text, fontName=font, fontSize=_SMALL, fillColor=MUTED))
        x += 30 + 3.7 * len(text)
