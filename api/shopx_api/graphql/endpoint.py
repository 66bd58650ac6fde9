"""The GraphQL endpoint: HTTP in, one operation run, JSON out.

    read the request → who is asking → find the document → may it run → as of when → run → answer

It is an ASGI application rather than a route of FastAPI's, whose dependency solving would be an
eighth of an answer's cost.
"""

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard, cast

import orjson
from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute
from strawberry.execution import optimized_is_awaitable

from shopx_api.auth.authenticator import Authenticator, header
from shopx_api.auth.principal import Principal
from shopx_api.data.as_of import HEADER, AsOfTokens
from shopx_api.data.context import Services
from shopx_api.data.loaders import Loaders
from shopx_api.data.operation_data import OperationData
from shopx_api.data.request_state import RequestState, request_state
from shopx_api.graphql import cost, errors
from shopx_api.graphql.documents import Document, Documents, is_mutation
from shopx_api.graphql.executor import DocumentContext, PlanningExecutor
from shopx_api.graphql.persisted import PersistedQueries, PersistedQueryNotFound
from shopx_api.graphql.request import (
    GraphQLRequest,
    RequestRefused,
    accepted,
    from_get,
    from_post,
    read_body,
    wants_page,
)
from shopx_api.telemetry import Telemetry
from shopx_api.types.scalars import instant_text
from shopx_core.domain.api_tokens import Scope as AccessScope
from shopx_core.errors import (
    Forbidden,
    InvalidInput,
    ShopxError,
    TimedOut,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from shopx_store.query.read_state import AsOf

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

REQUEST_ID: Final = "shopx.request_id"
"""Where the ASGI scope has the request's id."""

_STATUS: Final[tuple[tuple[type[ShopxError], int], ...]] = (
    (PersistedQueryNotFound, 200),  # what Apollo's clients expect
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooManyRequests, 503),
    (TimedOut, 503),
    (Unavailable, 503),
)


