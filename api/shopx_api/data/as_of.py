"""As-of tokens: how a page asks all of its operations as of one moment.

The first answer of a page brings a token; the page sends it with the others. A token is a moment
(PostgreSQL snapshot and time) under a signature: a snapshot that nobody took would make an answer
that never was true. Its key is derived from the database's URL, which every process of an
installation has and nobody else.
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

HEADER = b"x-shopx-as-of"

_SNAPSHOT = re.compile(r"\d{1,20}:\d{1,20}:(?:\d{1,20}(?:,\d{1,20})*)?", re.ASCII)
_MAX_LENGTH = 4096
_SIGNATURE_BYTES = 12
_MICROSECONDS = 1_000_000


class InvalidAsOf(InvalidInput):
    """An as-of token that this installation did not make."""

    code = "AS_OF_INVALID"


class AsOfTokens:
    """Makes and reads tokens.

    Args:
        secret: What the signature's key is derived from; the same in all processes.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"shopx as-of\0" + secret.encode()).digest()

    def encode(self, as_of: AsOf) -> str:
        """The token of a moment."""
        at = as_of.at.astimezone(UTC)
        seconds = int(at.replace(microsecond=0).timestamp())
        body = f"{seconds * _MICROSECONDS + at.microsecond};{as_of.snapshot}".encode()
        return _text(self._sign(body) + body)

    def decode(self, token: str, now: datetime) -> AsOf:
        """The moment of a token.

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
        # One moment has one spelling: base64 has bits to spare in its last character.
        if not hmac.compare_digest(signature, self._sign(body)) or _text(raw) != token:
            raise InvalidAsOf(
                "The as-of token is not of this installation.",
                hint="Send `extensions.snapshot` of an answer as it was, or leave the header out.",
            )
        microseconds, _, snapshot = body.decode().partition(";")
        if not _SNAPSHOT.fullmatch(snapshot):
            raise InvalidAsOf("The as-of token holds no snapshot.")
        seconds, rest = divmod(int(microseconds), _MICROSECONDS)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
        if now - at > AS_OF_LIFETIME:
            raise AsOfExpired(
                f"The moment {at.isoformat()} is over two minutes ago.",
                hint="Ask without the as-of token, and use the one that the answer brings.",
            )
        return AsOf(snapshot, at)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
