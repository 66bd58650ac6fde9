"""A real cluster for the tests: brought up once by `make e2e`, a namespace for every test.

Tests run side by side, a folder or file of them in one process. A test that disturbs the operator,
which all share, or that measures, is marked `alone`: no other runs meanwhile.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.kubectl import Kubectl, own_namespace

FIGURES = pytest.StashKey[list[str]]()
MEASURED = "measured"
HERE = Path(__file__).resolve().parent
FOLDERS = ("fields",)
"""Whose files share a dashboard."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a namespace run in one process."""
    for item in items:
        within = item.path.relative_to(HERE).parts if item.path.is_relative_to(HERE) else ()
        if within:
            item.add_marker(
                pytest.mark.xdist_group(within[0] if within[0] == "fields" else item.path.stem)
            )


@contextmanager
def _turn(place: Path, *, alone: bool) -> Iterator[None]:
    """A time in which tests run that do not disturb each other, or one that does.

    Whoever waits holds the door, so that nobody who comes later is let in before.
    """
    with (place / "door").open("w") as door, (place / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """One test, with what it sets up and takes down."""
    place = Path(tempfile.gettempdir()) / f"shopx-e2e-{os.environ.get('PYTEST_XDIST_TESTRUNUID')}"
    place.mkdir(exist_ok=True)
    with _turn(place, alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was measured goes with the report of the test, whichever process it ran in."""
    report = yield
    figures = item.config.stash.get(FIGURES, [])
    report.user_properties += [(MEASURED, figure) for figure in figures]
    figures.clear()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == MEASURED
    ]
    if figures:
        terminalreporter.section("measured")
        for figure in figures:
            terminalreporter.write_line(figure)


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a figure of interest, shown when all tests are over."""
    return request.config.stash.setdefault(FIGURES, []).append


@pytest.fixture(scope="session")
def cluster() -> Kubectl:
    """The cluster as a whole."""
    context = os.environ.get("SHOPX_E2E_CONTEXT")
    if not context:
        pytest.skip("needs a cluster with the operator on it: run `make e2e`")
    return Kubectl(context)


@pytest.fixture(scope="session")
def system(cluster: Kubectl) -> Kubectl:
    """The operator's namespace."""
    return cluster.within("shopx-system")


@pytest.fixture(scope="session")
def port() -> int:
    """Of this machine, where the ingress listens."""
    return int(os.environ["SHOPX_E2E_PORT"])


@pytest.fixture
def kubectl(cluster: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """Kubectl in a namespace of the test's own, which enforces restricted Pod Security."""
    yield from own_namespace(cluster, request.node.name)


@pytest.fixture(scope="module")
def shared(cluster: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """Kubectl in a namespace that the tests of one file share."""
    yield from own_namespace(cluster, request.node.name)
