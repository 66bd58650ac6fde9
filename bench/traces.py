"""What traces cost: the CPU of a miss and of a hit with traces on, divided by that without.

    make bench ARGS="traces [--rounds 60]"

One application in this process over a small database, asked in turns: without traces, with the
default share of requests traced, and with all of them. Spans go to a stand-in for a
collector, a process of its own. The exit code is 1 where the default costs more than 2 % of a miss
or of a hit, beyond what two equal turns differ by.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: E402 -- needs the path
    OTLPSpanExporter,
)
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402 -- likewise

from shopx_api.server.app import create_app  # noqa: E402 -- likewise
from shopx_core import tracing  # noqa: E402 -- likewise
from shopx_core.settings import TraceSettings  # noqa: E402 -- likewise
from tests.support.api import Api, serving, settings_for  # noqa: E402 -- likewise
from tests.support.page_queries import documents  # noqa: E402 -- likewise
from tests.support.postgres import postgres_server  # noqa: E402 -- likewise

SINK = """
import http.server
class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.send_header("content-length", "0"); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()
"""
DEFAULT = TraceSettings().percent
TURNS = {"off": None, "off again": None, "default": DEFAULT, "all": 100.0}
MOST = 1.02
REQUESTS = 40
VARIABLES = {
    "period": {"preset": "LAST_28_DAYS"},
    "zone": "UTC",
    "metrics": ["REVENUE", "PROFIT", "ORDERS"],
    "comparison": {"mode": "PREVIOUS_PERIOD", "matchWeekdays": True},
}


async def turn(
    api: Api, processor: BatchSpanProcessor, percent: float | None, *, hit: bool
) -> float:
    """Milliseconds of CPU of one request."""
    if percent is not None:
        tracing.install("bench", processor, percent=percent)
    headers = {} if hit else {"cache-control": "no-cache"}
    body = {"query": documents()["OverviewKpis"], "variables": VARIABLES}
    began = time.process_time()
    for _ in range(REQUESTS):
        await api.http.post("/graphql", json=body, headers=headers)
    used = (time.process_time() - began) / REQUESTS * 1000
    # The processor goes on: `stop` would end it.
    tracing._Process.tracer = tracing._Process.provider = None  # noqa: SLF001 -- see above
    return used


async def compare(dsn: str, port: int, rounds: int) -> dict[str, dict[str, float]]:
    """The ratio to `off` by turn, for misses and hits."""
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}/v1/traces")
    processor = BatchSpanProcessor(exporter)
    # Statements are recorded by connections that were opened while traces were on.
    tracing.install("bench", processor, percent=DEFAULT)
    found: dict[str, dict[str, float]] = {}
    async with serving(create_app(settings_for(dsn))) as api:
        for kind, hit in (("miss", False), ("hit", True)):
            used: dict[str, list[float]] = {name: [] for name in TURNS}
            for number in range(rounds):
                # Each turn is first as often as any other.
                names = [*TURNS][number % len(TURNS) :] + [*TURNS][: number % len(TURNS)]
                for name in names:
                    used[name].append(await turn(api, processor, TURNS[name], hit=hit))
            # The quickest quarter: what other programs took from the machine is in the others.
            best = {
                name: statistics.mean(sorted(all_)[: rounds // 4]) for name, all_ in used.items()
            }
            found[kind] = {name: value / best["off"] for name, value in best.items()}
    return found


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder)) as server,
        subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True) as sink,
    ):
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        try:
            found = asyncio.run(compare(server.migrated().dsn, port, given.rounds))
        finally:
            sink.kill()
    print(f"\n| CPU ÷ CPU without traces | off again | {DEFAULT:g} % traced | all traced |")
    print("| --- | ---: | ---: | ---: |")
    for kind, row in found.items():
        cells = " | ".join(f"{row[name]:.3f}" for name in ("off again", "default", "all"))
        print(f"| {kind} | {cells} |")
    noise = max(abs(row["off again"] - 1) for row in found.values())
    print(f"\nTwo equal turns differ by {noise:.1%}.")
    sys.exit(0 if all(row["default"] <= MOST + noise for row in found.values()) else 1)


if __name__ == "__main__":
    main()