@dataclass(frozen=True, slots=True)
class OperationResult:
    """An HTTP response."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class _Operation:
    """A request that may run."""

    document: Document
    node: OperationDefinitionNode
    name: str
    variables: dict[str, Any]
    is_mutation: bool
    is_live: bool


class GraphQLEndpoint:
    """The endpoint.

    Args:
        schema: What is served.
        services: What all requests share.
        authenticator: Decides who is asking.
        persisted: Documents by hash.
        as_of_tokens: Reads and makes as-of tokens.
        telemetry: Metrics.
        explorer: The page for browsers; `None` = there is none in this build.
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
    ) -> None:
        self._schema = schema
        self._services = services
        self._limits = services.settings.api
        self._authenticator = authenticator
        self._persisted = persisted
        self._as_of_tokens = as_of_tokens
        self._telemetry = telemetry
        self._explorer = explorer
        self._documents = Documents(schema)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        media = accepted(_text(scope, b"accept"))
        answer = await self._answer(scope, receive)
        headers = [(b"content-type", media.encode()), (b"vary", b"Accept, Authorization")]
        # What a later one replaces, such as the explorer's content type.
        replaced = {name for name, _ in answer.headers}
        headers = [pair for pair in headers if pair[0] not in replaced]
        headers += [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Message, receive: Receive) -> OperationResult:
        exchange = request_state(scope)
        request_id = scope.get(REQUEST_ID, "")
        try:
            if wants_page(scope["method"], _text(scope, b"accept"), scope["query_string"]):
                return self._page()
            request = await self._read(scope, receive)
            principal = await self._authenticator.principal(scope)
            operation = await self._prepare(request, scope["method"], principal)
            if isinstance(operation, OperationResult):
                return operation
            exchange.operation = operation.name
            as_of = self._as_of(scope, exchange, operation)
            if as_of is None:
                # The answer is as of a moment of its own, not of the state that was offered.
                exchange.state = None
            return await self._run(operation, principal, exchange, as_of, scope)
        except RequestRefused as refused:
            allow = ((b"allow", b"GET, POST"),) if refused.status == 405 else ()  # noqa: PLR2004
            return OperationResult(refused.status, orjson.dumps({"errors": [refused.entry]}), allow)
        except Exception as error:
            known = errors.expected(error)
            if known is None:
                raise
            exchange.failed = isinstance(known, Unavailable | TooManyRequests)
            return _refusal(known, request_id)

    def _page(self) -> OperationResult:
        if self._explorer is None:
            raise RequestRefused(404, "This build has no explorer page.", "POST a query.")
        headers = (
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-cache"),
        )
        return OperationResult(200, self._explorer, headers)

    async def _read(self, scope: Message, receive: Receive) -> GraphQLRequest:
        if scope["method"] == "POST":
            body = await read_body(receive, self._limits.max_body_bytes)
            return from_post(_text(scope, b"content-type"), body)
        if scope["method"] == "GET":
            return from_get(scope["query_string"])
        raise RequestRefused(405, f"{scope['method']} is not answered here.", "Use POST or GET.")

    async def _prepare(
        self, request: GraphQLRequest, method: str, principal: Principal
    ) -> _Operation | OperationResult:
        # Before anything else: who may not read learns nothing of the schema either.
        if not principal.scopes:
            principal.require(AccessScope.READ)
        text = await self._persisted.resolve(request.query, request.persisted)
        document = self._documents.get(text or "")
        if document.errors:
            code = errors.VALIDATION_FAILED if document.ast else errors.PARSE_FAILED
            entries = [
                {**error.formatted, "extensions": {"code": code}} for error in document.errors
            ]
            return OperationResult(400, orjson.dumps({"errors": entries}))
        node = document.operation(request.operation_name)
        mutation = is_mutation(node)
        if mutation and method == "GET":
            raise RequestRefused(405, "A mutation cannot be a GET.", "POST it.")
        if not mutation:
            principal.require(AccessScope.READ)
        price = cost.measure(self._schema, document, node, request.variables)
        cost.check(price, max_cost=self._limits.max_cost, max_depth=self._limits.max_depth)
        return _Operation(
            document=document,
            node=node,
            name=node.name.value if node.name else "",
            variables=request.variables,
            is_mutation=mutation,
            is_live="live" in document.fields(node),
        )

    def _as_of(self, scope: Message, exchange: RequestState, operation: _Operation) -> AsOf | None:
        """The moment to read as of; `None` = exactly now."""
        token = header(scope["headers"], HEADER)
        if token is not None:
            return self._as_of_tokens.decode(token, datetime.now(UTC))
        exact = operation.is_mutation or operation.is_live
        if exact or exchange.state is None or "no-cache" in _text(scope, b"cache-control"):
            return None
        return AsOf(exchange.state.snapshot, exchange.state.at)

    async def _run(
        self,
        operation: _Operation,
        principal: Principal,
        exchange: RequestState,
        as_of: AsOf | None,
        scope: Message,
    ) -> OperationResult:
        data = OperationData(
            self._services.pool,
            as_of,
            turns=self._services.turns,
            acquire_timeout=self._services.settings.database.acquire_timeout,
            telemetry=self._telemetry,
            operation=operation.name,
        )
        context = DocumentContext(
            services=self._services,
            principal=principal,
            request_id=scope.get(REQUEST_ID, ""),
            data=data,
            dependencies=exchange.dependencies,
            loaders=Loaders(data, exchange.dependencies),
            document=operation.document,
            received_at=datetime.now(UTC),
        )
        async with data, asyncio.timeout(self._limits.request_timeout):
            result = await self._execute(operation, context)
            extensions = self._extensions(data)
        return self._response(result, extensions, exchange, operation, scope)

    async def _execute(self, operation: _Operation, context: DocumentContext) -> ExecutionResult:
        if operation.document.ast is None:
            raise InvalidInput("The document cannot run.")
        found = execute(
            self._schema,
            operation.document.ast,
            context_value=context,
            variable_values=operation.variables,
            operation_name=operation.name or None,
            executor_class=PlanningExecutor,
            is_awaitable=cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable),
        )
        return await found if inspect.isawaitable(found) else found

    def _extensions(self, data: OperationData) -> dict[str, Any]:
        if data.as_of is None:
            return {}
        return {
            "asOf": instant_text(data.as_of.at),
            "snapshot": self._as_of_tokens.encode(data.as_of),
            "tier": data.tier,
        }

    def _response(
        self,
        result: ExecutionResult,
        extensions: Mapping[str, Any],
        exchange: RequestState,
        operation: _Operation,
        scope: Message,
    ) -> OperationResult:
        def defect() -> None:
            exchange.failed = True

        # No data at all: a variable did not fit, so nothing ran.
        otherwise = errors.BAD_USER_INPUT if result.data is None else errors.INTERNAL
        entries = [
            errors.format_error(
                error, scope.get(REQUEST_ID, ""), otherwise=otherwise, on_defect=defect
            )
            for error in result.errors or ()
        ]
        data = orjson.dumps(result.data)
        parts = [b'{"data":', data]
        if entries:
            parts += [b',"errors":', orjson.dumps(entries)]
        if extensions:
            # Last, where the response cache looks for the moment.
            parts += [b',"extensions":', orjson.dumps(extensions)]
        parts.append(b"}")
        exchange.cacheable = not (operation.is_mutation or entries)
        return self._conditional(b"".join(parts), data, scope, kept=not entries)

    @staticmethod
    def _conditional(body: bytes, data: bytes, scope: Message, *, kept: bool) -> OperationResult:
        if scope["method"] != "GET" or not kept:
            return OperationResult(200, body, ((b"cache-control", b"no-store"),))
        # Of the data alone: an answer as of a later moment that says the same is the same.
        etag = b'W/"' + hashlib.blake2b(data, digest_size=12).hexdigest().encode() + b'"'
        headers = ((b"etag", etag), (b"cache-control", b"private, no-cache"))
        if etag in _text(scope, b"if-none-match").encode("latin-1"):
            return OperationResult(304, b"", headers)
        return OperationResult(200, body, headers)


def _refusal(error: ShopxError, request_id: str) -> OperationResult:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    headers: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if status == 401:  # noqa: PLR2004 -- HTTP Unauthorized
        headers.append((b"www-authenticate", b'Bearer realm="shopx"'))
    if status == 503:  # noqa: PLR2004 -- HTTP Service Unavailable
        headers.append((b"retry-after", b"1"))
    entry = errors.shopx_error(error)
    if request_id and status >= 500:  # noqa: PLR2004 -- HTTP's server errors
        entry["extensions"]["requestId"] = request_id
    return OperationResult(status, orjson.dumps({"errors": [entry]}), tuple(headers))


def _text(scope: Mapping[str, Any], name: bytes) -> str:
    """A header that may be there several times, joined; empty if absent."""
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
