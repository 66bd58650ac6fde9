"""Results as a Markdown table."""

from collections.abc import Mapping, Sequence

from shopx_tools.simulator.goals import Runs, pod_minutes, violation_minutes
from shopx_tools.simulator.run import Result


def table(runs: Runs) -> str:
    """One row a scenario: minutes missed / pods' minutes / reversals / seconds to recover."""
    names = list(runs)
    lines = [
        "| scenario | " + " | ".join(names) + " |",
        "| --- |" + " ---: |" * len(names),
    ]
    lines += [
        f"| {row[0].scenario.name} | " + " | ".join(cell(result) for result in row) + " |"
        for row in zip(*runs.values(), strict=True)
    ]
    totals = (
        f"**{violation_minutes(runs[name]):.2f} / {pod_minutes(runs[name]):.0f}"
        f" / {max(result.score.reversals for result in runs[name])}**"
        for name in names
    )
    lines.append("| **total** | " + " | ".join(totals) + " |")
    return "\n".join(lines)


def cell(result: Result) -> str:
    """One run's results."""
    score = result.score
    recovery = "-" if score.recovery is None else f"{score.recovery:.0f}"
    return (
        f"{score.violation_minutes:.2f} / {score.pod_minutes:.0f} / {score.reversals} / {recovery}"
    )


def losses(runs: Runs) -> str:
    """Where another policy missed the objective for less time than ours, or with fewer pods."""
    ours, *others = runs
    lines = []
    for index, mine in enumerate(runs[ours]):
        better = [
            f"{name} {runs[name][index].score.violation_minutes:.2f} min with"
            f" {runs[name][index].score.pod_minutes:.0f} pod minutes"
            for name in others
            if runs[name][index].score.violation_minutes < mine.score.violation_minutes
        ]
        if better:
            lines.append(
                f"- {mine.scenario.name} ({mine.scenario.about}):"
                f" {mine.score.violation_minutes:.2f} min with {mine.score.pod_minutes:.0f} pod"
                f" minutes; {', '.join(better)}"
            )
    return "\n".join(lines) or "- nowhere"


def about(results: Sequence[Result]) -> Mapping[str, str]:
    """What each scenario is."""
    return {result.scenario.name: result.scenario.about for result in results}
