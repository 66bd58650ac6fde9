"""The GraphQL endpoint: an HTTP request in, one operation executed, JSON out.

    read the request → authenticate → find the document → authorize and price it → choose the as-of
    → execute → respond

`GraphQLEndpoint.respond` is that function; as an ASGI application the endpoint adds nothing to it.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import asyncpg
import orjson
from graphql import ExecutionResult, GraphQLSchema

from shopx_api.asgi import REQUEST_ID, Headers, Receive, Scope, Send
from shopx_api.auth.authenticator import Authenticator, header
from shopx_api.auth.principal import Principal
from shopx_api.data.as_of import AS_OF_HEADER, AsOfTokens, as_of_members
from shopx_api.data.context import Services
from shopx_api.data.loaders import Loaders
from shopx_api.data.operation_data import OperationData
from shopx_api.data.replicas import Replicas
from shopx_api.data.request_state import RequestState, request_state_of
from shopx_api.graphql import cost, errors
from shopx_api.graphql.cost import Pricing
from shopx_api.graphql.documents import Document, Documents
from shopx_api.graphql.executor import DocumentContext
from shopx_api.graphql.operation import Operation, Variables, operation_of
from shopx_api.graphql.panel_price import Engine
from shopx_api.graphql.persisted import PersistedQueries, PersistedQueryNotFound
from shopx_api.graphql.quotas import Quotas, rate_limit_headers
from shopx_api.graphql.request import (
    GraphQLRequest,
    HttpRequest,
    RequestRefused,
    accepted,
    check_lists,
    from_get,
    from_post,
    read_body,
    wants_page,
)
from shopx_api.telemetry import Telemetry
from shopx_api.types.scalars import decimal_text, instant_text
from shopx_core.caching.dependencies import bind_dependencies
from shopx_core.domain.api_tokens import Scope as AccessScope
from shopx_core.errors import (
    Forbidden,
    InvalidInput,
    RateLimited,
    ShopxError,
    TimedOut,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from shopx_store.query.left_out import LeftOut
from shopx_store.query.read_state import AsOf

MAX_QUERY_BODY: Final = 64 * 1024
"""Bytes of a request for a query; the largest filters take two thirds. Batches are mutations."""


MAX_BODY_ON_LOOP: Final = 8 * 1024
"""Bytes of a request whose JSON and variables are read on the event loop, within a millisecond."""

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_STATUS: Final[tuple[tuple[type[ShopxError], int], ...]] = (
    (PersistedQueryNotFound, 200),  # what Apollo's clients expect
    (Unauthenticated, 401),
    (Forbidden, 403),
    (RateLimited, 429),
    (TooManyRequests, 503),
    (TimedOut, 503),
    (Unavailable, 503),
)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What the endpoint sends."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An operation that may be executed."""

    document: Document
    operation: Operation
    variables: Variables


