"""What a dashboard's pods run behind private authorities, against real servers with TLS.

The pods are those that the operator renders for `caSecretRef`: their commands and variables run
here, with a folder in place of each mounted volume.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from shopx_core.domain.api_tokens import new_secret
from shopx_operator.manifests.context import Object
from shopx_operator.planning.preflight import preflight
from tests.support import tls
from tests.support.postgres import free_port
from tests.support.rendering import Children, children, context
from tests.support.tls import QUOTED, Certificates
from tests.support.workers import running

pytestmark = tls.marks()

SPEC = {
    "database": {"external": {"secretRef": {"name": "db"}, "caSecretRef": {"name": "ca"}}},
    "cache": {
        "redis": {
            "external": {
                "secretRef": {"name": "redis"},
                "caSecretRef": {"name": "ca", "key": "redis.crt"},
            }
        }
    },
}
ORDER = {
    "key": "o1",
    "orderedAt": "2026-03-01T12:00:00Z",
    "lines": [{"product": "p", "quantity": "1", "gross": "10"}],
}
WRITE = """mutation W($orders: [OrderInput!]!) {
    upsertProducts(products: [{key: "p", name: "P", unitCost: "1"}]) { recorded }
    recordOrders(orders: $orders) { recorded } }"""
FOLDED = "{ freshness { fold { foldedAt pendingLines } } }"
KPIS = "query K { sales(period: {preset: ALL_TIME}) { kpis(metrics: [ORDERS]) { value } } }"


@dataclass(frozen=True, slots=True)
class Pods:
    """The containers of the dashboard, as processes of this machine.

    Attributes:
        folder: Where volumes are.
        rendered: The dashboard's children.
        secrets: Those of its namespace.
        cache: The URL of Redis with the authority, for the test itself.
    """

    folder: Path
    rendered: Children
    secrets: dict[str, dict[str, str]]
    cache: str

    def names(self, start: str) -> list[str]:
        """The pods whose names start so; at least one."""
        found = [name for name in self.rendered.pods() if name.startswith(start)]
        assert found, start
        return found

    def command(self, name: str) -> tuple[list[str], dict[str, str]]:
        """The words and the environment of a pod's container."""
        pod = self.rendered.pods()[name]["spec"]
        (container,) = pod["containers"]
        variables = {
            one["name"]: one["value"] if "value" in one else self._secret(one["valueFrom"])
            for one in container["env"]
            # The builder of columns is another pod, which this test does not run.
            if not one["name"].startswith("SHOPX_COLUMNS")
        }
        words = [*container["command"], *container.get("args", ())]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        places = {
            mount["mountPath"]: self._volume(volumes[mount["name"]])
            for mount in container["volumeMounts"]
        }
        places["/dev/termination-log"] = self.folder / "termination-log"
        for path, place in places.items():
            words = [word.replace(path, str(place)) for word in words]
            variables = {key: one.replace(path, str(place)) for key, one in variables.items()}
        return words, variables

    def _secret(self, source: Any) -> str:
        reference = source["secretKeyRef"]
        return self.secrets[reference["name"]][reference["key"]]

    def _volume(self, volume: Object) -> Path:
        place: Path = self.folder / volume["name"]
        place.mkdir(exist_ok=True)
        if "secret" in volume:
            given = self.secrets[volume["secret"]["secretName"]]
            items = volume["secret"].get("items") or [{"key": k, "path": k} for k in given]
            for item in items:
                (place / item["path"]).write_text(given[item["key"]])
        return place

    def start(self, name: str, **more: str) -> subprocess.Popen[str]:
        """Start a pod's container."""
        words, variables = self.command(name)
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            words,
            env={"PATH": programs, "LC_ALL": "C.UTF-8"} | variables | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *names: str, **more: str) -> list[tuple[int, str]]:
        """Run pods' containers at once to their ends: the code and the text of each."""
        started = [self.start(name, **more) for name in names]
        texts = [process.communicate(timeout=100)[0] for process in started]
        return [(process.returncode, text) for process, text in zip(started, texts, strict=True)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tls.shared_folder() as made:
        yield made


@pytest.fixture(scope="module")
def certificates(folder: Path) -> Certificates:
    return Certificates.make(folder)


@pytest.fixture(scope="module")
def pods(folder: Path, certificates: Certificates) -> Iterator[Pods]:
    for name in ("pg", "redis", "volumes"):
        (folder / name).mkdir()
    with (
        tls.postgres(folder / "pg", certificates) as database,
        tls.redis_server(folder / "redis", certificates, clients=False) as cache,
    ):
        authority = certificates.path("ca.crt")
        given = {
            "db": {
                "dsn": f"postgresql://owner:{QUOTED}@localhost:{database}/postgres"
                "?sslmode=verify-full"
            },
            "redis": {"url": f"rediss://shop:drawn@localhost:{cache}/0"},
            "sales-token": {"token": new_secret(), "salt": "salt"},
            "ca": {"ca.crt": authority.read_text(), "redis.crt": authority.read_text()},
        }
        made = context(SPEC, given=given)
        assert preflight(made) == []
        yield Pods(
            folder / "volumes",
            children(SPEC, given=given),
            {name: dict(values) for name, values in made.facts.secrets.items()},
            f"{given['redis']['url']}?ssl_ca_certs={authority}",
        )


def asked(http: httpx.Client, text: str, **variables: Any) -> Any:
    """The data of an answer; on a busy machine a connection may take several tries."""
    end = time.monotonic() + 60
    while True:
        answer = http.post("/graphql", json={"query": text, "variables": variables}).json()
        if "errors" not in answer:
            return answer["data"]
        assert time.monotonic() < end, answer
        assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE", answer
        time.sleep(0.5)


@pytest.mark.timeout(300)
def test_every_process_reaches_both_servers(pods: Pods) -> None:
    """Migration, API, fold, CronJobs, worker: each with its pod's own command and variables."""
    ((code, text),) = pods.run(*pods.names("Job sales-migrate"))
    assert code == 0, text

    port = free_port()
    base = f"http://127.0.0.1:{port}"
    bearer = {"authorization": f"Bearer {pods.secrets['sales-token']['token']}"}
    # Patient, since other tests run on this machine: the default is ten milliseconds.
    api = pods.start(
        "Deployment sales-api",
        SHOPX_API_PORT=str(port),
        SHOPX_METRICS_PORT=str(free_port()),
        SHOPX_REDIS_TIMEOUT="5",
    )
    fold = pods.start("Deployment sales-fold", SHOPX_METRICS_PORT=str(free_port()))
    try:
        with httpx.Client(base_url=base, headers=bearer, timeout=60) as http:
            wait_until_ready(http)
            written = asked(http, WRITE, orders=[ORDER])
            assert written["recordOrders"] == {"recorded": 1}
            end = time.monotonic() + 90
            while True:
                state = asked(http, FOLDED)["freshness"]["fold"]
                if state["foldedAt"] is not None and state["pendingLines"] == 0:
                    break
                assert time.monotonic() < end, state
                time.sleep(0.2)
            # The API serves a moment until it has the next one.
            while asked(http, KPIS)["sales"]["kpis"][0]["value"] != "1":
                assert time.monotonic() < end, "the order is not in the figures"
                time.sleep(0.2)
            with redis.Redis.from_url(pods.cache) as client:
                while not client.keys("shopx:shop:sales:*"):
                    assert time.monotonic() < end, "the API is not connected to Redis"
                    time.sleep(0.2)
    finally:
        for process in (api, fold):
            process.terminate()
            process.communicate(timeout=60)

    words = ("CronJob sales-refresh-customer-rfm", "CronJob sales-partitions")
    for code, text in pods.run(*words, "CronJob sales-predictions"):
        assert code == 0, text
    _, variables = pods.command("Deployment sales-workers")
    with running("worker", variables | {"SHOPX_METRICS_PORT": str(free_port())}) as worker:
        worker.wait_for("job_", job="shopx.fit_predictions")


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("CronJob sales-partitions", "PGSSLROOTCERT"),
        ("CronJob sales-predictions", "SHOPX_REDIS_CA"),
    ],
)
def test_another_authority_is_refused(
    pods: Pods, certificates: Certificates, name: str, variable: str
) -> None:
    """So what works above works by the authority that the Secret holds."""
    ((code, text),) = pods.run(name, **{variable: str(certificates.path("other.crt"))})
    assert code != 0
    assert "certificate verify failed" in text, text


def wait_until_ready(http: httpx.Client) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            if http.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "the API does not start"
        time.sleep(0.2)
