"""What a request asks, as far as the cache must know: read once for each distinct body."""

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
"""Documents whose kind is remembered; a product's own pages have some dozens."""
MAX_PARSED_BYTES = 64 * 1024
"""A longer document is left to the application, which refuses or answers it."""
MAX_MEMO_BODY = 16 * 1024
"""A larger request is read anew each time."""

_HARMLESS = frozenset({"persistedQuery", "clientLibrary"})
"""Request extensions that name the document, or the client: no part of the question."""


class OperationKind(Enum):
    """What kind of operation a request runs."""

    QUERY = "query"
    OTHER = "other"
    """A mutation, a subscription, or nothing that can be told: never kept, never shared."""


@dataclass(slots=True)
class CacheRequest:
    """A query that may be answered from the cache."""

    key: bytes
    operation: str
    """Its name as the client gave it; empty = none."""
    live: bool = False
    """Its last answer said that it must be made anew each time."""
    kept_until: float | None = None
    """When Redis drops its last answer, seconds since 1970; `None` = it has had none here."""
    failed_until: float = 0.0
    """Until then nobody tries again to answer it, where an older answer can be served."""
    lanes: dict[str, RequestCounter] = field(default_factory=dict)
    """Where its requests are counted, by outcome."""


@dataclass(frozen=True, slots=True)
class _Asked:
    document: str | None
    operation: str
    variables: dict[str, Any] | None
    digest: bytes = b""


class CacheRequestReader:
    """Turns requests into questions, and remembers.

    Args:
        build: The build that shapes answers, for the key.
        memory: Bytes of request bodies that are remembered.
    """

    def __init__(self, *, build: str, memory: int) -> None:
        self._build = build
        self._memory = memory
        self._held = 0
        self._questions: OrderedDict[tuple[bytes, str, Audience], CacheRequest | None] = (
            OrderedDict()
        )
        self._kinds: OrderedDict[tuple[bytes, str], OperationKind] = OrderedDict()

    def post(self, body: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The question in a POST body; `None` = no query, or nothing that can be read."""
        return self._remembered(body, media, audience, _from_body)

    def get(self, query_string: bytes, media: str, audience: Audience) -> CacheRequest | None:
        """The question in a GET's query string; `None` as above."""
        return self._remembered(query_string, media, audience, _from_query_string)

    def _remembered(
        self, raw: bytes, media: str, audience: Audience, read: Callable[[bytes], _Asked | None]
    ) -> CacheRequest | None:
        name = (raw, media, audience)
        try:
            found = self._questions[name]
        except KeyError:
            found = self._question(read(raw), media, audience)
            if len(raw) <= MAX_MEMO_BODY:
                self._remember(name, found)
        return found

    def _remember(self, name: tuple[bytes, str, Audience], question: CacheRequest | None) -> None:
        self._questions[name] = question
        self._held += len(name[0])
        while self._held > self._memory and len(self._questions) > 1:
            # First in, first out: moving entries at each hit would cost more than it saves.
            (raw, _, _), _ = self._questions.popitem(last=False)
            self._held -= len(raw)

    def _question(
        self, asked: _Asked | None, media: str, audience: Audience
    ) -> CacheRequest | None:
        if asked is None:
            return None
        if asked.document is None:
            # By name only: a GET, which cannot be anything but a query.
            digest = asked.digest
        else:
            digest = sha256(asked.document.encode("utf-8", "surrogatepass")).digest()
            if self._kind(digest, asked.document, asked.operation) is not OperationKind.QUERY:
                return None
        key = answer_key(
            digest,
            asked.operation,
            canonical_variables(asked.variables),
            audience,
            build=self._build,
            media=media,
        )
        return CacheRequest(key=key, operation=asked.operation)

    def _kind(self, digest: bytes, document: str, operation: str) -> OperationKind:
        name = (digest, operation)
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = operation_kind(document, operation)
            if len(self._kinds) > MAX_DOCUMENTS:
                self._kinds.popitem(last=False)
        return kind


def operation_kind(document: str, operation: str) -> OperationKind:
    """Parse a document to see what it does.

    Args:
        document: GraphQL text.
        operation: The name of the operation to run; empty = the only one.
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


def _from_body(raw: bytes) -> _Asked | None:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    # A batch is a list; a persisted document by name alone could be a mutation.
    if not isinstance(value, dict) or not isinstance(value.get("query"), str):
        return None
    return _asked(
        value["query"],
        value.get("operationName"),
        value.get("variables"),
        value.get("extensions"),
    )


def _from_query_string(raw: bytes) -> _Asked | None:
    try:
        given = parse_qs(raw.decode(), strict_parsing=True)
        # A parameter that is given twice makes this fail: which one counts is a guess.
        fields = {name: value for name, (value,) in given.items()}
        variables = orjson.loads(fields["variables"]) if "variables" in fields else None
        extensions = orjson.loads(fields["extensions"]) if "extensions" in fields else None
    except ValueError:
        return None
    operation = fields.get("operationName")
    if "query" in fields:
        return _asked(fields["query"], operation, variables, extensions)
    digest = _persisted(extensions)
    return None if digest is None else _asked(None, operation, variables, extensions, digest)


def _persisted(extensions: Any) -> bytes | None:
    """The SHA-256 of the document that a request names instead of sending it."""
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    try:
        digest = bytes.fromhex(named) if isinstance(named, str) else b""
    except ValueError:
        return None
    return digest if len(digest) == sha256().digest_size else None


def _asked(
    document: str | None, operation: Any, variables: Any, extensions: Any, digest: bytes = b""
) -> _Asked | None:
    if operation is not None and not isinstance(operation, str):
        return None
    if not (_is_object(variables) and _is_object(extensions)):
        return None
    # Other extensions may alter the answer; no variable can have the empty name.
    rest = {k: v for k, v in (extensions or {}).items() if k not in _HARMLESS}
    return _Asked(
        document, operation or "", {**(variables or {}), "": rest} if rest else variables, digest
    )


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, dict)