class GraphQLEndpoint:
    """The endpoint.

    Args:
        schema: The schema.
        services: The services that all requests share.
        authenticator: Authenticates callers.
        persisted: Documents by hash.
        as_of_tokens: Decodes and encodes as-of tokens.
        telemetry: Metrics.
        explorer: The page for browsers; `None` = this build has none.
        explorer_headers: Its headers.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        services: Services,
        *,
        authenticator: Authenticator,
        persisted: PersistedQueries,
        as_of_tokens: AsOfTokens,
        telemetry: Telemetry,
        explorer: bytes | None,
        explorer_headers: Headers,
    ) -> None:
        self._schema = schema
        self._services = services
        self._limits = services.settings.api
        self._authenticator = authenticator
        self._persisted = persisted
        self._as_of_tokens = as_of_tokens
        self._telemetry = telemetry
        self._explorer = explorer
        self._explorer_headers = explorer_headers
        self._documents = Documents(schema)
        self._quotas = Quotas(self._limits)
        self._pricing = Pricing(
            Engine.COLUMNS if services.columns is not None else Engine.POSTGRES,
            services.settings.reporting.timezone,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of ASGI."""
        request = HttpRequest(
            method=scope["method"],
            query_string=scope["query_string"],
            headers=scope["headers"],
            body=b"",
            request_id=scope.get(REQUEST_ID, ""),
            client=scope.get("client"),
        )
        if request.method == "POST":
            try:
                body = await read_body(receive, self._limits.max_body_bytes)
            except RequestRefused as refused:
                response = _complete(request, _refused(refused))
            else:
                response = await self.respond(replace(request, body=body), request_state_of(scope))
        else:
            response = await self.respond(request, request_state_of(scope))
        start = {"type": "http.response.start", "status": response.status}
        await send({**start, "headers": list(response.headers)})
        await send({"type": "http.response.body", "body": response.body})

    async def respond(
        self, request: HttpRequest, request_state: RequestState, principal: Principal | None = None
    ) -> HttpResponse:
        """Respond to one request, without ASGI.

        Args:
            request: The request; its body is not larger than `api.max_body_bytes`.
            request_state: States the epoch to read as of, and gets the notes about the response.
            principal: The caller; `None` = found out here from the headers.
        """
        bind_dependencies(request_state.dependencies)
        return _complete(request, await self._result(request, request_state, principal))

    async def _result(
        self, request: HttpRequest, request_state: RequestState, principal: Principal | None
    ) -> HttpResponse:
        try:
            if wants_page(request.method, request.text(b"accept"), request.query_string):
                return self._page()
            if principal is None:
                principal = await self._authenticator.principal(
                    {"headers": request.headers, "client": request.client}
                )
            _check_length(request, principal)
            asked = await _unless_long(request, _read, request)
            prepared = await self._prepare(asked, request, principal)
            if isinstance(prepared, HttpResponse):
                return prepared
            request_state.operation = prepared.operation.name
            as_of = self._as_of(request, request_state, prepared)
            if as_of is None:
                # The response has a snapshot of its own, not that of the cache's epoch.
                request_state.epoch = None
            return await self._run(prepared, principal, request_state, as_of, request)
        except RequestRefused as refused:
            return _refused(refused)
        except Exception as error:
            known = errors.expected(error)
            if known is None:
                raise
            request_state.failed = isinstance(known, Unavailable | TooManyRequests)
            return _refusal(known, request.request_id)

    def _page(self) -> HttpResponse:
        if self._explorer is None:
            raise RequestRefused(404, "This build has no explorer page.", "POST a query.")
        headers = (
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            *self._explorer_headers,
        )
        return HttpResponse(200, self._explorer, headers)

    async def _prepare(
        self, asked: GraphQLRequest, request: HttpRequest, principal: Principal
    ) -> _Prepared | HttpResponse:
        # First: a caller without access must learn nothing about the schema either.
        if not principal.scopes:
            principal.require(AccessScope.READ)
        text = await self._persisted.resolve(asked.query, asked.persisted)
        document = await self._documents.find(text or "")
        if document.errors:
            code = errors.VALIDATION_FAILED if document.ast else errors.PARSE_FAILED
            entries = [
                {**error.formatted, "extensions": {"code": code}} for error in document.errors
            ]
            return HttpResponse(400, orjson.dumps({"errors": entries}))
        operation = operation_of(self._schema, document, asked.operation_name)
        if operation.is_mutation and request.method == "GET":
            raise RequestRefused(405, "A mutation cannot be a GET.", "POST it.")
        if not operation.is_mutation:
            principal.require(AccessScope.READ)
            if len(request.body) > MAX_QUERY_BODY:
                raise RequestRefused(413, f"A query is larger than {MAX_QUERY_BODY} bytes.")
        elif principal.scopes <= {AccessScope.READ} and not operation.is_for_readers:
            # Before its variables are looked at, which may be many.
            principal.require(AccessScope.INGEST)
        if operation.reads_schema and operation.reads_data:
            raise InvalidInput(
                "The operation reads the schema and data.", hint="Send __schema in one alone."
            )
        variables = await _unless_long(request, operation.variables, asked.variables)
        price = await operation.priced(variables, self._pricing)
        cost.check(price, max_cost=self._limits.max_cost, max_depth=self._limits.max_depth)
        self._quotas.take(principal, request.client, price.total, time.monotonic())
        return _Prepared(document, operation, variables)

    def _as_of(
        self, request: HttpRequest, request_state: RequestState, prepared: _Prepared
    ) -> AsOf | None:
        """The as-of to read; `None` = exactly now."""
        token = header(request.headers, AS_OF_HEADER)
        if token is not None:
            return self._as_of_tokens.decode(token, datetime.now(UTC))
        exact = prepared.operation.is_mutation or prepared.operation.is_live
        if exact or request_state.epoch is None or "no-cache" in request.text(b"cache-control"):
            return None
        epoch = request_state.epoch
        return AsOf(epoch.snapshot, epoch.at, epoch.server)

    async def _run(
        self,
        prepared: _Prepared,
        principal: Principal,
        request_state: RequestState,
        as_of: AsOf | None,
        request: HttpRequest,
    ) -> HttpResponse:
        found = None
        if self._services.replicas is not None and not prepared.operation.is_mutation:
            found = await self._execute(
                prepared, principal, request_state, as_of, request, self._services.replicas
            )
        if found is None:
            found = await self._execute(prepared, principal, request_state, as_of, request)
        assert found is not None, "the leader is not left for another server"  # noqa: S101
        result, as_of, more = found
        members = b""
        if as_of is not None:
            token = self._as_of_tokens.encode(as_of)
            members = as_of_members(instant_text(as_of.at), token)
        return self._response(result, (members, more), request_state, prepared, request)

    async def _execute(
        self,
        prepared: _Prepared,
        principal: Principal,
        request_state: RequestState,
        as_of: AsOf | None,
        request: HttpRequest,
        replicas: Replicas | None = None,
    ) -> tuple[ExecutionResult, AsOf | None, bytes] | None:
        """Execute the operation; `None` = a replica failed meanwhile: without one it succeeds."""
        data = OperationData(
            self._services.pool,
            as_of,
            limiter=self._services.read_limiter,
            acquire_timeout=self._services.settings.database.acquire_timeout,
            telemetry=self._telemetry,
            operation=prepared.operation.name,
            columns=self._services.columns,
            replicas=replicas,
            named=self._services.replicas is not None,
        )
        context = DocumentContext(
            services=self._services,
            principal=principal,
            request_id=request.request_id,
            data=data,
            dependencies=request_state.dependencies,
            loaders=Loaders(data, request_state.dependencies),
            document=prepared.document,
            received_at=datetime.now(UTC),
        )
        try:
            async with data, asyncio.timeout(self._limits.request_timeout):
                result = await prepared.operation.execute(
                    context,
                    prepared.variables,
                    long_variables=len(request.body) > MAX_BODY_ON_LOOP,
                )
                if prepared.operation.is_mutation and self._services.replicas is not None:
                    # What was written is written, with or without a token to read it by.
                    with contextlib.suppress(ShopxError, OSError, asyncpg.PostgresError):
                        await data.see_writes()
                found = result, data.as_of, _more_extensions(data)
        except Exception:
            if data.lost_replica:
                return None
            raise
        return None if data.lost_replica else found

    def _response(
        self,
        result: ExecutionResult,
        extensions: tuple[bytes, bytes],
        request_state: RequestState,
        prepared: _Prepared,
        request: HttpRequest,
    ) -> HttpResponse:
        def defect() -> None:
            request_state.failed = True

        # Without any data nothing was executed: a variable was invalid.
        otherwise = errors.BAD_USER_INPUT if result.data is None else errors.INTERNAL
        entries = [
            errors.format_error(error, request.request_id, otherwise=otherwise, on_defect=defect)
            for error in result.errors or ()
        ]
        data = orjson.dumps(result.data)
        body = b'{"data":' + data
        if entries:
            body += b',"errors":' + orjson.dumps(entries)
        members, more = extensions
        if members:
            body += b',"extensions":{'
            request_state.as_of_span = (len(body), len(body) + len(members))
            body += members + more + b"}"
        request_state.cacheable = not (prepared.operation.is_mutation or entries)
        if request_state.cacheable:
            request_state.etag = f'W/"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
        if request.method != "GET" or not request_state.etag:
            return HttpResponse(200, body + b"}", ((b"cache-control", b"no-store"),))
        tag = (b"etag", request_state.etag.encode())
        return HttpResponse(200, body + b"}", (tag, (b"cache-control", b"private, no-cache")))


