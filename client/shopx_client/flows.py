"""What the clients do, without I/O: generators that yield what to send and get what came back.

`Client` and `AsyncClient` carry the same flows out, each in its own way.
"""

import datetime as dt
import json
import random
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Final, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from shopx_client.answer import Answer, LeftOutAmounts
from shopx_client.batches import batches
from shopx_client.errors import (
    ClientError,
    ConnectionFailed,
    ItemsRejected,
    NotFound,
    Problem,
    Recorded,
    Rejection,
    UnexpectedAnswer,
)
from shopx_client.exports import ExportFile, format_of, variables
from shopx_client.generated import inputs, mutations
from shopx_client.generated.models import Period
from shopx_client.operation import (
    PAGE_ROWS,
    Mutation,
    Query,
    mutation_document,
    query_document,
    walk,
)
from shopx_client.requests import (
    NoReply,
    Payload,
    Reply,
    Send,
    Wait,
    graphql,
    is_busy,
    payload,
    refusal,
)
from shopx_client.retries import Failure, wait_before_next
from shopx_client.retries import refusal as busy
from shopx_client.values import Instant

T = TypeVar("T")
Flow = Generator[Send | Wait, Reply | NoReply | None, T]
_OK: Final = 200

Item = (
    inputs.OrderInput
    | inputs.ProductInput
    | inputs.CustomerInput
    | inputs.CategoryInput
    | inputs.RepInput
)
_MAKES: Final[dict[type, tuple[int, Callable[..., Mutation[Any]]]]] = {
    inputs.OrderInput: (500, mutations.record_orders),
    inputs.ProductInput: (1000, mutations.upsert_products),
    inputs.CustomerInput: (1000, mutations.upsert_customers),
    inputs.CategoryInput: (1000, mutations.upsert_categories),
    inputs.RepInput: (1000, mutations.upsert_reps),
}
"""How many the API takes at once, and by which mutation."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        seconds: After the first attempt began, until which others begin.
        clock: Gives seconds.
        chance: Gives a number from 0 to 1.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


def sending(send: Send, patience: Patience, *, is_repeatable: bool) -> Flow[Reply]:
    """A response, after as many attempts as are safe and as patience allows.

    Raises:
        ConnectionFailed: None came.
    """
    began = patience.clock()
    attempt = 0
    while True:
        attempt += 1
        outcome = yield send
        failure = _failure(outcome)
        if failure is None:
            assert isinstance(outcome, Reply)  # noqa: S101, said by _failure
            return outcome
        wait = wait_before_next(
            failure,
            attempt=attempt,
            spent=patience.clock() - began,
            patience=patience.seconds,
            is_repeatable=is_repeatable,
            jitter=patience.chance(),
        )
        if wait is None:
            return _given_up(outcome, attempt, is_repeatable=is_repeatable)
        yield Wait(wait)


def _failure(outcome: Reply | NoReply | None) -> Failure | None:
    if isinstance(outcome, NoReply):
        return Failure(was_refused=not outcome.was_sent)
    assert outcome is not None  # noqa: S101, a driver answers each Send
    found = busy(outcome.status, outcome.headers.get("retry-after"), dt.datetime.now(dt.UTC))
    if found is None and outcome.status == _OK and b'"errors"' in outcome.body:
        try:
            payload(outcome)
        except ClientError as error:
            # Some reasons are said under 200, beside data of other fields.
            return Failure(was_refused=False) if is_busy(error) else None
    return found


def _given_up(outcome: Reply | NoReply | None, attempts: int, *, is_repeatable: bool) -> Reply:
    if isinstance(outcome, Reply):
        return outcome
    assert isinstance(outcome, NoReply)  # noqa: S101, said by _failure
    again = "" if is_repeatable else " It may have been carried out: look before sending it again."
    raise ConnectionFailed(
        f"No answer after {attempts} attempt{'s' if attempts > 1 else ''}:"
        f" {type(outcome.error).__name__}: {outcome.error}.{again}"
    ) from outcome.error


def asked(send: Send, patience: Patience, *, is_repeatable: bool = True) -> Flow[Payload]:
    """What GraphQL answers."""
    reply = yield from sending(send, patience, is_repeatable=is_repeatable)
    return payload(reply)


def reading(
    query: Query[T], patience: Patience, snapshot: str | None, *, is_fresh: bool = False
) -> Flow[Answer[T]]:
    """Read a query, a paged list to its end or limit, all as of one snapshot.

    Raises:
        ClientError: As `Client.read` says.
    """
    wanted = query.limit
    rows = None if query.pages is None else min(PAGE_ROWS, wanted or PAGE_ROWS)
    first = yield from asked(
        graphql(query_document(query, rows=rows, after=None), snapshot=snapshot, is_fresh=is_fresh),
        patience,
    )
    names = [step.name for step in query.steps]
    data = walk(first.data, names)
    if walk(first.data, names[:-1]) is None or (data is None and not _may_be_none(query.kind)):
        raise NotFound("NOT_FOUND", f"There is no such {names[0]}.", path=tuple(names[:1]))
    token = first.extensions.get("snapshot") or snapshot
    if query.pages is not None:
        connection = walk(data, query.pages)
        nodes, info = connection["nodes"], connection["pageInfo"]
        while info["hasNextPage"] and (wanted is None or len(nodes) < wanted):
            rows = PAGE_ROWS if wanted is None else min(PAGE_ROWS, wanted - len(nodes))
            document = query_document(query, rows=rows, after=info["endCursor"])
            more = yield from asked(graphql(document, snapshot=token), patience)
            page = walk(more.data, (*names, *query.pages))
            nodes += page["nodes"]
            info = page["pageInfo"]
        connection["pageInfo"] = info
    return _answer(query, data, first, token)


def _may_be_none(kind: Any) -> bool:
    return NoneType in get_args(kind)


def _answer(query: Query[T], data: Any, first: Payload, token: str | None) -> Answer[T]:
    panel = next(
        (number for number, step in enumerate(query.steps, 1) if step.about is not None), None
    )
    about: dict[str, Any] = {}
    if panel is not None:
        about = walk(first.data, [step.name for step in query.steps[:panel]]) or {}
    reporting = first.data.get("reporting") or {} if query.has_currency else {}
    period = _parsed(Period | None, about.get("period"))
    return Answer(
        data=_parsed(query.kind, data),
        as_of=_parsed(Instant | None, first.extensions.get("asOf")),
        snapshot=token,
        currency=reporting.get("currency"),
        zone=period.zone if period else reporting.get("timezone"),
        period=period,
        comparison=_parsed(Period | None, about.get("comparison")),
        left_out=tuple(
            _parsed(LeftOutAmounts, one) for one in first.extensions.get("leftOut") or ()
        ),
        _kind=query.kind,
    )


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _parsed(kind: Any, data: Any) -> Any:
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise UnexpectedAnswer(
            "The answer has another form than this version of the client knows; install the"
            f" client of the server's version. {error}"
        ) from error


def writing(mutation: Mutation[T], patience: Patience) -> Flow[T]:
    """Carry a mutation out, once."""
    found = yield from asked(
        graphql(mutation_document(mutation)), patience, is_repeatable=mutation.is_repeatable
    )
    made: T = _parsed(mutation.kind, found.data[mutation.step.name])
    return made


def recording(items: Iterable[Item], source: str, patience: Patience) -> Flow[Recorded]:
    """Book items of one kind, in as many requests as they need.

    Raises:
        ItemsRejected: Some were rejected, after all others were booked.
        TypeError: They are not all of one kind that can be recorded.
    """
    recorded = repeated = sent = 0
    rejected: list[Rejection] = []
    checked = _one_kind(items)
    kind = next(checked)
    if kind is None:
        return Recorded(0, 0, ())
    most, make = _MAKES[kind]
    for batch in batches(checked, most):
        try:
            done = yield from writing(make(batch, source=source), patience)
        except ClientError as error:
            error.add_note(
                f"{sent} items before were sent and answered. Sending all again is safe: what is"
                " booked is not booked twice."
            )
            raise
        for result in done.results:
            if result.problems:
                problems = tuple(
                    Problem(one.code, one.message, one.hint, one.field) for one in result.problems
                )
                rejected.append(Rejection(sent + result.index, result.key, problems))
        recorded += done.recorded
        repeated += getattr(done, "repeated", 0)
        sent += len(batch)
    result = Recorded(recorded, repeated, tuple(rejected))
    if rejected:
        raise ItemsRejected(result)
    return result


def _one_kind(items: Iterable[Item]) -> Generator[Any, None, None]:
    """The type of all items, or None; then the items."""
    kind: type | None = None
    for item in items:
        if kind is None:
            if type(item) not in _MAKES:
                known = ", ".join(one.__name__ for one in _MAKES)
                raise TypeError(f"{type(item).__name__} cannot be recorded; {known} can.")
            kind = type(item)
            yield kind
        if type(item) is not kind:
            raise TypeError(f"{type(item).__name__} is among items of {kind.__name__}.")
        yield item
    if kind is None:
        yield None


def exporting(file: ExportFile, into: Path, patience: Patience) -> Flow[Path]:
    """Save a file, whole or not at all.

    Raises:
        ApiError: It was refused.
    """
    body = json.dumps(variables(file)).encode()
    send = Send(f"exports/{file.name(format_of(into))}", body, into=into)
    reply = yield from sending(send, patience, is_repeatable=True)
    if reply.status != _OK:
        raise refusal(reply)
    return into
