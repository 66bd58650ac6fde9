"""Cache requests: the parts of a GraphQL request that select a cached response.

Each distinct body is parsed once.
"""

import re
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from shopx_api.graphql.request import JSON, GraphQLRequest, RequestRefused, from_get, from_post
from shopx_api.response_cache.forgotten_requests import ForgottenRequests
from shopx_api.telemetry import RequestCounter
from shopx_core.caching.keys import Audience, answer_key, canonical_variables

MAX_DOCUMENTS = 512
"""Documents of which the kind is kept; the dashboard's own pages have some dozens."""
MAX_PARSED_LENGTH = 8 * 1024
"""A longer document with a mutation in it goes to the application uncached."""
MAX_PARSED_TOKENS = 400
"""The same by tokens, which take some microseconds each."""
MAX_BODY = 64 * 1024
"""A larger request goes to the application uncached, unread."""
MAX_MEMO_BODY = 16 * 1024
"""A larger request is read each time."""

MAX_NAME = 128
"""Characters of an operation's name that are kept; metrics know no longer ones."""
OVERHEAD = 1024
"""Bytes that a request takes in memory beside its body; measured."""
FORGOTTEN_SHARE = 1 / 16
"""The part of the memory for forgotten requests of which Redis may have the response."""

_MAY_WRITE = re.compile("mutation|subscription")
"""Without these words, which cannot be written in another way, all operations are queries."""

_HARMLESS = frozenset({"persistedQuery", "clientLibrary"})
"""Request extensions that do not affect the response: they name the document or the client."""


class OperationKind(Enum):
    """The kind of operation that a request runs."""

    QUERY = "query"
    OTHER = "other"
    """A mutation, a subscription, or anything unknown: never cached, never shared."""


@dataclass(slots=True)
class CacheRequest:
    """A query that the cache may serve."""

    key: bytes
    operation: str
    """The operation's name as the client gave it; empty = none."""
    work: str
    """Equal for requests of one operation of one document, which take about as long."""
    again: bool = False
    """Whether it was sent again since it was last to be forgotten."""
    live: bool = False
    """Whether its last response must not be cached."""
    kept_until: float | None = None
    """When Redis drops its last response, seconds since 1970; `None` = none was made here."""
    failed_until: float = 0.0
    """Until then an older response is served, if there is one, instead of a new attempt."""
    counters: dict[str, RequestCounter] = field(default_factory=dict)
    """Counters of its requests, by cache status."""


