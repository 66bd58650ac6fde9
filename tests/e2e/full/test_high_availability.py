"""A database of three servers: one becomes three, leaders are lost under load, three become one."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import Kubectl, KubectlError, run
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

PAGE = "operations.md"
NAME = "sales"
FIRST = f"{NAME}-database-0"
ROLE = "analytics.shopx.io/role"
_LITTLE = {"requests": {"cpu": "20m", "memory": "128Mi"}}
_RECORDS = """
import asyncio, json, os, sys, time
import asyncpg

async def main(seconds, first):
    acknowledged, number, last, longest = [], first, time.monotonic(), 0.0
    end = last + seconds
    while time.monotonic() < end:
        try:
            connection = await asyncpg.connect(os.environ["SHOPX_DATABASE_DSN"], timeout=3)
            while time.monotonic() < end:
                number += 1
                await connection.execute("insert into recorded values ($1)", number, timeout=5)
                now = time.monotonic()
                longest, last = max(longest, now - last), now
                acknowledged.append(number)
                await asyncio.sleep(0.01)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await asyncio.sleep(0.2)
    print(json.dumps({"acknowledged": acknowledged, "longest": longest, "next": number}))

asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
"""
# Each list is another question, which no pod has answered yet.
_ASKS = """
import json, random, urllib.request
text = "{ orders(period: {preset: ALL_TIME}) { placed(first: %d) { totalCount } } }"
body = json.dumps({"query": text % random.randint(1, 100)}).encode()
headers = {"content-type": "application/json"}
asked = urllib.request.Request("http://127.0.0.1:8000/graphql", body, headers)
urllib.request.urlopen(asked).read()
print(urllib.request.urlopen("http://127.0.0.1:9100/metrics").read().decode())
"""


def _spec() -> dict[str, Any]:
    bundled = {"instances": 1, "storage": {"size": "1Gi"}, "resources": _LITTLE}
    return light(database={"bundled": bundled})


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard of one server with sales."""
    shared.apply(dashboard(_spec(), NAME))
    shared.until_settled(NAME, seconds=300)
    _psql(shared, FIRST, "create table recorded (id bigint primary key)")
    _psql(shared, FIRST, "alter table recorded owner to shopx")
    _psql(shared, FIRST, "insert into recorded values (0)")
    return shared


def _psql(kubectl: Kubectl, pod: str, query: str, seconds: int = 20) -> str:
    psql = ("psql", "-h", "/var/run/shopx", "-U", "postgres", "-d", "shopx", "-Atc", query)
    return kubectl("exec", pod, "-c", "postgres", "--", "timeout", str(seconds), *psql).strip()


def _replication(kubectl: Kubectl) -> dict[str, Any]:
    found: dict[str, Any] = (kubectl.get("adash", NAME) or {}).get("status", {}).get("database", {})
    return found


def _leader(kubectl: Kubectl) -> str:
    return str(_replication(kubectl).get("leader", ""))


def _all_stream(kubectl: Kubectl) -> bool:
    return _replication(kubectl).get("streaming") == 2


class Orders:
    """Orders through the Service, and which of them were acknowledged."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self.acknowledged: set[int] = {0}
        self._next = 0

    @contextmanager
    def come_in(self, seconds: int) -> Iterator[Future[float]]:
        """Record orders meanwhile; the result is the longest time without one, in seconds."""
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(self._record, seconds)
            time.sleep(5)
            yield load
            load.result()

    def _record(self, seconds: int) -> float:
        words = ("python", "-c", _RECORDS, str(seconds), str(self._next))
        said = self._kubectl("exec", f"deploy/{NAME}-fold", "--", *words, timeout=seconds + 60)
        found = json.loads(said)
        self.acknowledged |= set(found["acknowledged"])
        self._next = found["next"]
        return float(found["longest"])

    def are_all_there(self) -> None:
        """No acknowledged order is missing where writes go."""
        rows = _psql(self._kubectl, _leader(self._kubectl), "select id from recorded")
        assert self.acknowledged <= {int(row) for row in rows.split()}


@pytest.fixture(scope="module")
def orders(sales: Kubectl) -> Orders:
    return Orders(sales)


def _another(kubectl: Kubectl, lost: str) -> None:
    kubectl.until("another leads", lambda: _leader(kubectl) not in ("", lost), seconds=90)


def _settled(kubectl: Kubectl) -> None:
    kubectl.until("two replicas stream", lambda: _all_stream(kubectl), seconds=240)
    kubectl.until_settled(NAME, seconds=300)


def test_one_server_becomes_three(sales: Kubectl, orders: Orders, tmp_path: Path) -> None:
    follow(sales, PAGE, "instances", tmp_path)
    sales.until("two replicas stream", lambda: _all_stream(sales), seconds=420)
    sales.until_settled(NAME, seconds=300)
    assert _leader(sales) == FIRST
    orders.are_all_there()
    sales.until_condition(NAME, "DatabaseReplicated", "True", seconds=60)
    slices = sales("get", "endpointslices", "-l", f"kubernetes.io/service-name={NAME}-database-ro")
    assert len(slices.splitlines()) > 1


def test_replicas_answer_reads(sales: Kubectl, tmp_path: Path) -> None:
    """The pods find them by the Service, through the policies, with the leader's password."""
    follow(sales, PAGE, "reads", tmp_path)
    sales.until_settled(NAME, seconds=300)
    read = 'shopx_db_reads_total{server="replica"}'

    def replicas_read() -> bool:
        said = sales("exec", f"deploy/{NAME}-api", "--", "python", "-c", _ASKS, timeout=60)
        return any(
            line.startswith(read) and float(line.split()[-1]) > 0 for line in said.splitlines()
        )

    sales.until("a replica has answered", replicas_read, seconds=120)
    assert "shopx_db_reads_total{" in follow(sales, PAGE, "reads-look", tmp_path)
    back = '{"spec":{"database":{"reads":"Leader"}}}'
    sales("patch", "adash", NAME, "--type=merge", "-p", back)
    sales.until_settled(NAME, seconds=300)


