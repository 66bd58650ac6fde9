"""Run the scenarios with every policy, print the table and the goals, draw the plots.

    python -m shopx_tools.simulator [--seed N] [--half report|tuning|all] [--write FOLDER]

The only part of the simulator that prints or writes. Ends with 1 when a goal is short; the goals
that count are those of the half that was never tuned on.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from shopx_tools.simulator.catalogue import SCENARIOS
from shopx_tools.simulator.goals import Runs, best_baseline, goals
from shopx_tools.simulator.policies.catalogue import NATIVE, policies
from shopx_tools.simulator.run import Result, run
from shopx_tools.simulator.scenario import Scenario
from shopx_tools.simulator.svg import plot
from shopx_tools.simulator.table import about, losses, table

LEGEND = (
    "Minutes in which the objective was missed / pods' minutes / most reversals in ten minutes"
    " / seconds to recover."
)

REPORT_SEED = 20261
"""Never used in tuning."""

PLOTTED = (
    "slow-start-steps",
    "flash-sale-wide",
    "connections-tight",
    "cache-flush-peak",
    "bad-deploy-slow",
    "metrics-nan",
)


def runs_of(scenarios: Sequence[Scenario], seed: int) -> Runs:
    """Every scenario with every policy, on this one core."""
    found: dict[str, list[Result]] = {}
    for scenario in scenarios:
        for name, make in policies(scenario).items():
            found.setdefault(name, []).append(run(scenario, make(), seed))
        _say(f"{scenario.name} done")
    return found


def main(words: Sequence[str]) -> int:
    """Run, print and write."""
    parser = argparse.ArgumentParser(prog="python -m shopx_tools.simulator")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or REPORT_SEED))
    parser.add_argument("--half", choices=("report", "tuning", "all"), default="all")
    parser.add_argument("--write", type=Path, help="where to write results.md and the plots")
    options = parser.parse_args(words)
    began = time.process_time()
    halves = ("tuning", "report") if options.half == "all" else (options.half,)
    text, reached = [], True
    for half in halves:
        runs = runs_of([s for s in SCENARIOS if s.half == half], options.seed)
        found = goals(runs)
        text.append(_section(half, options.seed, runs, [str(goal) for goal in found]))
        sys.stdout.write(text[-1] + "\n")
        if half == halves[-1]:
            reached = all(goal.met for goal in found)
        if options.write:
            _draw(options.write, runs)
    if options.write:
        (options.write / "results.md").write_text("\n".join(["# Results", "", *text]), "utf-8")
    _say(f"{time.process_time() - began:.0f} s of CPU")
    return 0 if reached else 1


def _section(half: str, seed: int, runs: Runs, lines: Sequence[str]) -> str:
    title = {"report": "Report half", "tuning": "Tuning half"}[half]
    named = "\n".join(f"- {name}: {what}" for name, what in about(runs[NATIVE]).items())
    return "\n".join(
        [
            f"## {title}, seed {seed}",
            "",
            LEGEND,
            "",
            table(runs),
            "",
            f"Best baseline: {best_baseline(runs)}.",
            "",
            "```text",
            *lines,
            "```",
            "",
            "Where another policy missed less:",
            "",
            losses(runs),
            "",
            "The scenarios:",
            "",
            named,
            "",
        ]
    )


def _draw(folder: Path, runs: Runs) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row in zip(*runs.values(), strict=True):
        name = row[0].scenario.name
        if name in PLOTTED:
            (folder / f"{name}.svg").write_text(plot(row), "utf-8")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