def _more_extensions(data: OperationData) -> bytes:
    """The members of `extensions` after those of the as-of."""
    found = b',"tier":' + orjson.dumps(data.tier)
    if data.left_out:
        found += b',"leftOut":' + orjson.dumps([_left_out(one) for one in data.left_out])
    return found


def _left_out(amounts: LeftOut) -> dict[str, Any]:
    """What figures of the response leave out, for every client to show."""
    return {
        "of": amounts.of.value,
        "currency": amounts.currency,
        "lines": amounts.lines,
        "gross": decimal_text(amounts.gross),
        "amount": decimal_text(amounts.amount),
        "cost": decimal_text(amounts.cost),
        "command": amounts.command,
    }


def _refusal(error: ShopxError, request_id: str) -> HttpResponse:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    headers: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if status == 401:  # noqa: PLR2004 -- HTTP Unauthorized
        headers.append((b"www-authenticate", b'Bearer realm="shopx"'))
    if isinstance(error, RateLimited):
        headers += rate_limit_headers(error)
    elif status == 503:  # noqa: PLR2004 -- HTTP Service Unavailable
        headers.append((b"retry-after", b"1"))
    entry = errors.shopx_error(error)
    if request_id and status >= 500:  # noqa: PLR2004 -- HTTP's server errors
        entry["extensions"]["requestId"] = request_id
    return HttpResponse(status, orjson.dumps({"errors": [entry]}), tuple(headers))


