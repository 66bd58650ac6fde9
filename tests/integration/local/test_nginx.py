"""The configuration of Nginx, on a real Nginx in front of three instances."""

import itertools
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopx_local.nginx import FLAG
from tests.support.nginx import Nginx, Stub, needs_nginx, until
from tests.support.postgres import free_port

pytestmark = [needs_nginx, pytest.mark.enable_socket]

Start = Callable[..., Nginx]
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def stubs() -> Iterator[list[Stub]]:
    made = [Stub() for _ in range(3)]
    for one in made:
        one.wait()
    yield made
    for one in made:
        one.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an Nginx in front of instances."""
    running: list[Nginx] = []
    number = itertools.count()

    def started(stubs: list[Stub], **front: Any) -> Nginx:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        running.append(Nginx(folder, [f"127.0.0.1:{one.port}" for one in stubs], **front))
        return running[-1]

    yield started
    for one in running:
        one.stop()


def ask(client: httpx.Client, body: str = "{}", **headers: str) -> dict[str, Any]:
    answer = client.post("/graphql", content=body, headers=HEADERS | headers)
    assert answer.status_code == 200, answer.text[:300]
    found: dict[str, Any] = answer.json()
    return found


def test_requests_spread_over_all_instances(stubs: list[Stub], start: Start) -> None:
    with httpx.Client(base_url=start(stubs).url) as client:
        ports = Counter(ask(client)["port"] for _ in range(30))
    assert set(ports) == {one.port for one in stubs}


def test_a_client_cannot_claim_another_address_or_identity(stubs: list[Stub], start: Start) -> None:
    claimed = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-User": "boss",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=203.0.113.9",
        "X-Forwarded-Host": "evil.test",
    }
    with httpx.Client(base_url=start(stubs, identity_headers=["X-Forwarded-User"]).url) as client:
        seen = ask(client, **claimed)["headers"]
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"] == seen["host"]
    assert not seen.keys() & {"x-forwarded-user", "forwarded"}


def test_a_trusted_proxy_names_the_client_and_the_user(stubs: list[Stub], start: Start) -> None:
    made = start(stubs, trusted=["127.0.0.1/32"], identity_headers=["X-Forwarded-User"])
    told = {"X-Forwarded-User": "ada", "X-Forwarded-Proto": "https", "X-Request-ID": "r-1"}
    with httpx.Client(base_url=made.url) as client:
        seen = ask(client, **told, **{"X-Forwarded-For": "203.0.113.9"})["headers"]
    assert seen["x-forwarded-for"] == "203.0.113.9"
    assert (seen["x-forwarded-user"], seen["x-forwarded-proto"]) == ("ada", "https")
    assert seen["x-request-id"] == "r-1"
    # Nginx writes the line after the response.
    until(lambda: bool(made.access_log.read_text()), "the request is logged")
    line = json.loads(made.access_log.read_text().splitlines()[-1])
    assert (line["client"], line["request_id"]) == ("203.0.113.9", "r-1")


def test_no_request_fails_after_an_instance_was_killed(stubs: list[Stub], start: Start) -> None:
    with httpx.Client(base_url=start(stubs).url) as client:
        before = {ask(client)["port"] for _ in range(20)}
        stubs[0].send(signal.SIGKILL)
        # Until Nginx has seen that connections to it ended.
        time.sleep(1)
        after = {ask(client)["port"] for _ in range(40)}
    assert before - after == {stubs[0].port}


def test_a_stopped_instance_holds_up_a_few_requests_and_fails_none(
    stubs: list[Stub], start: Start
) -> None:
    """It accepts connections and never answers: the kernel does the first for it."""
    made = start(stubs, change=lambda text: text.replace("30s;", "1s;"))
    with httpx.Client(base_url=made.url, timeout=60) as client:
        stubs[0].send(signal.SIGSTOP)
        # Pages and assets: what may be asked again is answered by another instance.
        answers = [client.get("/") for _ in range(20)]
    assert {one.status_code for one in answers} == {200}
    held_up = sum(one.elapsed.total_seconds() >= 1 for one in answers)
    assert 1 <= held_up < 6


def test_a_booking_that_an_instance_received_is_never_sent_to_another(
    stubs: list[Stub], start: Start
) -> None:
    def impatient(text: str) -> str:
        text = text.replace("30s;", "1s;")
        return text.replace("max_fails=3 fail_timeout=3s", "max_fails=1 fail_timeout=60s")

    made = start(stubs, change=impatient)
    for one in stubs[1:]:
        one.send(signal.SIGSTOP)
    with httpx.Client(base_url=made.url, timeout=60) as client:
        answers = [client.post("/graphql", content="{}", headers=HEADERS) for _ in range(6)]
    # Each stopped instance swallows one, which the other never gets.
    assert Counter(one.status_code for one in answers) == {504: 2, 200: 4}
    served = [one.json()["served"] for one in answers if one.status_code == 200]
    assert served == [1, 2, 3, 4]


def test_a_slow_instance_gets_fewer_requests(start: Start, stubs: list[Stub]) -> None:
    slow = Stub(delay=0.4)
    try:
        slow.wait()
        made = start([slow, *stubs[:2]])
        with httpx.Client(base_url=made.url) as client, ThreadPoolExecutor(6) as pool:
            ports = Counter(pool.map(lambda _: ask(client)["port"], range(120)))
        assert ports[slow.port] < 20
        assert ports.total() == 120
    finally:
        slow.stop()


def test_a_subscription_comes_unbuffered_and_outlives_a_reload(
    stubs: list[Stub], start: Start
) -> None:
    made = start(stubs)
    with httpx.stream("GET", made.url + "/graphql", headers={"Accept": "text/event-stream"}) as got:
        events = (line for line in got.iter_lines() if line)
        assert next(events) == "data: 0"
        made.write([f"127.0.0.1:{one.port}" for one in stubs[1:]])
        made.reload()
        began = time.monotonic()
        seen = [next(events) for _ in range(30)]
        # Held back, they would come at once.
        assert time.monotonic() - began > 1
    assert seen == [f"data: {number}" for number in range(1, 31)]


def test_a_websocket_passes_both_ways(stubs: list[Stub], start: Start) -> None:
    made = start(stubs)
    with socket.create_connection(("127.0.0.1", made.port), 5) as connection:
        connection.sendall(
            b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        assert b"101 Switching" in connection.recv(1024)
        made.reload()
        connection.sendall(b"ping")
        assert connection.recv(1024) == b"ping"


def _asked(client: httpx.Client, mark: str) -> httpx.Response:
    """Ask as a browser does: again, where a reload closed the connection that was to be reused."""
    for _ in range(3):
        try:
            return client.post(
                "/graphql", content=mark, headers={"Authorization": f"Bearer {mark}"}
            )
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            continue
    pytest.fail("a reload closed each of three connections")


def test_no_response_of_one_caller_reaches_another(stubs: list[Stub], start: Start) -> None:
    """Also while instances come and go, and connections to them are shared."""
    made = start(stubs)
    mixed: list[str] = []

    def caller(name: int) -> int:
        answered = 0
        with httpx.Client(base_url=made.url) as client:
            # All of them fit into the burst that one address may send.
            for number in range(45):
                mark = f"{name}-{number}"
                answer = _asked(client, mark)
                if answer.status_code != 200:
                    continue
                answered += 1
                told = answer.json()
                if (told["body"], told["headers"]["authorization"]) != (mark, f"Bearer {mark}"):
                    mixed.append(mark)
        return answered

    def disturb() -> None:
        time.sleep(0.1)
        stubs[0].send(signal.SIGKILL)
        made.reload()

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    with ThreadPoolExecutor(8) as pool:
        answered = sum(pool.map(caller, range(8)))
    disturbing.join()
    assert mixed == []
    # Of each caller is lost what the killed instance was computing, and on a busy machine what is
    # sent on its kept connection before Nginx sees that it ended: a POST is not sent twice.
    assert answered >= 45 * 8 - 2 * 8


def test_assets_are_cached_and_answers_are_not(stubs: list[Stub], start: Start) -> None:
    with httpx.Client(base_url=start(stubs).url) as client:
        assets = {
            client.get("/assets/page-1.js", headers={"Authorization": f"Bearer {n}"}).text
            for n in range(6)
        }
        answers = {json.dumps(ask(client, Authorization="Bearer x")) for _ in range(6)}
    assert len(assets) == 1
    assert len(answers) == 6


def test_large_bodies_and_floods_are_refused(stubs: list[Stub], start: Start) -> None:
    made = start(
        stubs, change=lambda text: text.replace("rate=200r/s", "rate=5r/s").replace("=400 ", "=5 ")
    )
    with httpx.Client(base_url=made.url) as client:
        large = client.post("/graphql", content=b"x" * (4 * 1024**2 + 1))
        assert large.status_code == 413
        statuses = Counter(client.post("/graphql", content="{}").status_code for _ in range(30))
    assert statuses[429] > 15
    assert statuses[200] >= 5


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("*/*", "application/json"),
    ],
)
def test_a_maintenance_is_answered_as_the_client_understands(
    stubs: list[Stub], start: Start, accept: str, media: str
) -> None:
    made = start(stubs)
    (made.folder / FLAG).touch()
    with httpx.Client(base_url=made.url, headers={"Accept": accept}) as client:
        method = "GET" if "html" in accept else "POST"
        answer = client.request(method, "/graphql", content=None if method == "GET" else "{}")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == media
        assert int(answer.headers["retry-after"]) > 0
        assert "is being upgraded" in answer.text
        (made.folder / FLAG).unlink()
        assert client.post("/graphql", content="{}").status_code == 200


def test_no_instance_at_all_is_said(stubs: list[Stub], start: Start) -> None:
    made = start(stubs)
    for one in stubs:
        one.send(signal.SIGKILL)
    answer = httpx.post(made.url + "/graphql", content="{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (502, "5")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


def test_metrics_are_not_for_visitors(stubs: list[Stub], start: Start) -> None:
    assert httpx.get(start(stubs).url + "/metrics").status_code == 404


def test_a_sub_path_is_passed_on_and_nothing_else(stubs: list[Stub], start: Start) -> None:
    made = start(stubs, base_path="/analytics")
    with httpx.Client(base_url=made.url) as client:
        assert client.get("/analytics/graphql").json()["path"] == "/analytics/graphql"
        assert client.get("/analytics/metrics").status_code == 404
        assert client.get("/analyticsx").status_code == 404
        moved = client.get("/analytics?x=1")
        assert (moved.status_code, moved.headers["location"]) == (308, "/analytics/?x=1")
        assert client.get("/").headers["location"] == "/analytics/"


def test_tls_speaks_http_2_and_plain_http_is_redirected(
    stubs: list[Stub], start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    subprocess.run([*request, "-subj", "/CN=localhost", *files], check=True, capture_output=True)
    port = free_port()
    made = start(stubs, tls_port=port, tls_folder=str(folder))
    context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
    answer = httpx.get(f"https://localhost:{port}/", verify=context)
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"
    assert "max-age" in answer.headers["strict-transport-security"]
    moved = httpx.get(made.url + "/x?y=1")
    assert (moved.status_code, moved.headers["location"]) == (308, "https://127.0.0.1/x?y=1")
