"""Draw stacks that py-spy sampled.

    py-spy record --rate 300 --duration 20 --format raw --output STACKS --pid PID
    make bench ARGS="flame_graph STACKS FILE.svg --title TEXT"

A frame's width is its share of the samples, callers below callees; its tooltip has the share. The
frames that start the process and its event loop are the same everywhere and are left out, as are
line numbers and frames of less than a five-hundredth of the samples.
"""

import argparse
import re
import zlib
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

WIDTH, ROW, LETTER, LEAST = 1200.0, 15, 6.0, 1 / 500
_START = re.compile(
    r"^(_run_module_as_main|_run_code|<module>|main|Server\.run|asyncio_run|Runner\.run|run) "
)
_FRAME = re.compile(r"^(?P<name>.*) \((?P<file>.*?)(?::\d+)?\)$")


@dataclass(slots=True)
class Frame:
    """A function with those that it calls."""

    samples: int = 0
    called: dict[str, "Frame"] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """Rows above this one."""
        return max((1 + frame.depth for frame in self.called.values()), default=0)


def tree(text: str) -> Frame:
    """The frames of py-spy's raw format: `frame;frame;frame COUNT` in each line."""
    root = Frame()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        samples = int(count)
        root.samples += samples
        frames = [_name(part) for part in stack.split(";")]
        while frames and _START.match(frames[0]):
            frames.pop(0)
        at = root
        for name in frames or ["event loop (C)"]:
            at = at.called.setdefault(name, Frame())
            at.samples += samples
    _prune(root, root.samples * LEAST)
    return root


def _name(part: str) -> str:
    found = _FRAME.match(part)
    if found is None:
        return part
    file = found["file"].removeprefix("shopx_api/")
    return f"{found['name']} ({file})"


def _prune(frame: Frame, least: float) -> None:
    frame.called = {name: sub for name, sub in frame.called.items() if sub.samples >= least}
    for sub in frame.called.values():
        _prune(sub, least)


def drawn(root: Frame, title: str) -> str:
    """The graph as SVG."""
    height = root.depth * ROW + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height}"'
            ' font-family="monospace" font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="4" y="13" font-size="12">{escape(title)}</text>'
        )
    ]
    _draw(root, 0.0, height - ROW - 5, WIDTH / root.samples, root.samples, parts)
    return "\n".join([*parts, "</svg>", ""])


def _draw(frame: Frame, left: float, top: int, scale: float, total: int, parts: list[str]) -> None:
    for name, sub in sorted(frame.called.items(), key=lambda item: -item[1].samples):
        width = sub.samples * scale
        label = escape(name[: int((width - 4) / LETTER)])
        hue = 20 + zlib.crc32(name.encode()) % 60
        parts.append(
            f"<g><title>{escape(name)} {100 * sub.samples / total:.1f} %</title>"
            f'<rect x="{left:.1f}" y="{top}" width="{max(width - 0.6, 0.3):.1f}" height="{ROW - 1}"'
            f' fill="hsl({hue} 75% 72%)"/>'
            + (f'<text x="{left + 2:.1f}" y="{top + 10}">{label}</text>' if len(label) > 4 else "")
            + "</g>"
        )
        _draw(sub, left, top - ROW, scale, total, parts)
        left += width


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stacks", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--title", required=True)
    given = parser.parse_args()
    text = given.stacks.read_text(encoding="utf-8", errors="replace")
    given.file.write_text(drawn(tree(text), given.title), encoding="utf-8")


if __name__ == "__main__":
    main()
