"""Each part stopped, killed and slowed under load: cached answers stay fast, nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from tests.support import isolation, wrong_clock
from tests.support.faults import APART, HOUR, PLAIN, Result, Row, table

SECONDS = 3.0
"""How long a fault lasts."""
FAST_MS, RECOVERY, MEMORY_MB = 50.0, 5.0, 700.0
SHORT = (
    ("postgres", "stopped"),
    ("redis", "killed"),
    ("fold", "killed"),
    ("compute", "stopped"),
    ("api", "killed"),
)
SHORT_APART = (
    ("postgres", "full"),
    ("postgres", "read-only"),
    ("columns", "full"),
    ("postgres", "dropped 0.05"),
    ("api", f"clock {HOUR}"),
    ("postgres", f"clock {-HOUR}"),
)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.timeout(600)
async def test_parts_fail_under_load() -> None:
    """The short form: nothing wrong, nothing lost, and everything comes back."""
    results, _ = await table(SHORT, 1.0, apart=False)
    assert [(one.part, one.fault) for one in results] == list(SHORT)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.timeout(600)
def test_disks_clocks_and_packets_fail_under_load() -> None:
    """The short form of what needs disks, clocks and a network of its own."""
    _skip_unless_isolated()
    results = isolation.run_apart(alone, SHORT_APART, 1.0, None)
    assert [(one.part, one.fault) for one in results] == list(SHORT_APART)


@pytest.mark.hostile
@pytest.mark.timeout(0)
@pytest.mark.parametrize("apart", [False, True], ids=["everywhere", "apart"])
def test_the_whole_table(request: pytest.FixtureRequest, *, apart: bool) -> None:
    """The long form also holds to the limits of time and memory."""
    file: Path | None = request.config.getoption("--series")
    if apart:
        _skip_unless_isolated()
        results = isolation.run_apart(alone, APART, SECONDS, None)
    else:
        results = run(PLAIN, SECONDS, file, apart=False)
    bad = [
        str(one)
        for one in results
        if not (one.p95 <= FAST_MS and one.recovery <= RECOVERY and one.memory <= MEMORY_MB)
    ]
    assert bad == []


def alone(rows: tuple[Row, ...], seconds: float, file: Path | None) -> list[Result]:
    """Rows of an isolated process."""
    return run(rows, seconds, file, apart=True)


def run(rows: tuple[Row, ...], seconds: float, file: Path | None, *, apart: bool) -> list[Result]:
    """The rows' results; what was measured second by second goes to `file`."""
    results, load = asyncio.run(table(rows, seconds, apart=apart))
    if file is not None:
        load.series.write(file)
    return results


def _skip_unless_isolated() -> None:
    lacking = isolation.missing() or wrong_clock.missing()
    if lacking:
        pytest.skip(f"this machine lacks {lacking}")