def _check_length(request: HttpRequest, principal: Principal) -> None:
    """Refuse a long body before it is read, unless the caller may send batches."""
    if len(request.body) > MAX_QUERY_BODY and AccessScope.INGEST not in principal.scopes:
        raise RequestRefused(
            413,
            f"The body is larger than {MAX_QUERY_BODY} bytes.",
            "Only batches of a token with the scope ingest may be larger.",
        )


async def _unless_long(
    request: HttpRequest, work: Callable[[_Given], _Made], given: _Given
) -> _Made:
    """Do work at once, or in a thread where the request is too long for the event loop."""
    if len(request.body) <= MAX_BODY_ON_LOOP:
        return work(given)
    return await asyncio.to_thread(work, given)


def _read(request: HttpRequest) -> GraphQLRequest:
    if request.method == "POST":
        asked = from_post(request.text(b"content-type"), request.body)
        if len(request.body) > MAX_QUERY_BODY:
            check_lists(asked.variables)
        return asked
    if request.method == "GET":
        return from_get(request.query_string)
    raise RequestRefused(405, f"{request.method} is not allowed.", "Use POST or GET.")


def _refused(refused: RequestRefused) -> HttpResponse:
    allow = ((b"allow", b"GET, POST"),) if refused.status == 405 else ()  # noqa: PLR2004 -- HTTP
    return HttpResponse(refused.status, orjson.dumps({"errors": [refused.entry]}), allow)


def _complete(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add content type, length and what the response varies by."""
    media = accepted(request.text(b"accept"))
    headers = [(b"content-type", media.encode()), (b"vary", b"Accept, Authorization")]
    # Headers of the result replace these, such as the explorer's content type.
    replaced = {name for name, _ in response.headers}
    headers = [pair for pair in headers if pair[0] not in replaced]
    headers += [*response.headers, (b"content-length", b"%d" % len(response.body))]
    return replace(response, headers=tuple(headers))
