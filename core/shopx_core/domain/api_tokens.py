"""API tokens and their scopes: pure functions.

A token is 32 random bytes after a prefix by which leaked tokens can be searched. Only its SHA-256
is stored: with 256 bits of entropy a slow hash adds no protection and costs every request.
"""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.logging import TOKEN_PREFIX

_SHAPE = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")
MAX_NAME: Final = 100


class Scope(StrEnum):
    """What a caller may do."""

    READ = "read"
    """See every figure."""
    INGEST = "ingest"
    """Record, refund and cancel orders, and change reference data."""
    ADMIN = "admin"
    """See and revoke tokens, and manage reports."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token, without its secret."""

    id: int
    name: str
    scopes: frozenset[Scope]
    sources: frozenset[str] | None
    """The sources that it may write as; `None` = every source."""
    created_at: dt.datetime
    expires_at: dt.datetime | None
    """From then on it is rejected; `None` = never."""
    revoked_at: dt.datetime | None
    """Since then it is rejected; `None` = not revoked."""

    def active(self, now: dt.datetime) -> bool:
        """Whether it is accepted at an aware instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_secret() -> str:
    """A new token: shown once and never stored."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes | None:
    """The stored hash of a token; `None` = the text is not a token."""
    if not _SHAPE.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode()).digest()


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Read scopes by name.

    Raises:
        InvalidInput: There is none, or one is unknown.
    """
    known = {scope.value: scope for scope in Scope}
    given = [name.strip() for name in names]
    unknown = sorted(set(given) - known.keys())
    if unknown or not given:
        raise InvalidInput(
            f"Unknown scope {unknown[0]!r}." if unknown else "A token needs a scope.",
            hint=f"Scopes are: {', '.join(known)}.",
        )
    return frozenset(known[name] for name in given)


def parse_sources(
    scopes: frozenset[Scope], names: Iterable[str], *, every: bool
) -> frozenset[str] | None:
    """Read the sources that a token may write as.

    Args:
        scopes: Its scopes.
        names: The sources.
        every: Whether it may write as every source.

    Returns:
        The sources; `None` = every source. Without the scope ingest there is none.

    Raises:
        InvalidInput: A token with the scope ingest is bound to nothing, another one to something,
            or a name is empty or too long.
    """
    found = frozenset(name.strip() for name in names)
    if Scope.INGEST not in scopes:
        if found or every:
            raise InvalidInput(
                "A source is of use to a token with the scope ingest only.",
                hint="Add --scope ingest, or leave out the source.",
            )
        return frozenset()
    if bool(found) == every:
        raise InvalidInput(
            "A token with the scope ingest is bound to a source, or to none.",
            hint="Give --source NAME (several times for several), or --every-source.",
        )
    if any(not 0 < len(name) <= MAX_NAME for name in found):
        raise InvalidInput(f"The name of a source has 1 to {MAX_NAME} characters.")
    return None if every else found


def checked_name(name: str) -> str:
    """Return a token's name without surrounding white space.

    Raises:
        InvalidInput: It is empty or too long.
    """
    stripped = name.strip()
    if not 0 < len(stripped) <= MAX_NAME:
        raise InvalidInput(f"A token's name has 1 to {MAX_NAME} characters.")
    return stripped


_UNITS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1)}
_LIFETIME = re.compile(r"([1-9]\d{0,3})([hdw])")


def parse_lifetime(text: str) -> dt.timedelta:
    """Parse the lifetime of a token, such as 12h, 90d or 4w.

    Raises:
        InvalidInput: The text has another form.
    """
    match = _LIFETIME.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            f"{text!r} is not a lifetime.", hint="Write a number and h, d or w, such as 90d."
        )
    return int(match[1]) * _UNITS[match[2]]
