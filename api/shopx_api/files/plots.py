"""Two columns drawn against each other, as vectors: a curve, or points in quadrants."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, String
from reportlab.lib.colors import Color

from shopx_api.files.charts import ACCENT, EARLIER, MARK, MUTED, RULE, scale
from shopx_api.files.document import Plot, Value
from shopx_api.files.number_text import short_text
from shopx_core.domain.metrics import Unit
from shopx_core.speech import Speech
from shopx_core.texts import say

_LEFT: Final = 44.0
_RIGHT: Final = 12.0
_BOTTOM: Final = 30.0
_TOP: Final = 14.0
_SMALL: Final = 7.0
_RADIUS: Final = 2.2
_DASHED: Final = (3.0, 2.0)
_LOGARITHMIC_FROM: Final = 50.0
"""Where the highest value is so many times the lowest, equal steps would crowd the low ones."""
_LOWEST_SHARE: Final = -0.5
"""Ratios below are drawn at the lower edge: one large loss would press all others together."""


@dataclass(frozen=True, slots=True)
class _Axis:
    ticks: Sequence[float]
    place: Callable[[float], float]
    """Where a value is, from 0 to 1."""


def plot_chart(plot: Plot, width: float, height: float, font: str, speech: Speech) -> Drawing:
    """The drawing; a horizontal line divides points of two colours.

    Args:
        plot: Rows without both values are left out.
        width: In points.
        height: In points.
        font: A registered font's name.
        speech: Says its texts.
    """
    drawing = Drawing(width, height)
    units = plot.columns[plot.x].unit, plot.columns[plot.y].unit
    lowest = _LOWEST_SHARE if units[1] is Unit.RATIO else -math.inf
    pairs = [(row[plot.x], row[plot.y]) for row in plot.rows]
    points = [
        (float(x), max(lowest, float(y))) for x, y in pairs if x is not None and y is not None
    ]
    if not points:
        text = speech(say("doc.nothing-to-draw", "There is nothing to draw."))
        drawing.add(_text(text, _LEFT, height / 2, font, textAnchor="start"))
        return drawing
    line_x, line_y = (_number(one) for one in plot.lines)
    across = _axis([x for x, _ in points], line_x, may_be_logarithmic=not plot.is_curve)
    up = _axis([y for _, y in points], line_y, may_be_logarithmic=False)
    right, top = width - _RIGHT, height - _TOP

    def at_x(value: float) -> float:
        return _LEFT + across.place(value) * (right - _LEFT)

    def at_y(value: float) -> float:
        return _BOTTOM + up.place(value) * (top - _BOTTOM)

    for value in up.ticks:
        y = at_y(value)
        drawing.add(Line(_LEFT, y, right, y, strokeColor=RULE, strokeWidth=0.5))
        label = short_text(value, units[1], speech) if units[1] else str(value)
        drawing.add(_text(label, _LEFT - 5, y - 2.4, font, textAnchor="end"))
    for value in across.ticks:
        label = short_text(value, units[0], speech) if units[0] else str(value)
        drawing.add(_text(label, at_x(value), _BOTTOM - 11, font, textAnchor="middle"))
    axis_title = f"{plot.columns[plot.x].title} \N{RIGHTWARDS ARROW}"
    drawing.add(_text(axis_title, (_LEFT + right) / 2, 5, font, textAnchor="middle"))
    if line_x is not None:
        drawing.add(_divider(at_x(line_x), _BOTTOM, at_x(line_x), top))
    if line_y is not None:
        drawing.add(_divider(_LEFT, at_y(line_y), right, at_y(line_y)))
    if plot.is_curve:
        ends = [(axis.ticks[0], axis.ticks[-1]) for axis in (across, up)]
        corners = [at_x(ends[0][0]), at_y(ends[1][0]), at_x(ends[0][1]), at_y(ends[1][1])]
        # What the curve would be if all rows were equal.
        drawing.add(PolyLine(corners, strokeColor=EARLIER, strokeWidth=0.9))
        shape = [axis for x, y in points for axis in (at_x(x), at_y(y))]
        drawing.add(PolyLine(shape, strokeColor=ACCENT, strokeWidth=1.5, strokeLineJoin=1))
        return drawing
    for x, y in points:
        colour = MARK if line_y is not None and y < line_y else ACCENT
        drawing.add(_point(at_x(x), at_y(y), colour))
    _quadrants(drawing, plot.quadrants, right, top, font)
    return drawing


def _quadrants(drawing: Drawing, names: Sequence[str], right: float, top: float, font: str) -> None:
    for number, name in enumerate(names):
        is_left, is_upper = number % 2 == 0, number < len(names) / 2
        x = _LEFT + 3 if is_left else right - 3
        y = top + 4 if is_upper else _BOTTOM + 4
        drawing.add(_text(name, x, y, font, textAnchor="start" if is_left else "end"))


def _number(value: Value) -> float | None:
    return None if value is None else float(value)


def _axis(values: Sequence[float], line: float | None, *, may_be_logarithmic: bool) -> _Axis:
    """Round ticks around the values, in powers of ten where these differ much."""
    all_values = [*values, *([] if line is None else [line])]
    low, high = min(all_values), max(all_values)
    if may_be_logarithmic and low > 0 and high / low >= _LOGARITHMIC_FROM:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return _Axis(
            [10.0**power for power in range(first, last + 1)],
            lambda value: (math.log10(value) - first) / (last - first),
        )
    begin, end, step = scale(min(0.0, low), max(0.0, high))
    return _Axis(
        [begin + number * step for number in range(round((end - begin) / step) + 1)],
        lambda value: (value - begin) / (end - begin),
    )


def _text(content: str, x: float, y: float, font: str, **more: Any) -> String:
    return String(x, y, content, fontName=font, fontSize=_SMALL, fillColor=MUTED, **more)


def _divider(x1: float, y1: float, x2: float, y2: float) -> Line:
    return Line(x1, y1, x2, y2, strokeColor=MUTED, strokeWidth=0.5, strokeDashArray=_DASHED)


def _point(x: float, y: float, colour: Color) -> Circle:
    look: Any = {"fillColor": colour, "fillOpacity": 0.55, "strokeColor": colour}
    return Circle(x, y, _RADIUS, strokeWidth=0.5, **look)
