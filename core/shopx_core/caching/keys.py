"""The key of a cached answer: a hash of everything that may change the answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

FORMAT = 3
"""Increase it when the parts of a key or the form of an entry change; old entries then expire
unread."""

KEY_PREFIX = r"^[A-Za-z0-9][A-Za-z0-9._/:-]{0,126}:$"
"""A prefix of keys and channels: no character has a meaning in an ACL's pattern."""
_PERSON = b"shopx-key-%d" % FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The callers that may share an answer: all of this must be equal."""

    permissions: str
    """What the caller may see (a token scope, never a person's name or token)."""
    zone: str = "UTC"
    """The IANA zone in which ranges are read where the operation names none."""
    currency: str = ""
    """ISO 4217 code in which money is shown where the operation names none."""
    locale: str = ""
    """BCP 47 tag of the texts in the answer; empty = the default language."""


def canonical_variables(variables: Mapping[str, Any] | None) -> bytes:
    """JSON whose equality is that of the variables: keys sorted at every depth, no white space.

    An absent variable differs from a null one, as in GraphQL.
    """
    if not variables:
        return b"{}"
    return json.dumps(
        variables, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")


def answer_key(
    document: bytes,
    operation: str,
    variables: bytes,
    audience: Audience,
    *,
    build: str,
    media: str,
) -> bytes:
    """The key of one answer.

    Args:
        document: SHA-256 of the GraphQL document, whether sent in full or as a persisted query.
        operation: Which operation of the document runs; empty = its only one.
        variables: From `canonical_variables`.
        audience: The callers that may share it.
        build: The build that makes answers; two builds share nothing.
        media: The requested media type.

    Returns:
        32 hexadecimal digits, the same in every process.
    """
    return (
        _digest(
            document,
            operation.encode("utf-8", "surrogatepass"),
            variables,
            audience.permissions.encode(),
            audience.zone.encode(),
            audience.currency.encode(),
            audience.locale.encode(),
            build.encode(),
            media.encode(),
        )
        .hex()
        .encode()
    )


def own_prefix(dsn: str) -> str:
    """What every key and channel of a dashboard begins with where nothing else is configured.

    Args:
        dsn: The database's URL; user, password and options do not matter.

    Returns:
        A prefix such as `shopx:5f3a9c0b12d4:`.
    """
    return f"shopx:{_place(dsn)}:"


def namespace(dsn: str, prefix: str | None = None) -> bytes:
    """The key prefix of the answers from one database.

    Args:
        dsn: The URL of the database that is read.
        prefix: Of the dashboard; `None` = from the URL.

    Returns:
        A prefix such as `shopx:5f3a9c0b12d4:1:`. The number is `FORMAT`: builds with different
        formats do not read one another's entries.
    """
    if prefix is None:
        return f"{own_prefix(dsn)}{FORMAT}:".encode()
    # The dashboard may move to another database.
    return f"{prefix}{_place(dsn)}:{FORMAT}:".encode()


def _place(dsn: str) -> str:
    parts = urlsplit(dsn)
    place = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    return blake2b(place.encode(), digest_size=6).hexdigest()


def _digest(*parts: bytes) -> bytes:
    # Each part follows its length: no two lists of parts give the same bytes.
    digest = blake2b(digest_size=16, person=_PERSON)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