class CacheRequestReader:
    """Parses requests, and keeps the results.

    Args:
        build: The build that makes responses, for the key.
        memory: Bytes of requests that are kept.
    """

    def __init__(self, *, build: str, memory: int) -> None:
        self._build = build
        forgotten = int(memory * FORGOTTEN_SHARE)
        self._memory = memory - forgotten
        self._held = 0
        self._requests: OrderedDict[tuple[bytes, str, Audience], CacheRequest | None] = (
            OrderedDict()
        )
        self._forgotten = ForgottenRequests(forgotten)
        self._kinds: OrderedDict[tuple[bytes, str], OperationKind] = OrderedDict()

    def post(self, body: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The cache request of a POST body; `None` = not a query, or malformed."""
        return self._remembered(body, media, audience, _of_body)

    def get(self, query_string: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The cache request of a GET's query string; `None` as in `post`."""
        return self._remembered(query_string, media, audience, from_get)

    def known(self, body: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The same for a body that was read before, without reading it."""
        request = self._requests.get((body, media, audience))
        if request is not None:
            request.again = True
        return request

    def has_read(self, body: bytes, media: str, audience: Audience) -> bool:
        """Whether this POST body was read before, or is not known to be a query: cheap."""
        name = (body, media, audience)
        return b"mutation" in body or name in self._requests or hash(name) in self._forgotten

    def _remembered(
        self,
        raw: bytes,
        media: str,
        audience: Audience,
        read: Callable[[bytes], GraphQLRequest],
    ) -> CacheRequest | None:
        if len(raw) > MAX_BODY:
            return None
        name = (raw, media, audience)
        try:
            found = self._requests[name]
        except KeyError:
            found = self._request(raw, media, audience, read)
            if len(raw) <= MAX_MEMO_BODY:
                self._remember(name, found)
        else:
            if found is not None:
                found.again = True
        return found

    def _remember(self, name: tuple[bytes, str, Audience], request: CacheRequest | None) -> None:
        if request is not None:
            request.kept_until = self._forgotten.kept_until(hash(name))
        self._requests[name] = request
        self._held += len(name[0]) + OVERHEAD
        while self._held > self._memory and len(self._requests) > 1:
            # First in, first out, with a second chance for what was sent again: else what is sent
            # once would displace the queries of every page. Moving at each hit would cost more.
            oldest, request = self._requests.popitem(last=False)
            if request is not None and request.again:
                request.again = False
                self._requests[oldest] = request
                continue
            self._held -= len(oldest[0]) + OVERHEAD
            if request is not None and request.kept_until is not None:
                self._forgotten.add(hash(oldest), request.kept_until)

    def _request(
        self,
        raw: bytes,
        media: str,
        audience: Audience,
        read: Callable[[bytes], GraphQLRequest],
    ) -> CacheRequest | None:
        try:
            asked = read(raw)
            # Other extensions may alter the response; no variable can have the empty name.
            rest = {k: v for k, v in asked.extensions.items() if k not in _HARMLESS}
            variables = canonical_variables(
                {**asked.variables, "": rest} if rest else asked.variables
            )
        except (RequestRefused, RecursionError):
            return None  # the application says what is wrong with it
        operation = asked.operation_name or ""
        if asked.query is not None:
            digest = sha256(asked.query.encode("utf-8", "surrogatepass")).digest()
            if self._kind(digest, asked.query, operation) is not OperationKind.QUERY:
                return None
        else:
            named = _persisted(asked.persisted)
            # By hash alone a POST could be a mutation; a GET can only be a query.
            if named is None or read is not from_get:
                return None
            digest = named
        key = answer_key(digest, operation, variables, audience, build=self._build, media=media)
        # Names alone say little: clients may leave them out, or use one for everything.
        work = sys.intern(digest[:8].hex() + operation[:MAX_NAME])
        return CacheRequest(key=key, operation=operation[:MAX_NAME], work=work)

    def _kind(self, digest: bytes, document: str, operation: str) -> OperationKind:
        name = (digest, operation)
        kind = self._kinds.get(name)
        if kind is None:
            kind = operation_kind(document, operation)
            if len(operation) <= MAX_NAME:
                self._kinds[name] = kind
            if len(self._kinds) > MAX_DOCUMENTS:
                self._kinds.popitem(last=False)
        return kind


def operation_kind(document: str, operation: str) -> OperationKind:
    """The kind of a document's operation.

    A document that cannot be executed may be called a query: its response is an error, which is not
    kept.

    Args:
        document: GraphQL text.
        operation: The name of the operation; empty = the only one.
    """
    if _MAY_WRITE.search(document) is None:
        return OperationKind.QUERY
    if len(document) > MAX_PARSED_LENGTH:
        return OperationKind.OTHER
    try:
        definitions = parse(document, no_location=True, max_tokens=MAX_PARSED_TOKENS).definitions
    except (GraphQLError, RecursionError):
        return OperationKind.OTHER
    operations = [
        node
        for node in definitions
        if isinstance(node, OperationDefinitionNode)
        and (not operation or (node.name is not None and node.name.value == operation))
    ]
    if len(operations) == 1 and operations[0].operation is OperationType.QUERY:
        return OperationKind.QUERY
    return OperationKind.OTHER


def _of_body(raw: bytes) -> GraphQLRequest:
    return from_post(JSON, raw)


def _persisted(persisted: Any) -> bytes | None:
    """The SHA-256 of a persisted document; `None` without one."""
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    try:
        digest = bytes.fromhex(named) if isinstance(named, str) else b""
    except ValueError:
        return None
    return digest if len(digest) == sha256().digest_size else None
