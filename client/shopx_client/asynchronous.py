"""The asynchronous client."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx

from shopx_client import flows
from shopx_client.answer import Answer
from shopx_client.errors import Recorded
from shopx_client.exports import ExportFile
from shopx_client.flows import Flow, Item, Patience
from shopx_client.operation import Mutation, Query
from shopx_client.requests import NoReply, Reply, Send, Wait
from shopx_client.target import target
from shopx_client.transport import no_reply, options
from shopx_client.whole_file import replacing

T = TypeVar("T")
_OK: Final = 200


class AsyncClient:
    """A connection to a dashboard, within one event loop.

    Args:
        url: Of the dashboard; the variable `SHOPX_URL` if None.
        token: `shx_…`; the variable `SHOPX_TOKEN` if None, or the content of the file that
            `SHOPX_TOKEN_FILE` names. It is in no text of this object, and in no log.
        ca: A file of certificate authorities in PEM, beside none; `SHOPX_CA_FILE` if None, and
            the usual ones without it. Certificates are always verified.
        timeout: Seconds for a connection, and between two parts of a response.
        patience: Seconds in which an operation that is safe to repeat is sent again, after a
            connection broke or the server was busy (429, 502, 503, 504; `Retry-After` counts).
        allows_http: Send a token unencrypted to another machine.
        transport: Instead of the network, for tests.

    Raises:
        ConfigurationError: No server is named, or the token would be shown to others.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        ca: str | Path | None = None,
        timeout: float = 30.0,
        patience: float = 60.0,
        allows_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        chosen = target(url, token, ca, allows_http=allows_http)
        self._target = chosen
        self._patience = Patience(patience)
        self._http = httpx.AsyncClient(
            base_url=chosen.url, transport=transport, **options(chosen, timeout)
        )

    def __repr__(self) -> str:
        return f"AsyncClient({self._target.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(
        self, query: Query[T], *, as_of: Answer[Any] | None = None, is_fresh: bool = False
    ) -> Answer[T]:
        """Read a query of `shopx_client.queries`; a list that has pages is read to its end.

        Args:
            query: What to read.
            as_of: An answer of the last two minutes: reads as of the same instant, so that all
                figures agree.
            is_fresh: Read exactly now, also what was written a moment ago; otherwise a cached
                answer may be as old as the live interval.

        Raises:
            ApiError: The API refused; its subclasses say why, and `hint` what to do.
            ConnectionFailed: No answer came.
            UnexpectedAnswer: The server is none of this API, or of another version.
        """
        snapshot = None if as_of is None else as_of.snapshot
        return await self._run(flows.reading(query, self._patience, snapshot, is_fresh=is_fresh))

    async def write(self, mutation: Mutation[T]) -> T:
        """Carry out a mutation of `shopx_client.mutations`.

        It is sent again only where twice is the same as once.

        Raises:
            ApiError: The API refused.
            ConnectionFailed: No answer came; it may have been carried out.
            UnexpectedAnswer: The server is none of this API, or of another version.
        """
        return await self._run(flows.writing(mutation, self._patience))

    async def record(self, items: Iterable[Item], *, source: str = "api") -> Recorded:
        """Book orders, or make and change products, customers, categories or reps.

        Any number, of one kind, in as many requests as needed, in order. An item's key within its
        source makes it idempotent: sending it again changes nothing, whatever broke before.

        Args:
            items: Read as they are needed.
            source: Whose keys they are.

        Raises:
            ItemsRejected: Some were rejected, after all others were booked; `result` has both.
            ApiError: The API refused a request; notes say how many items were sent before.
            ConnectionFailed: No answer came. Sending all again is safe.
            TypeError: They are not all of one kind.
        """
        return await self._run(flows.recording(items, source, self._patience))

    async def save(self, file: ExportFile, into: str | Path) -> Path:
        """Save a list or a page as a file, whole or not at all.

        Args:
            file: What it is of: a `ListFile` or a `PageFile`.
            into: Its ending says the format.

        Raises:
            ApiError: The API refused.
            ConfigurationError: There is no such format.
            ConnectionFailed: No answer came, or it broke off.
        """
        return await self._run(flows.exporting(file, Path(into), self._patience))

    async def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                    step = next(flow)
                else:
                    step = flow.send(await self._reply(step))
        except StopIteration as done:
            made: T = done.value
            return made

    async def _reply(self, send: Send) -> Reply | NoReply:
        try:
            async with self._http.stream(
                "POST", send.path, content=send.body, headers=dict(send.headers)
            ) as response:
                if send.into is None or response.status_code != _OK:
                    body = await response.aread()
                    return Reply(response.status_code, response.headers, body)
                with replacing(send.into) as file:
                    async for part in response.aiter_bytes():
                        file.write(part)
                return Reply(response.status_code, response.headers)
        except httpx.RequestError as error:
            return no_reply(error)
