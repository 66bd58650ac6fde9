"""Requests that leave when they are due, however slow the answers are: vegeta's constant rates."""

import base64
import csv
import datetime as dt
import io
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.traffic import REVENUE

RANGES = 60
"""Different ranges of days, requested one after the other."""
TIMEOUT_SECONDS = 10
"""A request without an answer fails after this time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A constant rate for a while."""

    seconds: int
    rate: int
    """Requests a second."""
    trouble: bool = False
    """Whether another session locks what the requests read."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request."""

    at: float
    """When it left, in seconds since 1970."""
    seconds: float
    """Until its answer, or until it failed."""
    good: bool


def targets(host: str, port: int, *, exact: bool) -> str:
    """The requests, one a line, in vegeta's format.

    Args:
        host: The dashboard's name at the ingress.
        port: Of this machine, where the ingress listens.
        exact: Whether every answer is computed, past all caches.
    """
    today = dt.datetime.now(dt.UTC).date()
    header = {"Host": [host], "Content-Type": ["application/json"]}
    if exact:
        header["Cache-Control"] = ["no-cache"]
    lines = []
    for number in range(RANGES):
        first = today - dt.timedelta(days=1 + number)
        period = {"days": {"from": first.isoformat(), "to": today.isoformat()}}
        body = {"query": REVENUE, "operationName": "Revenue", "variables": {"p": period}}
        target = {
            "method": "POST",
            "url": f"http://127.0.0.1:{port}/graphql",
            "header": header,
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
        }
        lines.append(json.dumps(target))
    return "\n".join(lines)


def attack(vegeta: Path, requests: str, stretch: Stretch) -> list[Sample]:
    """Send requests at a stretch's rate until it is over; returns each with its result."""
    words = (
        *(vegeta, "attack", "-format=json", f"-rate={stretch.rate}/s", "-max-body=0"),
        *(f"-duration={stretch.seconds}s", f"-timeout={TIMEOUT_SECONDS}s", "-redirects=0"),
    )
    raw = subprocess.run(words, input=requests.encode(), capture_output=True, check=True).stdout
    encode = (vegeta, "encode", "-to=csv")
    text = subprocess.run(encode, input=raw, capture_output=True, check=True).stdout.decode()
    return samples(csv.reader(io.StringIO(text)))


def samples(rows: Iterable[list[str]]) -> list[Sample]:
    """Read vegeta's CSV: nanoseconds since 1970, the status or 0, nanoseconds, and more."""
    return [Sample(int(row[0]) / 1e9, int(row[2]) / 1e9, row[1] == "200") for row in rows]
