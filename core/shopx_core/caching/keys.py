"""The name of a cached answer: everything that may alter it, hashed in one fixed order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

VERSION = 1
"""Raise it when the parts of a key or the form of an entry change: old entries then die unread."""

_PERSON = b"shopx-key-%d" % VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom an answer is for: two callers share one only if all of this is equal."""

    scope: str
    """What the caller may see (a principal's scope, never a person's name or token)."""
    zone: str = "UTC"
    """The IANA zone in which ranges are read where the operation names none."""
    currency: str = ""
    """ISO 4217 code in which money is shown where the operation names none."""
    locale: str = ""
    """BCP 47 tag of the texts in the answer; empty = the product's own language."""


def canonical_variables(variables: Mapping[str, Any] | None) -> bytes:
    """JSON whose equality is that of the variables: keys sorted at every depth, no white space.

    A variable that is absent differs from one that is null, as GraphQL has it.
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
    """Name one answer.

    Args:
        document: SHA-256 of the GraphQL document: the same whether it was sent or named by it.
        operation: Which operation of the document runs; empty = its only one.
        variables: From `canonical_variables`.
        audience: Whom it is for.
        build: The build that shapes answers: two versions behind one port share nothing.
        media: The media type that was asked for.

    Returns:
        32 hexadecimal digits, the same in every process.
    """
    return (
        _digest(
            document,
            operation.encode("utf-8", "surrogatepass"),
            variables,
            audience.scope.encode(),
            audience.zone.encode(),
            audience.currency.encode(),
            audience.locale.encode(),
            build.encode(),
            media.encode(),
        )
        .hex()
        .encode()
    )


def namespace(dsn: str) -> bytes:
    """Where the entries of one database live in a Redis that others may use too.

    Args:
        dsn: The database's URL; user, password and options do not matter.

    Returns:
        A prefix such as `shopx:5f3a9c0b12d4:1:`; the number is `VERSION`, so that two builds that
        write differently leave one another's entries alone.
    """
    parts = urlsplit(dsn)
    place = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    digest = blake2b(place.encode(), digest_size=6).hexdigest()
    return f"shopx:{digest}:{VERSION}:".encode()


def _digest(*parts: bytes) -> bytes:
    # Each part is preceded by its length: no two lists of parts give the same bytes.
    digest = blake2b(digest_size=16, person=_PERSON)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
