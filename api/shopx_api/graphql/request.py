"""Parses GraphQL requests over HTTP: pure, except for receiving the body."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from shopx_api.asgi import Receive
from shopx_api.graphql import errors

JSON: Final = "application/json"
MAX_LIST: Final = 10_000
"""Items of a list of variables: the exchange rates of one batch."""
GRAPHQL_JSON: Final = "application/graphql-response+json"


class RequestRefused(Exception):  # noqa: N818 -- an outcome, not a defect
    """The HTTP request is not a GraphQL request.

    Args:
        status: The HTTP status of the response.
        message: What is wrong with it.
        hint: What to do about it.
    """

    def __init__(self, status: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.entry = errors.request_error(message, errors.BAD_REQUEST, hint)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole HTTP request."""

    method: str
    query_string: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case, as in an ASGI scope."""
    body: bytes
    request_id: str = ""
    client: Sequence[Any] | None = None
    """The address and the port of the other end; `None` = unknown."""

    def text(self, name: bytes) -> str:
        """A header that may be repeated, joined by commas; empty if absent."""
        return ", ".join(value.decode("latin-1") for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A GraphQL request."""

    query: str | None
    operation_name: str | None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    """Unchecked."""

    @property
    def persisted(self) -> Any:
        """`extensions.persistedQuery`, unchecked; `None` without one."""
        return self.extensions.get("persistedQuery")


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body.

    Raises:
        RequestRefused: It is longer than `limit` bytes, or the client disconnected.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestRefused(400, "The client disconnected.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise RequestRefused(413, f"The body is larger than {limit} bytes.")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def from_post(content_type: str, body: bytes) -> GraphQLRequest:
    """Read a POST.

    Only JSON is accepted: a page of another origin can send forms without a preflight request, but
    not JSON.

    Raises:
        RequestRefused: It is not a JSON object as GraphQL over HTTP specifies.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media != JSON:
        raise RequestRefused(415, f"The content type is {media[:60]!r}.", f"Send {JSON}.")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, f"The body is not JSON: {error}.") from None
    if isinstance(parsed, list):
        raise RequestRefused(
            400, "Batches are not supported.", "Send one operation a request; HTTP/2 bundles them."
        )
    return _checked(parsed)


def check_lists(variables: Any) -> None:
    """Refuse lists that no operation takes, before their items are looked at.

    Raises:
        RequestRefused: A list is longer than `MAX_LIST`.
    """
    pending = [variables]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            if len(value) > MAX_LIST:
                raise RequestRefused(
                    400,
                    f"A list of the variables has {len(value)} items, more than {MAX_LIST}.",
                    "Send several batches.",
                )
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())


def from_get(query_string: bytes) -> GraphQLRequest:
    """Read a GET; variables and extensions are JSON.

    Raises:
        RequestRefused: A parameter is malformed or given twice.
    """
    try:
        pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise RequestRefused(400, f"The query string cannot be read: {error}.") from None
    values: dict[str, Any] = dict(pairs)
    if len(values) < len(pairs):
        raise RequestRefused(400, "A parameter is given twice.")
    for name in ("variables", "extensions"):
        if values.get(name):
            try:
                values[name] = orjson.loads(values[name])
            except orjson.JSONDecodeError as error:
                raise RequestRefused(400, f"The parameter {name} is not JSON: {error}.") from None
        else:
            values.pop(name, None)
    return _checked(values)


def _checked(values: Any) -> GraphQLRequest:
    if not isinstance(values, dict):
        raise RequestRefused(400, "The request is not a JSON object.")
    query = values.get("query")
    name = values.get("operationName")
    variables = values.get("variables")
    extensions = values.get("extensions")
    for label, value, kind in (
        ("query", query, str),
        ("operationName", name, str),
        ("variables", variables, dict),
        ("extensions", extensions, dict),
    ):
        if value is not None and not isinstance(value, kind):
            expected = "text" if kind is str else "an object"
            raise RequestRefused(400, f"`{label}` must be {expected}.")
    request = GraphQLRequest(query or None, name or None, variables or {}, extensions or {})
    if request.query is None and request.persisted is None:
        raise RequestRefused(400, "There is no query.", "Send it as `query`.")
    return request


def accepted(accept: str) -> str:
    """The media type of the response: GraphQL's own if the client accepts it, else JSON."""
    return GRAPHQL_JSON if GRAPHQL_JSON in accept else JSON


def wants_page(method: str, accept: str, query_string: bytes) -> bool:
    """Whether a browser navigates here, which gets GraphiQL."""
    return method == "GET" and "text/html" in accept and b"query" not in query_string.lower()
