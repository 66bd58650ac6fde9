"""Files of other servers: `https://…` is fetched into a folder of its own, and read from there.

A user who may name a source could otherwise reach servers that only this machine reaches. So each
name, also that of a redirect, is resolved once, its addresses are checked, and the connection goes
to a checked one. Credentials are not part of an address, which is kept with each import.
"""

import asyncio
import http.client
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from shopx_core.clients.outbound import AddressRefused, Outbound, OutboundPolicy
from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import redact_text

AUTHORIZATION: Final = "SHOPX_IMPORT_AUTHORIZATION"
"""The variable with the header Authorization for the server of the source, and no other."""
PERMITTED: Final = "SHOPX_IMPORT_PERMITTED"
"""The variable with networks and names inside that may be read from, separated by commas."""
MOST_BYTES: Final = 20 << 30
MOST_REDIRECTS: Final = 5
TIMEOUT_SECONDS: Final = 30
_CHUNK: Final = 1 << 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def is_remote(source: str) -> bool:
    """Whether a source is an address of a file rather than a path."""
    return source.startswith(("https://", "http://"))


@contextmanager
def fetched(source: str) -> Iterator[Path]:
    """The file of an address, for as long as it is needed.

    Raises:
        InvalidInput: The address is none of https, holds credentials, leads inside, or has no file
            of at most `MOST_BYTES`.
        Unavailable: The server does not answer.
    """
    entries = [entry for entry in os.environ.get(PERMITTED, "").split(",") if entry.strip()]
    outbound = Outbound(OutboundPolicy.of(entries))
    with tempfile.TemporaryDirectory(prefix="shopx-import-") as folder:
        parts, first = _checked(source), source
        for _ in range(MOST_REDIRECTS + 1):
            own = parts.netloc == urlsplit(first).netloc
            target = _fetch(parts, outbound, Path(folder), authorised=own)
            if isinstance(target, Path):
                yield target
                return
            parts = _checked(urljoin(parts.geturl(), target))
        raise InvalidInput(f"{redact_text(first)} redirects more than {MOST_REDIRECTS} times.")


def _checked(address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise InvalidInput(
            f"{redact_text(address)} is no address of https, which alone is read.",
            hint="Download the file, and import it from here.",
        )
    if parts.username or parts.password:
        raise InvalidInput(
            "The address of the source holds credentials, and would be kept with the import.",
            hint=f"Give the header in the variable {AUTHORIZATION}, such as 'Bearer …'.",
        )
    return parts


def _fetch(parts: SplitResult, outbound: Outbound, folder: Path, *, authorised: bool) -> Path | str:
    """Fetch the file; its path, or where a redirect leads."""
    host, port = parts.hostname or "", parts.port or 443
    shown = f"https://{parts.netloc}{parts.path}"
    try:
        addresses = asyncio.run(outbound.addresses(host, port, ""))
    except AddressRefused:
        raise InvalidInput(
            f"{shown} is inside of this network, or this machine itself.",
            hint=f"Permit it in the variable {PERMITTED}: a name, or a network such as"
            " 10.20.0.0/16.",
        ) from None
    except OSError as error:
        raise Unavailable(f"{host} is not known: {error.strerror or error}.") from None
    headers = {"Accept-Encoding": "identity", "User-Agent": "shopx-import"}
    if authorised and (value := os.environ.get(AUTHORIZATION)):
        headers["Authorization"] = value
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        with closing(_Connection(host, port, addresses[0])) as connection:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            if response.status in _REDIRECTS and (leads := response.headers.get("Location")):
                return leads
            if response.status != http.client.OK:
                raise InvalidInput(
                    f"{shown} is answered with {response.status} {response.reason}.",
                    hint=f"Check the address, and the variable {AUTHORIZATION}.",
                )
            name = PurePosixPath(unquote(parts.path)).name or "source"
            return _saved(response, folder / name, shown)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{shown} cannot be fetched: {error}.") from None


def _saved(response: http.client.HTTPResponse, path: Path, shown: str) -> Path:
    done = 0
    with path.open("xb") as file:
        while chunk := response.read(_CHUNK):
            done += len(chunk)
            if done > MOST_BYTES:
                raise InvalidInput(f"{shown} has more than {MOST_BYTES:,} bytes.")
            file.write(chunk)
    if response.length:
        raise Unavailable(f"{shown} ended {response.length:,} bytes early.")
    return path


class _Connection(http.client.HTTPSConnection):
    """A connection to an address that was checked, for the name that the certificate must have."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._tls = ssl.create_default_context()
        self._address = address
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=self._tls)

    def connect(self) -> None:
        """Connect, without resolving the name again."""
        plain = socket.create_connection((self._address, self.port), TIMEOUT_SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
