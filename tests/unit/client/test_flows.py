"""What is sent again, when, and what is said in the end; a script plays the server."""

import datetime as dt
import json
from collections.abc import Generator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shopx_client import (
    ApiError,
    ConnectionFailed,
    InvalidRequest,
    ItemsRejected,
    NotAuthorized,
    SnapshotExpired,
    TryLater,
    UnexpectedAnswer,
    enums,
    inputs,
    mutations,
    queries,
)
from shopx_client.flows import Item, Patience, reading, recording, writing
from shopx_client.operation import Query
from shopx_client.requests import NoReply, Reply, Send, Wait

OK: dict[str, Any] = {"data": {"viewer": {
    "name": "a", "isAnonymous": False, "scopes": ["READ"], "authMode": "TOKEN",
}}}  # fmt: skip
LOST = NoReply(httpx.ReadError("gone"), was_sent=True)
UNREACHED = NoReply(httpx.ConnectError("refused"), was_sent=False)


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


def refused(code: str, status: int = 200, **headers: str) -> Reply:
    entry = {"message": "No.", "extensions": {"code": code, "hint": "Do it otherwise."}}
    return reply({"errors": [entry], "data": None}, status, **headers)


class Played:
    """Carries a flow out against answers in order, with a clock that only pauses move."""

    def __init__(self, *answers: Reply | NoReply) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.waits: list[float] = []
        self.patience = Patience(60, clock=lambda: sum(self.waits), chance=lambda: 1.0)

    def run(self, flow: Generator[Send | Wait, Any, Any]) -> Any:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Wait):
                    self.waits.append(step.seconds)
                    step = next(flow)
                else:
                    self.sent.append(json.loads(step.body))
                    self.headers.append(dict(step.headers))
                    step = flow.send(self.answers.pop(0))
        except StopIteration as done:
            return done.value

    def read(self, query: Query[Any]) -> Any:
        return self.run(reading(query, self.patience, None))


def test_waits_double_and_are_bounded_by_patience() -> None:
    """0.5, 1, 2 … at most 30 seconds; none begins after 60."""
    played = Played(*[LOST] * 20)
    with pytest.raises(ConnectionFailed, match="after 7 attempts: ReadError: gone"):
        played.read(queries.viewer())
    assert played.waits == [0.5, 1, 2, 4, 8, 16]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_when_it_says(status: int) -> None:
    played = Played(reply(b"busy", status, retry_after="7"), UNREACHED, reply(OK))
    assert played.read(queries.viewer()).data.name == "a"
    assert played.waits == [7, 1]


def test_a_date_in_retry_after_counts_from_now() -> None:
    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    played = Played(reply(b"", 503, retry_after=f"{at:%a, %d %b %Y %H:%M:%S GMT}"), reply(OK))
    played.read(queries.viewer())
    assert 20 < played.waits[0] <= 30


def test_a_server_that_asks_for_more_patience_than_there_is_is_told() -> None:
    """At once, with its own words."""
    played = Played(refused("MAINTENANCE", 503, retry_after="600"))
    with pytest.raises(TryLater, match="Do it otherwise") as told:
        played.read(queries.viewer())
    assert played.waits == []
    assert told.value.code == "MAINTENANCE"


def test_a_proxy_that_says_busy_until_the_end_is_told_as_that() -> None:
    """It has no words of the API."""
    played = Played(*[reply(b"<html>Bad gateway", 502)] * 10)
    with pytest.raises(TryLater, match="HTTP 502, not of the API"):
        played.read(queries.viewer())
    assert len(played.sent) == 7


