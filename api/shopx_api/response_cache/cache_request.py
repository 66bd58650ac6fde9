"""Cache requests: the parts of a GraphQL request that select a cached response.

Each distinct body is parsed once.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from shopx_api.telemetry import RequestCounter
from shopx_core.caching.keys import Audience, answer_key, canonical_variables

MAX_DOCUMENTS = 512
"""Documents of which the kind is kept; the dashboard's own pages have some dozens."""
MAX_PARSED_BYTES = 64 * 1024
"""A longer document goes to the application uncached."""
MAX_MEMO_BODY = 16 * 1024
"""A larger request is parsed each time."""

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
    live: bool = False
    """Whether its last response must not be cached."""
    kept_until: float | None = None
    """When Redis drops its last response, seconds since 1970; `None` = none was made here."""
    failed_until: float = 0.0
    """Until then an older response is served, if there is one, instead of a new attempt."""
    counters: dict[str, RequestCounter] = field(default_factory=dict)
    """Counters of its requests, by cache status."""


@dataclass(frozen=True, slots=True)
class _ParsedRequest:
    document: str | None
    operation: str
    variables: dict[str, Any] | None
    digest: bytes = b""


class CacheRequestReader:
    """Parses requests, and keeps the results.

    Args:
        build: The build that makes responses, for the key.
        memory: Bytes of request bodies that are kept.
    """

    def __init__(self, *, build: str, memory: int) -> None:
        self._build = build
        self._memory = memory
        self._held = 0
        self._requests: OrderedDict[tuple[bytes, str, Audience], CacheRequest | None] = (
            OrderedDict()
        )
        self._kinds: OrderedDict[tuple[bytes, str], OperationKind] = OrderedDict()

    def post(self, body: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The cache request of a POST body; `None` = not a query, or malformed."""
        return self._remembered(body, media, audience, _from_body)

    def get(self, query_string: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The cache request of a GET's query string; `None` as in `post`."""
        return self._remembered(query_string, media, audience, _from_query_string)

    def has_read(self, body: bytes, media: str, audience: Audience) -> bool:
        """Whether this POST body was read before, or is not known to be a query: cheap."""
        return b"mutation" in body or (body, media, audience) in self._requests

    def _remembered(
        self,
        raw: bytes,
        media: str,
        audience: Audience,
        read: Callable[[bytes], _ParsedRequest | None],
    ) -> CacheRequest | None:
        name = (raw, media, audience)
        try:
            found = self._requests[name]
        except KeyError:
            found = self._request(read(raw), media, audience)
            if len(raw) <= MAX_MEMO_BODY:
                self._remember(name, found)
        return found

    def _remember(self, name: tuple[bytes, str, Audience], request: CacheRequest | None) -> None:
        self._requests[name] = request
        self._held += len(name[0])
        while self._held > self._memory and len(self._requests) > 1:
            # First in, first out: moving entries at each hit would cost more than it saves.
            (raw, _, _), _ = self._requests.popitem(last=False)
            self._held -= len(raw)

    def _request(
        self, parsed: _ParsedRequest | None, media: str, audience: Audience
    ) -> CacheRequest | None:
        if parsed is None:
            return None
        if parsed.document is None:
            # By hash only: a GET, which can only be a query.
            digest = parsed.digest
        else:
            digest = sha256(parsed.document.encode("utf-8", "surrogatepass")).digest()
            if self._kind(digest, parsed.document, parsed.operation) is not OperationKind.QUERY:
                return None
        key = answer_key(
            digest,
            parsed.operation,
            canonical_variables(parsed.variables),
            audience,
            build=self._build,
            media=media,
        )
        return CacheRequest(key=key, operation=parsed.operation)

    def _kind(self, digest: bytes, document: str, operation: str) -> OperationKind:
        name = (digest, operation)
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = operation_kind(document, operation)
            if len(self._kinds) > MAX_DOCUMENTS:
                self._kinds.popitem(last=False)
        return kind


def operation_kind(document: str, operation: str) -> OperationKind:
    """The kind of a document's operation.

    Args:
        document: GraphQL text.
        operation: The name of the operation; empty = the only one.
    """
    if len(document) > MAX_PARSED_BYTES:
        return OperationKind.OTHER
    try:
        definitions = parse(document, no_location=True).definitions
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


def _from_body(raw: bytes) -> _ParsedRequest | None:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    # A batch is a list; a persisted document by hash alone could be a mutation.
    if not isinstance(value, dict) or not isinstance(value.get("query"), str):
        return None
    return _parsed(
        value["query"],
        value.get("operationName"),
        value.get("variables"),
        value.get("extensions"),
    )


def _from_query_string(raw: bytes) -> _ParsedRequest | None:
    try:
        given = parse_qs(raw.decode(), strict_parsing=True)
        # Fails for a repeated parameter, because its value is ambiguous.
        fields = {name: value for name, (value,) in given.items()}
        variables = orjson.loads(fields["variables"]) if "variables" in fields else None
        extensions = orjson.loads(fields["extensions"]) if "extensions" in fields else None
    except ValueError:
        return None
    operation = fields.get("operationName")
    if "query" in fields:
        return _parsed(fields["query"], operation, variables, extensions)
    digest = _persisted(extensions)
    return None if digest is None else _parsed(None, operation, variables, extensions, digest)


def _persisted(extensions: Any) -> bytes | None:
    """The SHA-256 of a persisted document; `None` without one."""
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    try:
        digest = bytes.fromhex(named) if isinstance(named, str) else b""
    except ValueError:
        return None
    return digest if len(digest) == sha256().digest_size else None


def _parsed(
    document: str | None, operation: Any, variables: Any, extensions: Any, digest: bytes = b""
) -> _ParsedRequest | None:
    if operation is not None and not isinstance(operation, str):
        return None
    if not (_is_object(variables) and _is_object(extensions)):
        return None
    # Other extensions may alter the response; no variable can have the empty name.
    rest = {k: v for k, v in (extensions or {}).items() if k not in _HARMLESS}
    return _ParsedRequest(
        document, operation or "", {**(variables or {}), "": rest} if rest else variables, digest
    )


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, dict)
