"""Plot what a run of the fault table recorded: latency, memory and which fault was under way.

    make hostile ARGS="1000 --series faults.json" && make bench ARGS="fault_plots faults.json"

Writes `docs/images/faults.svg`.
"""

import argparse
import json
from pathlib import Path

from harness.servers import ROOT

from shopx_tools.simulator.svg import drawn

TITLE = "Cached answers and memory while parts fail"


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", type=Path)
    options = parser.parse_args()
    found = json.loads(options.series.read_text("utf-8"))
    seconds = max(len(line) for line in found.values())
    panels = [
        ("slowest cached answer of each second, ms (0 = none)", [found["slowest"]], 1),
        ("memory of the API's processes, MiB", [found["memory"]], 1),
        ("row of the table whose fault is under way (0 = none)", [found["faults"]], 1),
    ]
    file = ROOT / "docs" / "images" / "faults.svg"
    file.write_text(drawn(TITLE, [], panels, seconds), "utf-8")
    print(f"{file} is written")


if __name__ == "__main__":
    main()