def test_what_passes_by_itself_is_asked_again_under_200_too() -> None:
    played = Played(refused("OVERLOADED"), reply(OK))
    played.read(queries.viewer())
    assert len(played.sent) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("INVALID_INPUT", InvalidRequest),
        ("TOO_COMPLEX", InvalidRequest),
        ("UNAUTHENTICATED", NotAuthorized),
        ("AS_OF_EXPIRED", SnapshotExpired),
        ("A_NEW_ONE", ApiError),
    ],
)
def test_a_refusal_is_an_exception_with_code_and_hint(code: str, kind: type[ApiError]) -> None:
    """And is not asked again."""
    played = Played(refused(code, 400, x_request_id="r1"))
    with pytest.raises(kind) as told:
        played.read(queries.viewer())
    assert (told.value.code, told.value.hint) == (code, "Do it otherwise.")
    assert told.value.request_id == "r1"
    assert str(told.value) == f"{code}: No. Do it otherwise. (request r1)"
    assert len(played.sent) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(b"<html>hello"), "<html>hello"),
        (reply(b"", 301, location="https://else/"), "https://else/"),
        (reply(b"[]"), "HTTP 200"),
        (reply(b"nope", 500), "HTTP 500"),
        (reply({"data": {"viewer": {"name": 5}}}), "another form"),
    ],
)
def test_another_server_is_told_apart(answer: Reply, said: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=said):
        Played(answer).read(queries.viewer())


def test_what_must_not_happen_twice_is_sent_once() -> None:
    """Unless the server surely did not carry it out."""
    note = mutations.annotate(dt.date(2026, 3, 1), "Fair")
    for answer in (LOST, refused("UNAVAILABLE", 503)):
        played = Played(answer)
        with pytest.raises((ConnectionFailed, TryLater)):
            played.run(writing(note, played.patience))
        assert len(played.sent) == 1
    played = Played(UNREACHED, refused("RATE_LIMITED", 429), refused("INVALID_INPUT"))
    with pytest.raises(InvalidRequest):
        played.run(writing(note, played.patience))
    assert len(played.sent) == 3


def test_an_attempt_has_the_key_of_the_one_before() -> None:
    """A job that is started twice by one call is one job."""
    start = mutations.undo_import("1")
    played = Played(LOST, LOST, refused("INVALID_INPUT"))
    with pytest.raises(InvalidRequest):
        played.run(writing(start, played.patience))
    keys = {sent["variables"]["v1"] for sent in played.sent}
    assert len(played.sent) == 3
    assert len(keys) == 1
    other = mutations.undo_import("1").step.arguments[1].value
    assert other not in keys


def booked(*rejected: int, count: int) -> Reply:
    problems = [{"code": "CONFLICT", "message": "Another.", "hint": None, "field": "key"}]
    results = [
        {
            "index": place,
            "key": str(place),
            "status": "REJECTED" if place in rejected else "RECORDED",
            "problems": problems if place in rejected else [],
            "order": None,
        }
        for place in range(count)
    ]
    payload = {"recorded": count - len(rejected), "repeated": 0, "rejected": len(rejected)}
    return reply({"data": {"recordOrders": payload | {"results": results}}})


