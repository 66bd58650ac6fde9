"""Metrics of one process."""

import asyncio
import urllib.request

from shopx_api.telemetry import MAX_OPERATIONS, OTHER, HttpTelemetry, Telemetry


def lines(telemetry: HttpTelemetry) -> list[str]:
    return telemetry.exposition()[0].decode().splitlines()


def test_a_lane_counts_into_cumulative_buckets() -> None:
    """As Prometheus defines a histogram: each bucket counts what is at most its bound."""
    telemetry = HttpTelemetry()
    counter = telemetry.counter("Sales", "miss")
    for seconds in (0.0004, 0.0005, 0.3, 60):
        counter.count(200, seconds)
    found = {
        line.split('le="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
        for line in lines(telemetry)
        if line.startswith("shopx_http_request_duration_seconds_bucket")
    }
    assert (found["0.0005"], found["0.2"], found["0.4"], found["6.4"]) == (2, 2, 3, 3)
    assert found["+Inf"] == 4
    assert telemetry.counter("Sales", "miss") is counter


def test_clients_cannot_make_series_without_end() -> None:
    """Past 64 names, and for what is no name, there is one series for all."""
    telemetry = Telemetry()
    labels = {telemetry.known(f"Op{n}") for n in range(1000)}
    assert len(labels) == MAX_OPERATIONS + 1
    assert OTHER in labels
    assert Telemetry().known('a"b\n') == OTHER
    assert telemetry.known("Op3") == "Op3"


def test_the_pool_is_reported_by_state() -> None:
    telemetry = Telemetry()
    telemetry.watch_pool(lambda: {"idle": 2, "used": 1})
    assert (
        'shopx_db_pool_connections{state="idle"} 2.0'
        in telemetry.exposition().decode().splitlines()
    )


async def test_a_blocked_loop_is_noticed() -> None:
    telemetry = HttpTelemetry()
    watching = asyncio.create_task(telemetry.watch_loop())
    await asyncio.sleep(0.4)
    # What must not be done in an event loop is what is to be noticed.
    end = asyncio.get_running_loop().time() + 0.4
    while asyncio.get_running_loop().time() < end:
        pass
    await asyncio.sleep(0.1)
    watching.cancel()
    lag = next(
        line for line in lines(telemetry) if line.startswith("shopx_event_loop_lag_seconds ")
    )
    assert float(lag.split()[1]) > 0.2


def test_a_process_can_serve_its_metrics_on_a_port_of_its_own() -> None:
    telemetry = HttpTelemetry()
    end = telemetry.serve("127.0.0.1", 0)
    try:
        assert telemetry.own_port is not None
        url = f"http://127.0.0.1:{telemetry.own_port}/metrics"
        with urllib.request.urlopen(url, timeout=60) as answer:
            assert b"shopx_http_requests_in_flight" in answer.read()
    finally:
        end()
