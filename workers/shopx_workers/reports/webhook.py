"""Webhooks: one POST to a checked address, signed, without redirects.

A generic webhook is signed as the Standard Webhooks specification says: `webhook-signature` is
base64 of the HMAC-SHA256 of `id.timestamp.body`. `webhook-id` is the same in every attempt.
"""

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from shopx_core.clients.outbound import OutboundPolicy
from shopx_core.texts import say
from shopx_workers.reports.outcome import NotSent, Outcome, Result, cut_off, shortened

_SECONDS: Final = 30
_PORTS: Final = {"http": 80, "https": 443}
_MOST_OF_ANSWER: Final = 400
_ACCEPTED: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)
_NOT_HANDLED: Final = frozenset({429, 503})
"""Answers by which the receiver says that it did nothing."""
_SERVER_ERROR: Final = 500
_TIMED_OUT: Final = 408


@dataclass(slots=True)
class _Post:
    connection: http.client.HTTPConnection
    path: str
    body: bytes
    headers: dict[str, str]

    def send(self) -> Outcome:
        """Send the request and read the answer's status."""
        try:
            self.connection.request("POST", self.path, self.body, self.headers)
            response = self.connection.getresponse()
            said = response.read(_MOST_OF_ANSWER).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return Outcome(Result.UNKNOWN, cut_off(error))
        return outcome_of(response.status, " ".join(said.split()))

    def close(self) -> None:
        """End the connection."""
        self.connection.close()


def outcome_of(status: int, said: str) -> Outcome:
    """What a status says of the message: a server's error may come after it was handled."""
    detail = f"HTTP {status} {said}".strip()[:500]
    if status in _ACCEPTED:
        return Outcome(Result.ACCEPTED, detail)
    if status in _REDIRECT:
        return Outcome(
            Result.REFUSED,
            say("delivery.redirect", "{detail} (redirects are not followed)", detail=detail),
        )
    if status in _NOT_HANDLED:
        return Outcome(Result.LATER, detail)
    if status >= _SERVER_ERROR or status == _TIMED_OUT:
        return Outcome(Result.UNKNOWN, detail)
    return Outcome(Result.REFUSED, detail)


def connect(url: str, body: bytes, headers: dict[str, str], policy: OutboundPolicy) -> _Post:
    """Open the connection to an address of the URL's host that was checked; nothing is sent yet.

    Raises:
        NotSent: The host cannot be reached, or has an address that is not permitted.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    address = _checked_address(host, port, policy)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        plain = socket.create_connection((address, port), timeout=_SECONDS)
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        connection.sock = plain
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(plain, server_hostname=host)
    except OSError as error:
        raise NotSent(
            Result.LATER,
            say(
                "delivery.host-away",
                "{host} cannot be reached: {error}",
                host=host,
                error=shortened(error),
            ),
        ) from error
    return _Post(connection, path, body, headers | {"Host": parts.netloc})


def _checked_address(host: str, port: int, policy: OutboundPolicy) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotSent(
            Result.LATER,
            say(
                "delivery.no-host",
                "{host} does not resolve: {error}",
                host=host,
                error=shortened(error),
            ),
        ) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not policy.permits(host, "", ip_address(address.partition("%")[0])):
            raise NotSent(
                Result.REFUSED,
                say(
                    "delivery.not-public",
                    "{host} is {address}, which is not public; permit it with"
                    " spec.reports.webhooks.permitted.",
                    host=host,
                    address=address,
                ),
            )
    return addresses[0]


def signed(key: str, identity: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The headers that prove where a webhook comes from.

    Args:
        key: The secret that both sides know.
        identity: The delivery's key.
        body: The body.
        now: Seconds since 1970; `None` = the present.
    """
    timestamp = str(int(time.time() if now is None else now))
    content = b".".join((identity.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(key.encode(), content, hashlib.sha256)).decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
