"""Run the same load under each policy, and write the report."""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from autoscaler_comparison.load import Sample, Stretch, attack, targets  # noqa: E402 -- after the path
from autoscaler_comparison.pod_counts import Pods, pods_of  # noqa: E402 -- likewise
from autoscaler_comparison.policies import (  # noqa: E402 -- likewise
    LEAST,
    NAME,
    POLICIES,
    Policy,
    manifest,
    scaled_object,
)
from autoscaler_comparison.report import Outcome, Phase, page, plot, table  # noqa: E402 -- likewise

from tests.support.dashboards import dashboard  # noqa: E402 -- likewise
from tests.support.kubectl import Kubectl  # noqa: E402 -- likewise
from tests.support.traffic import READ_FOR_REVENUE  # noqa: E402 -- likewise

LOCKED_SECONDS, FREE_SECONDS = 1.5, 0.5
"""Short enough that every read is answered, and long enough that many are over the target."""
SETTLE_SECONDS = 20
FOUND_SECONDS = 65
"""Until the operator has found another autoscaler; it searches once a minute."""
SMALL_SECONDS = 75
"""How long to wait for pods of the previous phase to go; then the phase begins with them."""
_LOCKS = """
import os, sys, threading, time, psycopg
def end():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
tables = sys.argv[1]
locked, free = map(float, sys.argv[2:])
with psycopg.connect(os.environ["SHOPX_DATABASE_DSN"]) as connection:
    while True:
        try:
            connection.execute(f"lock table {tables} in access exclusive mode")
            time.sleep(locked)
        except psycopg.errors.OperationalError as error:
            # A deadlock with a reader that takes the tables in another order.
            if connection.closed:
                raise
            print(error, file=sys.stderr, flush=True)
        connection.rollback()
        time.sleep(free)
"""


def phases(rate: int) -> tuple[Phase, ...]:
    """The loads.

    Args:
        rate: Exact reads a second that take more than one pod.
    """
    return (
        Phase(
            "app-bound",
            f"exact reads, 5/s for 15 s, {rate}/s for 80 s, 5/s for 35 s",
            exact=True,
            stretches=(Stretch(15, 5), Stretch(80, rate), Stretch(35, 5)),
        ),
        Phase(
            "database-bound",
            "exact reads, 8/s; from 25 s to 85 s another session locks what they read,"
            f" {LOCKED_SECONDS} s of every {LOCKED_SECONDS + FREE_SECONDS:g} s",
            exact=True,
            stretches=(Stretch(25, 8), Stretch(60, 8, trouble=True), Stretch(20, 8)),
        ),
    )


class BottleneckWatch:
    """Notes when the condition DatabaseBottleneck first becomes True."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._stop = threading.Event()
        self.at: float | None = None

    def _watch(self) -> None:
        while not self._stop.wait(2.0):
            if self._kubectl.condition(NAME, "DatabaseBottleneck").get("status") == "True":
                self.at = time.time()
                return

    @contextmanager
    def watching(self) -> Iterator["BottleneckWatch"]:
        """Watch until the block ends."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()


def measured(
    kubectl: Kubectl, policy: Policy, phase: Phase, pods: Pods, asked: str, vegeta: Path
) -> Outcome:
    """Run a phase's load."""
    found: list[Sample] = []
    began, since = time.time(), None
    with BottleneckWatch(kubectl).watching() as bottleneck:
        for stretch in phase.stretches:
            with ExitStack() as stack:
                locker = None
                if stretch.trouble:
                    since = time.time()
                    where = f"deploy/{NAME}-fold"
                    what = (", ".join(READ_FOR_REVENUE), str(LOCKED_SECONDS), str(FREE_SECONDS))
                    locker = stack.enter_context(kubectl.python(where, _LOCKS, *what))
                found += attack(vegeta, asked, stretch)
                if locker is not None and locker.poll() is not None:
                    raise RuntimeError("the session that locks the tables ended before the stretch")
    at = bottleneck.at
    reported = at - since if at is not None and since is not None else None
    return Outcome(policy, phase, began, tuple(found), pods, reported)


def run_policy(
    cluster: Kubectl, port: int, policy: Policy, asked: tuple[Phase, ...], vegeta: Path
) -> list[Outcome]:
    """All phases under one policy, on a dashboard of their own."""
    namespace = f"compared-{policy.name}"
    cluster("create", "namespace", namespace)
    kubectl = cluster.within(namespace)
    host = f"{namespace}.localhost"
    try:
        kubectl.apply(dashboard(manifest(policy, host), NAME))
        kubectl.until_settled(NAME, 300)
        if policy.keda:
            kubectl.apply(scaled_object(namespace))
        found: list[Outcome] = []
        with pods_of(kubectl, f"{NAME}-api") as pods:
            for phase in asked:
                text = targets(host, port, exact=phase.exact)
                first = policy.keda and not found
                attack(vegeta, text, Stretch(FOUND_SECONDS if first else SETTLE_SECONDS, 5))
                until = time.monotonic() + SMALL_SECONDS
                while pods.changes[-1][1] != LEAST and time.monotonic() < until:
                    time.sleep(1)
                found.append(measured(kubectl, policy, phase, pods, text, vegeta))
                print(table(found[-1:]), flush=True)
        return found
    finally:
        cluster("delete", "namespace", namespace, "--wait=false")


def main() -> None:
    """Compare, and write the report."""
    parser = argparse.ArgumentParser(description="Our autoscaler beside others on a cluster.")
    parser.add_argument("--rate", type=int, default=90, help="exact reads a second at the peak")
    parser.add_argument("--only", nargs="*", default=[policy.name for policy in POLICIES])
    parser.add_argument("--write", type=Path, help="the folder for on-a-cluster.md and its plots")
    options = parser.parse_args()
    cluster = Kubectl(os.environ["SHOPX_E2E_CONTEXT"])
    port = int(os.environ["SHOPX_E2E_PORT"])
    vegeta = Path(os.environ["SHOPX_VEGETA"])
    asked = phases(options.rate)
    chosen = [policy for policy in POLICIES if policy.name in options.only]
    found: list[Outcome] = []
    for policy in chosen:
        found += run_policy(cluster, port, policy, asked, vegeta)
        if options.write is not None:
            write(options.write, asked, found)
    print(table(found))


def write(folder: Path, asked: tuple[Phase, ...], found: list[Outcome]) -> None:
    """Write the report and its plots, of the phases that are done."""
    plots = {f"cluster-{phase.name}.svg": plot(phase, found) for phase in asked}
    for name, text in plots.items():
        (folder / name).write_text(text)
    (folder / "on-a-cluster.md").write_text(page(found, asked, list(plots)))
