"""Figures from a Prometheus that has scraped the pods: a real server that answers like one."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from shopx_core.clients.outbound import Outbound, OutboundPolicy
from shopx_core.scaling.measurement import parse_scrape
from shopx_operator.autoscaling.prometheus import Prometheus
from shopx_operator.autoscaling.scrape_targets import ScrapeTarget
from tests.support.pods import ApiPod, sessions

TARGETS = [
    ScrapeTarget("sales-api-1", "", serves=True),
    ScrapeTarget("sales-fold-1", "", serves=False),
]
OPEN = Outbound(OutboundPolicy.of(["127.0.0.0/8"]))
_ASKED = re.compile(r"(sum|max) by \(([^)]*)\) \((?:(timestamp)\()?(\w+)\{")


class Server:
    """Answers instant queries of the one form that is asked, from what it has scraped."""

    def __init__(self) -> None:
        self.scraped: dict[str, tuple[str, float]] = {}
        """Text and time by pod."""
        self.fails = False
        self.selectors: set[str] = set()

    async def query(self, request: web.Request) -> web.Response:
        form = await request.post()
        text = str(form["query"])
        if self.fails:
            return web.json_response({"status": "error", "error": "timed out"}, status=503)
        self.selectors.add(text[text.index("{") : text.index("}") + 1])
        match = _ASKED.match(text)
        assert match is not None, text
        how, labels, timestamp, name = match.groups()
        wanted = [label.strip() for label in labels.split(",")]
        rows: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        for pod, (page, at) in self.scraped.items():
            for family in text_string_to_metric_families(page):
                for sample in family.samples:
                    if sample.name == name:
                        all_labels = {**sample.labels, "pod": pod, "job": "shop"}
                        key = tuple(all_labels.get(label, "") for label in wanted)
                        rows[key].append(at if timestamp else sample.value)
        result = [
            {
                "metric": {k: v for k, v in zip(wanted, key, strict=True) if v},
                "value": [0, str(sum(values) if how == "sum" else max(values))],
            }
            for key, values in rows.items()
        ]
        data = {"resultType": "vector", "result": result}
        return web.json_response({"status": "success", "data": data})


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    made = Server()
    app = web.Application()
    app.router.add_post("/prefix/api/v1/query", made.query)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}/prefix/"
    await runner.cleanup()


async def test_it_says_what_the_pods_themselves_say(server: tuple[Server, str]) -> None:
    """The same counters at the time of the scrape; pods of other names do not count."""
    made, url = server
    pod = ApiPod()
    pod.last -= 5.0
    text = pod.text()
    fold = "process_cpu_seconds_total 1\n" + sessions(4)
    made.scraped = {
        "sales-api-1": (text, 100.0),
        "sales-fold-1": (fold, 101.0),
        "sales-api-2-foreign": (text, 100.0),
    }
    async with aiohttp.ClientSession() as session:
        found = await Prometheus(session, OPEN, url).scrapes("shop", "sales", TARGETS, 104.0)
    assert found == {
        "sales-api-1": parse_scrape(text, 100.0),
        "sales-fold-1": parse_scrape(fold, 101.0),
    }
    assert made.selectors == {'{namespace="shop",pod=~"sales-.*"}'}


@pytest.mark.parametrize("away", ["fails", "is gone"])
async def test_one_that_does_not_answer_knows_nothing(
    server: tuple[Server, str], away: str
) -> None:
    """Then no page is new, and scaling holds."""
    made, url = server
    made.fails = True
    async with aiohttp.ClientSession() as session:
        where = url if away == "fails" else "http://127.0.0.1:1"
        asked = Prometheus(session, OPEN, where)
        assert await asked.scrapes("shop", "sales", TARGETS, 1.0) == {}