def test_a_killed_leader_loses_no_order(
    sales: Kubectl, orders: Orders, measured: Callable[[str], None]
) -> None:
    lost = _leader(sales)
    with orders.come_in(60) as load:
        sales("delete", "pod", lost, "--grace-period=0", "--force", timeout=180)
        time.sleep(30)
    measured(f"leader killed: {load.result():.1f} s without an acknowledged order")
    assert load.result() < 30
    _settled(sales)
    orders.are_all_there()


def test_a_drain_moves_the_lead_and_one_server_goes_at_a_time(
    sales: Kubectl, orders: Orders, measured: Callable[[str], None], tmp_path: Path
) -> None:
    lost = _leader(sales)
    others = [f"{NAME}-database{end}-0" for end in ("", "-2", "-3")]
    others.remove(lost)
    with orders.come_in(50) as load:
        sales.evict(lost)
        sales.until("it stops", lambda: _is_stopping(sales, lost), seconds=60)
        with pytest.raises(KubectlError, match="disruption budget"):
            sales.evict(others[0])
        _another(sales, lost)
    measured(f"leader drained: {load.result():.1f} s without an acknowledged order")
    assert load.result() < 30
    _settled(sales)
    orders.are_all_there()
    lost = _leader(sales)
    follow(sales, PAGE, "move-the-lead", tmp_path)
    _another(sales, lost)
    _settled(sales)


def _is_stopping(kubectl: Kubectl, pod: str) -> bool:
    metadata = (kubectl.get("pod", pod) or {}).get("metadata", {})
    conditions = (kubectl.get("pod", pod) or {}).get("status", {}).get("conditions", [])
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return "deletionTimestamp" in metadata or not ready


@contextmanager
def _cut_off(kubectl: Kubectl, pod: str) -> Iterator[None]:
    """Nothing that a pod sends arrives; kind's network enforces no policy."""
    found = kubectl.get("pod", pod) or {}
    address, node = found["status"]["podIP"], found["spec"]["nodeName"]
    rule = ("PREROUTING", "-s", address, "-j", "DROP")
    iptables = ("docker", "exec", node, "iptables", "-w", "-t", "mangle")
    run(*iptables, "-I", *rule)
    try:
        yield
    finally:
        run(*iptables, "-D", *rule)


def test_a_leader_that_is_cut_off_writes_no_more(
    sales: Kubectl, orders: Orders, measured: Callable[[str], None]
) -> None:
    lost = _leader(sales)
    with orders.come_in(80) as load, _cut_off(sales, lost):
        _another(sales, lost)
        with pytest.raises(KubectlError):
            _psql(sales, lost, "insert into recorded values (-1)", seconds=5)
        labels = (sales.get("pod", lost) or {})["metadata"]["labels"]
        sales.until(
            "its label is gone",
            lambda: (
                (sales.get("pod", lost) or {}).get("metadata", {}).get("labels", {}).get(ROLE)
                != "primary"
            ),
            seconds=60,
        )
        assert labels["app.kubernetes.io/component"] == "database"
        time.sleep(15)
    measured(f"leader cut off: {load.result():.1f} s without an acknowledged order")
    _settled(sales)
    orders.are_all_there()
    count = "select count(*) from recorded where id < 0"
    assert _psql(sales, _leader(sales), count) == "0"


def test_three_servers_become_one_with_every_order(sales: Kubectl, orders: Orders) -> None:
    one = '{"spec":{"database":{"bundled":{"instances":1}}}}'
    sales("patch", "adash", NAME, "--type=merge", "-p", one)

    def alone() -> bool:
        found = [one["metadata"]["name"] for one in sales.all_of("statefulset")]
        return found == [f"{NAME}-database"] and not _replication(sales)

    sales.until("one server is left", alone, seconds=420)
    sales.until_settled(NAME, seconds=300)
    rows = _psql(sales, FIRST, "select id from recorded")
    assert orders.acknowledged <= {int(row) for row in rows.split()}
    sales.until(
        "what Patroni knew is gone",
        lambda: sales.get("configmap", f"{NAME}-database-leader") is None,
        seconds=120,
    )
