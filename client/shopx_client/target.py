"""Which server to ask, and with which token: from arguments, otherwise from the environment."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shopx_client.errors import ConfigurationError

URL: Final = "SHOPX_URL"
TOKEN: Final = "SHOPX_TOKEN"  # noqa: S105, the name of a variable
TOKEN_FILE: Final = "SHOPX_TOKEN_FILE"  # noqa: S105, the same
CA_FILE: Final = "SHOPX_CA_FILE"


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and how to speak to it.

    Attributes:
        url: Of the dashboard, ending in a slash.
        token: Sent with each request; it is in no text of this object.
        ca: A file of certificate authorities in PEM; None for those that are trusted anyway.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    ca: Path | None = None

    def tls(self) -> ssl.SSLContext | bool:
        """Whom to trust; verification cannot be switched off.

        Raises:
            ConfigurationError: The file of authorities cannot be read.
        """
        if self.ca is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"The certificate authorities in {self.ca} cannot be read: {error}."
            ) from error


def target(
    url: str | None,
    token: str | None,
    ca: str | Path | None,
    *,
    allows_http: bool,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """Put together what was given.

    Args:
        url: Of the dashboard; `SHOPX_URL` if None.
        token: `shx_…`; `SHOPX_TOKEN` if None, or the content of the file `SHOPX_TOKEN_FILE`.
        ca: A PEM file; `SHOPX_CA_FILE` if None.
        allows_http: Whether a token may travel unencrypted to another machine.
        environment: Variables.

    Raises:
        ConfigurationError: Something is missing, or would show the token to others.
    """
    chosen = url or environment.get(URL)
    if not chosen:
        raise ConfigurationError(f"No server is named: pass `url`, or set {URL}.")
    parts = urlsplit(chosen)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError("The URL is not of the form https://host/path.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "The URL has more than scheme, host, port and path: pass a token as `token`."
        )
    secret = token or environment.get(TOKEN) or _in_file(environment.get(TOKEN_FILE))
    if secret and not (secret.isascii() and secret.isprintable() and " " not in secret):
        raise ConfigurationError("The token has characters that no token has.")
    if secret and parts.scheme == "http" and not (allows_http or _is_here(parts.hostname)):
        raise ConfigurationError(
            f"A token would travel unencrypted to {parts.hostname}: use https, or pass"
            " `allows_http=True` on a network that you trust."
        )
    file = ca or environment.get(CA_FILE)
    base = chosen.rstrip("/").removesuffix("/graphql")
    return Target(f"{base}/", secret, Path(file) if file else None)


def _in_file(name: str | None) -> str | None:
    if not name:
        return None
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The token's file {name} cannot be read: {error}.") from error


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