def order(number: int, text: str = "") -> inputs.OrderInput:
    line = inputs.OrderLineInput(product=f"p{text}", quantity=Decimal(1), gross=Decimal("1.10"))
    at = dt.datetime(2026, 3, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    return inputs.OrderInput(key=str(number), ordered_at=at, lines=[line])


def test_items_are_cut_by_number_and_by_bytes() -> None:
    """500 orders, and less where they are long; read as they are needed."""
    drawn = []

    def orders() -> Generator[inputs.OrderInput]:
        for number in range(1_001):
            drawn.append(number)
            yield order(number)

    played = Played(booked(count=500), booked(count=500), booked(count=1))
    flow = recording(orders(), "till", played.patience)
    first = next(flow)
    assert isinstance(first, Send)
    assert len(drawn) == 501
    flow.close()
    result = played.run(recording(orders(), "till", played.patience))
    assert (result.recorded, result.rejected) == (1_001, ())
    assert [len(sent["variables"]["v0"]) for sent in played.sent] == [500, 500, 1]
    assert {sent["variables"]["v1"] for sent in played.sent} == {"till"}
    played = Played(booked(count=2), booked(count=1))
    long = [order(number, "x" * 1_200_000) for number in range(3)]
    assert played.run(recording(long, "api", played.patience)).recorded == 3


def test_values_are_sent_exactly() -> None:
    played = Played(booked(count=1))
    played.run(recording([order(1)], "api", played.patience))
    assert played.sent[0]["variables"]["v0"] == [
        {
            "key": "1",
            "orderedAt": "2026-03-01T00:00:00+01:00",
            "lines": [{"product": "p", "quantity": "1", "gross": "1.10"}],
        }
    ]


def test_a_request_that_fails_for_good_says_what_went_before() -> None:
    played = Played(booked(count=500), refused("FORBIDDEN", 403))
    with pytest.raises(NotAuthorized) as told:
        played.run(recording([order(n) for n in range(600)], "api", played.patience))
    (note,) = told.value.__notes__
    assert note.startswith("500 items before were sent and answered. Sending all again is safe")


def test_rejections_have_their_place_among_all() -> None:
    played = Played(booked(3, count=500), booked(0, 1, count=10))
    with pytest.raises(ItemsRejected, match="3 were rejected; all others") as told:
        played.run(recording([order(n) for n in range(510)], "api", played.patience))
    assert [one.index for one in told.value.result.rejected] == [3, 500, 501]
    assert told.value.result.recorded == 507


def test_what_cannot_be_recorded_is_refused_before_anything_is_sent() -> None:
    played = Played()
    rate = inputs.RateInput(currency="CHF", day=dt.date(2026, 1, 1), rate=Decimal(1))
    mixed: list[Item] = [order(1), inputs.RepInput(key="r", name="R")]
    with pytest.raises(TypeError, match="RateInput cannot be recorded"):
        played.run(recording([rate], "api", played.patience))  # type: ignore[list-item]
    with pytest.raises(TypeError, match="RepInput is among items of OrderInput"):
        played.run(recording(mixed, "api", played.patience))
    assert played.run(recording([], "api", played.patience)).recorded == 0
    assert played.sent == []


def page(number: int, *, more: bool) -> Reply:
    nodes = [{"id": str(number), "dimension": "PRODUCT", "label": "x", "detail": None}]
    info = {"hasNextPage": more, "endCursor": f"c{number}"}
    return reply(
        {
            "data": {"filterOptions": {"nodes": nodes, "pageInfo": info}},
            "extensions": {"asOf": "2026-03-01T00:00:00Z", "snapshot": f"s{number}"},
        }
    )


def test_pages_are_read_as_of_the_first() -> None:
    played = Played(page(1, more=True), LOST, page(2, more=True), page(3, more=False))
    answer = played.read(queries.filter_options(enums.Dimension.PRODUCT))
    assert [row.id for row in answer.data.nodes] == ["1", "2", "3"]
    assert [sent["variables"].get("v2") for sent in played.sent] == [None, "c1", "c1", "c2"]
    tokens = [one.get("X-ShopX-As-Of") for one in played.headers]
    assert tokens == [None, "s1", "s1", "s1"]
    assert answer.as_of == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def test_a_fresh_read_asks_past_the_cache() -> None:
    """For its first page; the others are of the same instant."""
    played = Played(page(1, more=True), page(2, more=False))
    query = queries.filter_options(enums.Dimension.PRODUCT)
    played.run(reading(query, played.patience, None, is_fresh=True))
    assert played.headers == [{"Cache-Control": "no-cache"}, {"X-ShopX-As-Of": "s1"}]


def test_amounts_that_are_left_out_are_told() -> None:
    missing = {
        "of": "sales", "currency": "XXX", "lines": 1, "gross": "20", "amount": "18", "cost": "0",
        "command": "shopx rates set XXX 2026-03-01 RATE",
    }  # fmt: skip
    played = Played(reply(OK | {"extensions": {"leftOut": [missing]}}))
    answer = played.read(queries.viewer())
    assert answer.left_out[0].amount == Decimal(18)
    assert answer.about()["left_out"] == "sales: XXX 18 in 1 lines"
