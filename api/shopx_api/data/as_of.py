"""As-of tokens, with which a page reads all of its operations as of one snapshot.

The first response of a page carries a token, and the page sends it with its other requests. A token
is a signed as-of (PostgreSQL snapshot and time): with a forged snapshot a response could show a
state that never was. The key of the signature is derived from the database's URL, which only the
processes of one installation have.
"""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime

from shopx_core.errors import InvalidInput
from shopx_store.query.read_state import AsOf
from shopx_store.query.session import AS_OF_LIFETIME, AsOfExpired

AS_OF_HEADER = b"x-shopx-as-of"


def as_of_members(instant: str, token: str) -> bytes:
    """The members of `extensions` that name the as-of of a response.

    Args:
        instant: From `instant_text`.
        token: From `AsOfTokens.encode`.
    """
    return b'"asOf":"%s","snapshot":"%s"' % (instant.encode(), token.encode())


_SNAPSHOT = re.compile(r"\d{1,20}:\d{1,20}:(?:\d{1,20}(?:,\d{1,20})*)?", re.ASCII)
_MAX_LENGTH = 4096
_SIGNATURE_BYTES = 12
_MICROSECONDS = 1_000_000


class InvalidAsOf(InvalidInput):
    """The as-of token was not made by this installation."""

    code = "AS_OF_INVALID"


class AsOfTokens:
    """Encodes and decodes tokens.

    Args:
        secret: The signature's key is derived from it; the same in all processes.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"shopx as-of\0" + secret.encode()).digest()
        self._last: tuple[AsOf, str] | None = None

    def encode(self, as_of: AsOf) -> str:
        """The token of an as-of."""
        # Most answers of a second are as of the same snapshot.
        if self._last is None or self._last[0] != as_of:
            self._last = as_of, self._encoded(as_of)
        return self._last[1]

    def _encoded(self, as_of: AsOf) -> str:
        at = as_of.at.astimezone(UTC)
        seconds = int(at.replace(microsecond=0).timestamp())
        body = f"{seconds * _MICROSECONDS + at.microsecond};{as_of.snapshot}".encode()
        return _text(self._sign(body) + body)

    def decode(self, token: str, now: datetime) -> AsOf:
        """The as-of of a token.

        Args:
            token: As a client sent it.
            now: The present, aware.

        Raises:
            InvalidAsOf: The token is not of this installation.
            AsOfExpired: It is over two minutes old.
        """
        try:
            if len(token) > _MAX_LENGTH:
                raise InvalidAsOf("The as-of token is too long.")
            padded = token + "=" * (-len(token) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # Every as-of has exactly one token: base64 has spare bits in its last character.
        if not hmac.compare_digest(signature, self._sign(body)) or _text(raw) != token:
            raise InvalidAsOf(
                "The as-of token is of another installation, or of a run of this one before its"
                " database moved.",
                hint="Leave the header out, and send `extensions.snapshot` of the response"
                " unchanged with the requests that follow.",
            )
        microseconds, _, snapshot = body.decode().partition(";")
        if not _SNAPSHOT.fullmatch(snapshot):
            raise InvalidAsOf("The as-of token holds no snapshot.")
        seconds, rest = divmod(int(microseconds), _MICROSECONDS)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
        if now - at > AS_OF_LIFETIME:
            raise AsOfExpired(
                f"The snapshot of {at.isoformat()} is more than two minutes old.",
                hint="Send the request without the as-of token, and use the token of the response.",
            )
        return AsOf(snapshot, at)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
