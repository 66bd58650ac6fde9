"""A cache of three servers: one becomes three, primaries are lost under load, three become one."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.light import LITTLE, light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PAGE = "operations.md"
NAME = "sales"
SERVERS = (f"{NAME}-redis", f"{NAME}-redis-2", f"{NAME}-redis-3")
_WORKERS = f"deploy/{NAME}-workers"
# Puts a job into the queue twice a second, and waits for a primary as `shopx enqueue` does.
_ENQUEUES = """
import json, sys, time
from shopx_core.jobs import UpkeepPartitions
from shopx_core.settings import Settings
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
app = make_app(Settings.from_env())
sent, longest, last, end = [], 0.0, time.monotonic(), time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    sent.append(enqueue(app, UpkeepPartitions()))
    longest, last = max(longest, time.monotonic() - last), time.monotonic()
    time.sleep(0.5)
print(json.dumps({"sent": sent, "longest": longest}))
"""
_READS = """
import json, sys, time, urllib.request
body = json.dumps({"query": "{ metrics { id } }"}).encode()
headers = {"content-type": "application/json"}
failed, reads, longest, end = 0, 0, 0.0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    began = time.monotonic()
    try:
        asked = urllib.request.Request("http://127.0.0.1:8000/graphql", body, headers)
        failed += "errors" in json.loads(urllib.request.urlopen(asked, timeout=5).read())
    except OSError:
        failed += 1
    reads += 1
    longest = max(longest, time.monotonic() - began)
    time.sleep(0.02)
print(json.dumps({"failed": failed, "reads": reads, "longest": longest}))
"""
_WRITES = """
import asyncio, os, sys
from shopx_core.clients.redis_check import problem_of
url, prefix = os.environ["SHOPX_REDIS_URL"], os.environ["SHOPX_REDIS_PREFIX"]
sys.exit(asyncio.run(problem_of(url, prefix)) or 0)
"""


def _spec() -> dict[str, Any]:
    bundled = {"instances": 1, "storage": {"size": "1Gi"}, "resources": LITTLE}
    return light(cache={"redis": {"bundled": bundled}})


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard whose cache has one server."""
    shared.apply(dashboard(_spec(), NAME))
    shared.until_settled(NAME, seconds=300)
    return shared


def _role(kubectl: Kubectl, server: str) -> str:
    ask = 'bash /etc/shopx-scripts/ask.sh "$SHOPX_HOST" 6379 ROLE'
    try:
        pod = _pod(kubectl, server)
        said = kubectl("exec", pod, "-c", "redis", "--", "bash", "-c", ask, timeout=20)
    except (KubectlError, StopIteration, subprocess.TimeoutExpired):
        return ""
    return said.split("\n", 1)[0]


def _primary(kubectl: Kubectl) -> str:
    """The only server that says that it is one; empty = there is none now."""
    found = [server for server in SERVERS if _role(kubectl, server) == "master"]
    return found[0] if len(found) == 1 else ""


def _pod(kubectl: Kubectl, server: str) -> str:
    """The pod of a server that is not being stopped.

    Raises:
        StopIteration: There is none.
    """
    number = SERVERS.index(server) + 1
    labels = f"app.kubernetes.io/component=redis,analytics.shopx.io/server={number}"
    found = [one["metadata"] for one in kubectl.all_of("pod", labels)]
    return next(str(one["name"]) for one in found if "deletionTimestamp" not in one)


def _takes_writes(kubectl: Kubectl) -> bool:
    try:
        kubectl("exec", _WORKERS, "--", "python", "-c", _WRITES, timeout=60)
    except KubectlError:
        return False
    return True


def _settled(kubectl: Kubectl) -> None:
    kubectl.until_settled(NAME, seconds=300)
    kubectl.until("there is one primary", lambda: _primary(kubectl), seconds=60)


@dataclass(slots=True)
class Load:
    """What came of reads and jobs."""

    reads: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.jobs['longest']:.1f} s without a job taken, {self.reads['failed']} of"
            f" {self.reads['reads']} reads failed, the slowest took {self.reads['longest']:.2f} s"
        )


@contextmanager
def _load(kubectl: Kubectl, seconds: int) -> Iterator[Load]:
    """Read and enqueue meanwhile; known when the block has ended."""
    found = Load()

    def runs(where: str, code: str) -> dict[str, Any]:
        words = ("python", "-c", code, str(seconds))
        said = kubectl("exec", where, "--", *words, timeout=seconds + 60)
        made: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
        return made

    with ThreadPoolExecutor(2) as pool:
        reads = pool.submit(runs, f"deploy/{NAME}-api", _READS)
        jobs = pool.submit(runs, _WORKERS, _ENQUEUES)
        time.sleep(5)
        yield found
        found.reads, found.jobs = reads.result(), jobs.result()


