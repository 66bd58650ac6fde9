"""Persisted queries: a document by its SHA-256, so that queries are short GETs.

The protocol is Apollo's automatic persisted queries: a client sends the hash alone, and the text
with it after the error that the hash is unknown. Texts are kept in this process, and in Redis for
the other processes; both are bounded, and losing a text costs a client one more request.
"""

import hashlib
import re
from collections import OrderedDict
from typing import Any, Final, Protocol

from shopx_core.errors import InvalidInput, NotFound

KEPT: Final = 1000
MAX_LENGTH: Final = 65_536
SHARED_SECONDS: Final = 7 * 86_400

_HASH = re.compile(r"[0-9a-f]{64}")


class PersistedQueryNotFound(NotFound):
    """No document has this hash; send its text with it."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class SharedTexts(Protocol):
    """Texts shared by processes; a failure reads as an absent text."""

    async def get(self, key: str) -> str | None:
        """A text."""

    async def put(self, key: str, text: str, seconds: int) -> None:
        """Keep a text for some time."""


class PersistedQueries:
    """Texts by hash.

    Args:
        shared: Texts shared with other processes; `None` = this process alone.
    """

    def __init__(self, shared: SharedTexts | None = None) -> None:
        self._shared = shared
        self._known: OrderedDict[str, str] = OrderedDict()

    async def resolve(self, query: str | None, extension: Any) -> str | None:
        """The text of the document.

        Args:
            query: As sent; `None` when only a hash was sent.
            extension: `extensions.persistedQuery` as sent; `None` without one.

        Raises:
            InvalidInput: The extension is malformed, or the hash is not the text's.
            PersistedQueryNotFound: The hash alone was sent and is unknown.
        """
        if extension is None:
            return query
        if not isinstance(extension, dict) or extension.get("version") != 1:
            raise InvalidInput("`extensions.persistedQuery` must be an object of version 1.")
        key = extension.get("sha256Hash")
        if not isinstance(key, str) or not _HASH.fullmatch(key):
            raise InvalidInput("`sha256Hash` must be 64 lower-case hexadecimal digits.")
        if query is None:
            return await self._find(key)
        if hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest() != key:
            raise InvalidInput("`sha256Hash` is not the hash of the query.")
        if self._known.get(key) is None and len(query) <= MAX_LENGTH:
            self._keep(key, query)
            if self._shared is not None:
                await self._shared.put(key, query, SHARED_SECONDS)
        return query

    async def _find(self, key: str) -> str:
        text = self._known.get(key)
        if text is not None:
            self._known.move_to_end(key)
            return text
        text = await self._shared.get(key) if self._shared is not None else None
        if text is None or hashlib.sha256(text.encode()).hexdigest() != key:
            # Apollo's clients compare this very message.
            raise PersistedQueryNotFound(
                "PersistedQueryNotFound", hint="Send the query's text with its hash, once."
            )
        self._keep(key, text)
        return text

    def _keep(self, key: str, text: str) -> None:
        self._known[key] = text
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
