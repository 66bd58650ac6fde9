"""Files of other servers: `https://…` is fetched into a folder of its own, and read from there.

A user who may name a source could otherwise reach servers that only this machine reaches. So each
name, also that of a redirect, is resolved once, its addresses are checked, and the connection goes
to a checked one. Credentials are not part of an address, which is kept with each import.
"""

import asyncio
import http.client
import socket
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from shopx_core.clients.outbound import AddressRefused, Outbound
from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import redact_text
from shopx_core.texts import say
from shopx_store.importing.readers.access import AUTHORIZATION, HOW_TO_PERMIT, Access

MOST_BYTES: Final = 20 << 30
MOST_REDIRECTS: Final = 5
TIMEOUT_SECONDS: Final = 30
_CHUNK: Final = 1 << 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def is_remote(source: str) -> bool:
    """Whether a source is an address of a file rather than a path."""
    return source.startswith(("https://", "http://"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, and what its server calls this version of it; empty = it does not say."""

    path: Path
    version: str


@contextmanager
def fetched(source: str) -> Iterator[Path]:
    """The file of an address, for as long as it is needed.

    Raises:
        InvalidInput: The address is none of https, holds credentials, leads inside, or has no file
            of at most `MOST_BYTES`.
        Unavailable: The server does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="shopx-import-") as folder:
        file = fetch(source, Path(folder), Access.from_env())
        assert file is not None  # noqa: S101 -- no version is known
        yield file.path


def fetch(source: str, folder: Path, access: Access, known: str = "") -> Fetched | None:
    """Fetch the file of an address into a folder.

    Args:
        source: The address.
        folder: An empty one.
        access: How servers are reached.
        known: The version that was read before; empty = none.

    Returns:
        `None` = it is the known version still.

    Raises:
        InvalidInput: As `fetched`.
        Unavailable: As `fetched`.
    """
    outbound = access.outbound()
    parts = checked(source)
    first = parts.netloc
    for _ in range(MOST_REDIRECTS + 1):
        headers = _conditions(known)
        if access.authorization and parts.netloc == first:
            headers["Authorization"] = access.authorization
        with answer(parts, outbound, headers) as response:
            shown = f"https://{parts.netloc}{parts.path}"
            if known and response.status == http.client.NOT_MODIFIED:
                return None
            leads = response.headers.get("Location")
            if response.status in _REDIRECTS and leads:
                parts = checked(urljoin(parts.geturl(), leads))
                continue
            if response.status != http.client.OK:
                raise _not_served(response, shown)
            name = PurePosixPath(unquote(parts.path)).name or "source"
            return Fetched(save(response, folder / name, shown, MOST_BYTES), _version(response))
    raise InvalidInput(
        say(
            "source.redirects-more-times",
            "{source} redirects more than {most_redirects} times.",
            source=redact_text(source),
            most_redirects=MOST_REDIRECTS,
        )
    )


def _conditions(known: str) -> dict[str, str]:
    if not known:
        return {}
    return {"If-Modified-Since": known[1:]} if known[0] == "@" else {"If-None-Match": known}


def _version(response: http.client.HTTPResponse) -> str:
    tag, date = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return tag or (f"@{date}" if date else "")


def _not_served(response: http.client.HTTPResponse, shown: str) -> InvalidInput | Unavailable:
    text = say(
        "source.answered",
        "{shown} is answered with {status} {code}.",
        shown=shown,
        status=response.status,
        code=response.reason,
    )
    if response.status in {408, 425, 429} or response.status >= http.client.INTERNAL_SERVER_ERROR:
        return Unavailable(text, hint=say("source.try-again-later", "Try again later."))
    return InvalidInput(
        text,
        hint=say(
            "source.check-address-variable",
            "Check the address, and the variable {authorization}.",
            authorization=AUTHORIZATION,
        ),
    )


def checked(address: str) -> SplitResult:
    """The parts of an address of https.

    Raises:
        InvalidInput: It is none, or holds credentials.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise InvalidInput(
            say(
                "source.address-https-which-alone",
                "{address} is no address of https, which alone is read.",
                address=redact_text(address),
            ),
            hint=say(
                "source.download-file-import-here", "Download the file, and import it from here."
            ),
        )
    if parts.username or parts.password:
        raise InvalidInput(
            say(
                "source.address-source-holds-credentials",
                "The address of the source holds credentials, and would be kept with the import.",
            ),
            hint=say(
                "source.give-header-variable-such",
                "Give the header in the variable {authorization}, such as 'Bearer …'.",
                authorization=AUTHORIZATION,
            ),
        )
    return parts


def checked_address(host: str, port: int, outbound: Outbound, shown: str) -> str:
    """An address of a host that may be connected to.

    Raises:
        InvalidInput: It is inside.
        Unavailable: The name is not known.
    """
    try:
        return asyncio.run(outbound.addresses(host, port, ""))[0]
    except AddressRefused:
        raise InvalidInput(
            say(
                "source.inside-network-machine-itself",
                "{shown} is inside of this network, or this machine itself.",
                shown=shown,
            ),
            hint=HOW_TO_PERMIT,
        ) from None
    except OSError as error:
        raise Unavailable(
            say(
                "source.host-unknown",
                "{host} is not known: {strerror}.",
                host=host,
                strerror=error.strerror or error,
            )
        ) from None


@contextmanager
def answer(
    parts: SplitResult, outbound: Outbound, headers: Mapping[str, str]
) -> Iterator[http.client.HTTPResponse]:
    """What a server answers to one request, its body unread.

    Raises:
        InvalidInput: The server is inside.
        Unavailable: It does not answer.
    """
    host, port = parts.hostname or "", parts.port or 443
    shown = f"https://{parts.netloc}{parts.path}"
    address = checked_address(host, port, outbound, shown)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    given = {"Accept-Encoding": "identity", "User-Agent": "shopx-import"} | dict(headers)
    try:
        with closing(_Connection(host, port, address)) as connection:
            connection.request("GET", target, headers=given)
            yield connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(
            say(
                "source.cannot-fetched",
                "{shown} cannot be fetched: {error}.",
                shown=shown,
                error=error,
            )
        ) from None


def save(response: http.client.HTTPResponse, path: Path, shown: str, most: int) -> Path:
    """Write a body into a new file, in constant memory.

    Raises:
        InvalidInput: It has more bytes than `most`.
        Unavailable: It ended early.
    """
    done = 0
    with path.open("xb") as file:
        while chunk := response.read(_CHUNK):
            done += len(chunk)
            if done > most:
                raise InvalidInput(
                    say(
                        "source.more-bytes",
                        "{shown} has more than {most, number} bytes.",
                        shown=shown,
                        most=most,
                    )
                )
            file.write(chunk)
    if response.length:
        raise Unavailable(
            say(
                "source.ended-bytes-early",
                "{shown} ended {length, number} bytes early.",
                shown=shown,
                length=response.length,
            )
        )
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
