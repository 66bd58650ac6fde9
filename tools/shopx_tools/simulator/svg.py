"""Plots of one scenario, as plain SVG."""

from collections.abc import Sequence
from html import escape

from shopx_tools.simulator.run import Result
from shopx_tools.simulator.score import WINDOW

WIDTH, HEIGHT, LEFT, TOP, GAP = 760, 130, 46, 34, 42
COLOURS = ("#0b5cad", "#b3541e", "#3f7d20", "#8a2be2", "#777777", "#c2185b")
FRAME = 'fill="none" stroke="#bbbbbb"'
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 3", "10 4")
"""Lines differ by dash as well as by colour."""


def plot(results: Sequence[Result]) -> str:
    """Load, pods, slow requests and live interval of several policies over one scenario."""
    scenario = results[0].scenario
    seconds = scenario.seconds
    load = [[scenario.rate(float(t)) for t in range(seconds)]]
    panels = [
        ("requests per second", load, 1),
        ("API pods asked for", [[float(n) for n in r.score.api] for r in results], 1),
        ("% of requests slow or failed", [
            [100.0 * share for share in r.score.bad_shares()] for r in results
        ], WINDOW),
        ("live interval, s", [r.score.live for r in results], 1),
    ]  # fmt: skip
    title = f"{scenario.name}: {scenario.about}"
    return drawn(title, [result.policy for result in results], panels, seconds)


def drawn(
    title: str,
    names: Sequence[str],
    panels: Sequence[tuple[str, Sequence[Sequence[float]], int]],
    seconds: int,
) -> str:
    """Panels below each other, each with a line a name.

    Args:
        title: What it shows.
        names: Of the lines; a panel with one line shows what they have in common.
        panels: Each one's title, its lines, and the seconds from one value to the next.
        seconds: That all of it lasts.
    """
    height = TOP + len(panels) * (HEIGHT + GAP) + 10
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _legend(names),
    ]
    for index, (name, lines, step) in enumerate(panels):
        parts.append(_panel(name, lines, step, seconds, TOP + 20 + index * (HEIGHT + GAP)))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(names: Sequence[str]) -> str:
    found, x = [], LEFT
    for index, name in enumerate(names):
        found.append(
            f'<line x1="{x}" y1="14" x2="{x + 24}" y2="14" {_stroke(index)}/>'
            f'<text x="{x + 29}" y="18">{escape(name)}</text>'
        )
        x += 42 + 7 * len(name)
    return "".join(found)


def _panel(title: str, lines: Sequence[Sequence[float]], step: int, seconds: int, top: int) -> str:
    highest = max((value for line in lines for value in line), default=1.0) or 1.0
    width = WIDTH - LEFT - 10
    parts = [
        f'<text x="{LEFT}" y="{top - 5}" font-weight="bold">{escape(title)}</text>',
        f'<rect x="{LEFT}" y="{top}" width="{width}" height="{HEIGHT}" {FRAME}/>',
        f'<text x="{LEFT - 5}" y="{top + 10}" text-anchor="end">{highest:.0f}</text>',
        f'<text x="{LEFT - 5}" y="{top + HEIGHT}" text-anchor="end">0</text>',
        f'<text x="{LEFT + width}" y="{top + HEIGHT + 13}" text-anchor="end">{seconds} s</text>',
    ]
    for index, line in enumerate(lines):
        points = " ".join(
            f"{LEFT + width * at * step / seconds:.1f},"
            f"{top + HEIGHT - (HEIGHT - 4) * line[at] / highest:.1f}"
            for at in _corners(line)
        )
        parts.append(f'<polyline fill="none" points="{points}" {_stroke(index)}/>')
    return "\n".join(parts)


def _corners(line: Sequence[float]) -> list[int]:
    """Indices at which a line changes; points between equal values are left out."""
    last = len(line) - 1
    return [
        at
        for at in range(len(line))
        if at in {0, last} or not line[at - 1] == line[at] == line[at + 1]
    ]


def _stroke(index: int) -> str:
    dash = DASHES[index % len(DASHES)]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{COLOURS[index % len(COLOURS)]}" stroke-width="1.6"{dashes}'
