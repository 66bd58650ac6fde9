"""Requests to a dashboard through the ingress, one or many at once."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

REVENUE = "query Revenue($p: PeriodInput) { sales(period: $p) { kpis { metric value } } }"
READ_FOR_REVENUE = ("rollup_sales_day", "rollup_sales_quarter", "order_items")
"""The tables that an exact answer to it reads, for periods of days."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: str
    retry_after: str | None = None
    """The header of that name."""

    @property
    def data(self) -> Any:
        """The data of a GraphQL answer without errors."""
        answer = json.loads(self.body)
        assert "errors" not in answer, answer
        return answer["data"]


@dataclass(frozen=True, slots=True)
class Site:
    """A dashboard behind the ingress, by its host name."""

    host: str
    port: int
    """Of this machine, where the ingress listens."""
    token: str = ""
    base: str = ""
    """The path below which it is, such as /analytics; empty = the whole host."""

    def request(
        self, method: str, path: str, body: Any = None, *, timeout: float = 30, **headers: str
    ) -> Answer:
        """Send a request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Host": self.host, "Content-Type": "application/json", **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        try:
            sent_body = json.dumps(body) if body is not None else None
            connection.request(method, self.base + path, sent_body, sent)
            answer = connection.getresponse()
            retry_after = answer.getheader("Retry-After")
            return Answer(answer.status, answer.read().decode(), retry_after)
        finally:
            connection.close()

    def ask(self, query: str, *, fresh: bool = False, **variables: Any) -> Any:
        """The data that answer an operation.

        Args:
            query: The operation.
            fresh: Past every cache.
            variables: Its variables.
        """
        headers: dict[str, Any] = {"Cache-Control": "no-cache"} if fresh else {}
        body = {"query": query, "variables": variables}
        answer = self.request("POST", "/graphql", body, **headers)
        assert answer.status == 200, f"{answer.status}: {answer.body[:500]}"
        return answer.data

    def revenue(self, first: str, last: str, *, fresh: bool = False) -> str:
        """Net revenue of a range of days, from the API."""
        period = {"days": {"from": first, "to": last}}
        kpis = self.ask(REVENUE, fresh=fresh, p=period)["sales"]["kpis"]
        found: str = next(kpi["value"] for kpi in kpis if kpi["metric"] == "REVENUE")
        return found


@dataclass(slots=True)
class Load:
    """The answers to visitors so far."""

    answered: int = 0
    slowest: float = 0.0
    """Seconds."""
    failures: list[str] = field(default_factory=list)


@contextmanager
def visitors(site: Site, count: int = 4, *, fresh_share: int = 3) -> Iterator[Load]:
    """Visitors that send one request after the other until the block ends.

    Args:
        site: What they look at.
        count: How many at once.
        fresh_share: One request in this many bypasses the caches; 0 = none does.
    """
    load, lock, stop = Load(), threading.Lock(), threading.Event()

    def visit(number: int) -> None:
        asked = number
        while not stop.is_set():
            asked += 1
            year, month = 1996 + asked % 3, 1 + asked % 12
            began = time.monotonic()
            try:
                site.revenue(
                    f"{year}-{month:02}-01",
                    f"{year}-{month:02}-28",
                    fresh=bool(fresh_share) and asked % fresh_share == 0,
                )
                failure = None
            except (OSError, AssertionError, http.client.HTTPException, ValueError) as error:
                failure = f"{time.strftime('%H:%M:%S')} {type(error).__name__}: {error}"[:300]
            took = time.monotonic() - began
            with lock:
                load.answered += failure is None
                load.slowest = max(load.slowest, took)
                if failure is not None:
                    load.failures.append(f"{failure} (after {took:.1f} s)")
            # Paced, so that what is measured is the dashboard and not this machine's limit.
            stop.wait(0.05)

    threads = [threading.Thread(target=visit, args=(n * 7,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