def _done(kubectl: Kubectl) -> list[str]:
    """The ids of the jobs that the workers did, one for each time."""
    said = kubectl("logs", _WORKERS, "--tail=-1", timeout=60)
    lines = (line for line in said.splitlines() if '"job_done"' in line)
    return [str(json.loads(line)["job_id"]) for line in lines]


def _each_is_done_once(kubectl: Kubectl, sent: list[str]) -> None:
    kubectl.until("all jobs are done", lambda: set(sent) <= set(_done(kubectl)), seconds=90)
    done = _done(kubectl)
    assert [done.count(one) for one in sent] == [1] * len(sent)


def test_one_server_becomes_three(sales: Kubectl, tmp_path: Path) -> None:
    """The first one goes on until the others have what it has."""
    follow(sales, PAGE, "cache-instances", tmp_path)
    sales.until(
        "all servers are there",
        lambda: all(sales.get("deployment", server) for server in SERVERS),
        seconds=120,
    )
    _settled(sales)
    roles = sorted(_role(sales, server) for server in SERVERS)
    assert roles == ["master", "slave", "slave"]
    assert _takes_writes(sales)
    condition = sales.condition(NAME, "CacheReady")
    assert "3 of 3 servers of the cache serve" in condition["message"]
    follow(sales, PAGE, "cache-look", tmp_path)


def test_a_killed_primary_is_followed(sales: Kubectl, measured: Callable[[str], None]) -> None:
    """Reads go on, and each job before and after is done once.

    By another one, or by itself where it is back with its volume before that.
    """
    lost = _primary(sales)
    with _load(sales, 45) as load:
        pod = _pod(sales, lost)
        sales("delete", "pod", pod, "--grace-period=0", "--force", timeout=120)
        sales.until("there is a primary", lambda: _primary(sales), seconds=60)
    measured(f"primary of the cache killed: {load}")
    assert load.reads["failed"] == 0
    assert load.jobs["longest"] < 20
    _each_is_done_once(sales, load.jobs["sent"])
    _settled(sales)


def test_a_drained_primary_hands_over(sales: Kubectl, measured: Callable[[str], None]) -> None:
    """And only one server goes at a time."""
    lost = _primary(sales)
    other = next(server for server in SERVERS if server != lost)
    with _load(sales, 40) as load:
        sales.evict(_pod(sales, lost))
        with pytest.raises(KubectlError, match="disruption budget"):
            sales.evict(_pod(sales, other))
        sales.until("another is the primary", lambda: _primary(sales) not in ("", lost), seconds=60)
    measured(f"primary of the cache drained: {load}")
    assert load.reads["failed"] == 0
    assert load.jobs["longest"] < 10
    _each_is_done_once(sales, load.jobs["sent"])
    _settled(sales)


def test_a_new_template_goes_server_by_server(
    sales: Kubectl, measured: Callable[[str], None]
) -> None:
    """Under load, and without a failed read or a lost job."""
    more = {"requests": {"cpu": "11m", "memory": "64Mi"}}
    with _load(sales, 100) as load:
        bundled = {"bundled": {"resources": more}}
        sales.patch("adash", NAME, {"spec": {"cache": {"redis": bundled}}})
        sales.until("it is carried out", lambda: _requested(sales) == {"11m"}, seconds=180)
        _settled(sales)
    measured(f"servers of the cache replaced: {load}")
    assert load.reads["failed"] == 0
    _each_is_done_once(sales, load.jobs["sent"])


def _requested(kubectl: Kubectl) -> set[str]:
    pods = kubectl.all_of("pod", "app.kubernetes.io/component=redis")
    return {pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] for pod in pods}


def test_three_servers_become_one_and_three_again(sales: Kubectl) -> None:
    for instances in (1, 3):
        sales.patch(
            "adash", NAME, {"spec": {"cache": {"redis": {"bundled": {"instances": instances}}}}}
        )

        def there(count: int = instances) -> bool:
            found = [sales.get("deployment", server) is not None for server in SERVERS]
            return found == [number < count for number in range(3)]

        sales.until(f"{instances} are asked for", there, seconds=180)
        sales.until_settled(NAME, seconds=300)
        sales.until("the queue takes writes", lambda: _takes_writes(sales), seconds=120)
    _settled(sales)
