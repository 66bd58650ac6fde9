"""Pictures of Grafana dashboards, drawn from what their queries answered.

Grafana is not run where they are made; its panels' titles, legends and units are used.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, PercentFormatter

COLUMNS: Final = 2
WIDTH, HEIGHT, HEAD = 11.0, 2.1, 0.5
"""Inches: the picture's width, a panel's height, the title's height."""
NAMES_AT_MOST: Final = 6
_LEGEND: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel."""

    name: str
    times: Sequence[float]
    """Unix seconds."""
    values: Sequence[float]


def legend(pattern: str, labels: Mapping[str, str]) -> str:
    """A series' name, as Grafana makes it from `legendFormat`.

    Args:
        pattern: Such as `{{cache}}`.
        labels: The series' labels.
    """
    return _LEGEND.sub(lambda found: labels.get(found[1], ""), pattern)


def picture(dashboard: Mapping[str, Any], answers: Mapping[str, Sequence[Series]]) -> str:
    """A dashboard as SVG.

    Args:
        dashboard: Grafana's JSON.
        answers: The series of each panel, by its title.
    """
    panels = dashboard["panels"]
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": str(dashboard["title"]),
            "font.size": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        height = rows * HEIGHT + HEAD
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        figure.suptitle(str(dashboard["title"]), fontweight="bold")
        for place, panel in enumerate(panels, start=1):
            axes = figure.add_subplot(rows, COLUMNS, place)
            _draw(axes, panel, answers[panel["title"]])
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    # Without trailing blanks, which the repository's checks refuse.
    return "".join(f"{line.rstrip()}\n" for line in drawn.getvalue().splitlines())


def _draw(axes: Axes, panel: Mapping[str, Any], lines: Sequence[Series]) -> None:
    axes.set_title(panel["title"], loc="left", fontweight="bold")
    for number, line in enumerate(lines):
        label = line.name if number < NAMES_AT_MOST else None
        axes.plot(line.times, line.values, linewidth=1.2, label=label)
    if len(lines) > NAMES_AT_MOST:
        axes.plot([], [], linewidth=0, label=f"and {len(lines) - NAMES_AT_MOST} more")
    values = [value for line in lines for value in line.values]
    axes.set_ylim(min(0.0, *values), max(values, default=0.0) * 1.1 or 1.0)
    axes.xaxis.set_major_formatter(FuncFormatter(_clock))
    axes.locator_params(axis="x", nbins=4)
    axes.yaxis.set_major_formatter(_scale(panel["fieldConfig"]["defaults"].get("unit", "short")))
    axes.grid(visible=True, linewidth=0.3)
    if any(line.name for line in lines):
        axes.legend(loc="upper left", fontsize=6, framealpha=0.8)


def _clock(seconds: float, _: int | None = None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"


def _scale(unit: str) -> EngFormatter | PercentFormatter:
    if unit == "percentunit":
        return PercentFormatter(1.0)
    return EngFormatter(unit={"s": "s", "bytes": "B", "reqps": "/s", "ops": "/s"}.get(unit, ""))
