"""Users of a dashboard, for Locust; `python -m tests.performance` runs them.

Environment: SHOPX_TOKEN, a token for reads and, for the shop, for ingest; SHOPX_LOAD_TABLE, the
file for the table.
"""

import os
import random
import time
import uuid
from pathlib import Path
from typing import Any

from locust import HttpUser, between, events, task

from tests.performance.pages import PAGES, Request, View, explored, requests, usual
from tests.performance.verdict import Answers, shortfalls, table
from tests.support.page_queries import documents

TOKEN = os.environ.get("SHOPX_TOKEN", "")
ANSWERS: dict[str, Answers] = {}
AS_OF = "X-ShopX-As-Of"
PRODUCT = "load-test"
PREPARE = """mutation Prepare($key: String!) {
  upsertProducts(products: [{ key: $key, name: "Load test", unitCost: "1.00" }]) { recorded }
}"""
RECORD = """mutation RecordOrders($orders: [OrderInput!]!) {
  recordOrders(orders: $orders) { recorded rejected }
}"""


class Visitor(HttpUser):
    """Someone with a browser: opens pages, each of which sends its queries as of one snapshot."""

    abstract = True

    def on_start(self) -> None:
        """Open the dashboard."""
        self.draw = random.Random()
        self.client.headers["Accept"] = "application/graphql-response+json, application/json;q=0.9"
        if TOKEN:
            self.client.headers["Authorization"] = f"Bearer {TOKEN}"
        self.ask("Shell", Request("Shell", {}), None)

    def open(self, page: str, view: View) -> None:
        """Open a page."""
        snapshot = None
        for request in requests(page, view):
            answer = self.ask(page, request, snapshot)
            snapshot = snapshot or answer.get("extensions", {}).get("snapshot")

    def ask(self, page: str, request: Request, snapshot: str | None) -> dict[str, Any]:
        """Send one query, and count its answer."""
        return self.send(page, request.body(), {AS_OF: snapshot} if snapshot else {})

    def send(self, page: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Send an operation; returns the answer, empty after a failure."""
        began = time.perf_counter()
        with self.client.post(
            "/graphql", json=body, headers=headers, name=page, catch_response=True
        ) as response:
            seconds = time.perf_counter() - began
            try:
                answer: dict[str, Any] = response.json()
            except ValueError:
                answer = {}
            failed = response.status_code != 200 or "errors" in answer or not answer
            if failed:
                said = answer.get("errors", [{}])[0].get("message", response.text[:200])
                response.failure(f"{response.status_code}: {said}")
            outcome = response.headers.get("X-Cache") if response.headers else None
            ANSWERS.setdefault(page, Answers()).add(seconds, outcome, failed=failed)
        return {} if failed else answer


class Manager(Visitor):
    """Begins the day on Overview, and looks at a page or two more."""

    weight = 6
    wait_time = between(4, 12)

    @task(4)
    def overview(self) -> None:
        self.open("Overview", usual(self.draw))

    @task(1)
    def another(self) -> None:
        self.open(
            self.draw.choice(("Products", "Customers", "Profitability", "Reps")), usual(self.draw)
        )


class Analyst(Visitor):
    """Explores: every page, with filters."""

    weight = 2
    wait_time = between(3, 9)

    def on_start(self) -> None:
        """Also ask for what can be filtered by."""
        super().on_start()
        options = Request("FilterOptions", {"dimension": "REGION", "first": 20})
        answer = self.ask("Filters", options, None)
        nodes = answer.get("data", {}).get("filterOptions", {}).get("nodes", [])
        self.regions = [str(node["id"]) for node in nodes][:4]

    @task
    def explore(self) -> None:
        page = self.draw.choice([name for name in PAGES if name != "Wall screen"])
        self.open(page, explored(self.draw, self.regions))


class WallScreen(Visitor):
    """Shows Overview all day, with live figures every five seconds."""

    weight = 1
    wait_time = between(4.9, 5.1)

    @task(6)
    def live(self) -> None:
        self.open("Wall screen", View({"preset": "TODAY"}))

    @task(1)
    def reload(self) -> None:
        self.open("Overview", View({"preset": "TODAY"}))


class Shop(Visitor):
    """Sends its orders, five at a time; it needs a token with the scope ingest."""

    weight = 1 if TOKEN else 0
    wait_time = between(8, 12)

    def on_start(self) -> None:
        """Make the product that is sold."""
        super().on_start()
        self.send("Shop: prepare", {"query": PREPARE, "variables": {"key": PRODUCT}}, {})

    @task
    def record(self) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"product": PRODUCT, "quantity": "1", "gross": "2.00", "discount": "0.00"}
        orders = [{"key": uuid.uuid4().hex, "orderedAt": now, "lines": [line]} for _ in range(5)]
        self.send("Shop: orders", {"query": RECORD, "variables": {"orders": orders}}, {})


def prepare(**_: Any) -> None:
    """Read the documents before the load begins."""
    documents()


def judge(environment: Any, **_: Any) -> None:
    """Print the table, and fail where the promise was not kept."""
    text = table(ANSWERS)
    found = shortfalls(ANSWERS)
    print(f"\n{text}\n")
    for one in found:
        print(f"not kept: {one}")
    file = os.environ.get("SHOPX_LOAD_TABLE")
    if file:
        Path(file).write_text(text + "\n", encoding="utf-8")
    environment.process_exit_code = 1 if found else 0


events.init.add_listener(prepare)  # type: ignore[no-untyped-call] # Locust's own has no types
events.quitting.add_listener(judge)  # type: ignore[no-untyped-call] # likewise
