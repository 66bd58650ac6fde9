"""What sources on other servers are reached with: credentials, and the networks that they may use.

Both come from this process's environment or from files that its administrator mounts: never from a
mapping, from a feed's row, or from an address, which are kept and shown.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from shopx_core.clients.outbound import Outbound, OutboundPolicy
from shopx_core.errors import InvalidConfiguration, InvalidInput
from shopx_core.logging import redact_text
from shopx_core.texts import say

AUTHORIZATION: Final = "SHOPX_IMPORT_AUTHORIZATION"
"""The variable with the header Authorization for the server of the source, and no other."""
PERMITTED: Final = "SHOPX_IMPORT_PERMITTED"
"""The variable with networks and names inside that may be read from, separated by commas."""
HOW_TO_PERMIT: Final = say(
    "source.how-to-permit",
    "Permit its name, or a network such as 10.20.0.0/16: of a feed in spec.imports.feeds.permitted"
    " of the manifest (the workers' variable SHOPX_IMPORTS_PERMITTED, a list as JSON); of the"
    " command in its variable SHOPX_IMPORT_PERMITTED, separated by commas.",
)
KEY_VARIABLES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
ENDPOINT_VARIABLES: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True)
class Keys:
    """Of a bucket."""

    id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """How other servers are reached."""

    permitted: tuple[str, ...] = ()
    """Networks and names inside that may be read from."""
    authorization: str | None = field(default=None, repr=False)
    """The header of that name, for the server of the source alone."""
    keys: Keys | None = None
    """Of buckets; `None` = as anyone."""
    region: str | None = None
    """Of buckets whose address has none."""
    endpoint: str | None = None
    """The server of buckets whose address has none; `None` = AWS."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """What a command's environment says, with the usual names of S3's tools."""
        given = os.environ if environ is None else environ
        key, secret, token = (given.get(name) or None for name in KEY_VARIABLES)
        if (key is None) != (secret is None):
            raise InvalidConfiguration(
                say(
                    "source.set-without-other",
                    "One of {key_variables} and {key_variables2} is set without the other.",
                    key_variables=KEY_VARIABLES[0],
                    key_variables2=KEY_VARIABLES[1],
                ),
                hint=say(
                    "source.set-both-neither-bucket",
                    "Set both, or neither for a bucket that anyone may read.",
                ),
            )
        return cls(
            permitted=tuple(one for one in given.get(PERMITTED, "").split(",") if one.strip()),
            authorization=given.get(AUTHORIZATION) or None,
            keys=Keys(key, secret, token) if key and secret else None,
            region=next((given[name] for name in REGION_VARIABLES if given.get(name)), None),
            endpoint=next((given[name] for name in ENDPOINT_VARIABLES if given.get(name)), None),
        )

    def outbound(self) -> Outbound:
        """Resolves and checks servers."""
        return Outbound(OutboundPolicy.of(self.permitted))


@dataclass(frozen=True, slots=True)
class Credential:
    """What a file of the administrator says: for which source, and the secret.

    A file has two lines: the beginning of the addresses that it is for, such as
    `https://shop.example.org/` or `s3://bucket`, and the secret. So a user who may add a feed
    cannot send a secret to another server. A secret that signs webhooks is sent nowhere, and alone.
    """

    secret: str = field(repr=False)
    address: str | None = None

    @classmethod
    def read(cls, folder: str | None, name: str) -> Self:
        """Read a credential by its name.

        Raises:
            InvalidConfiguration: There is none, or its file cannot be read.
        """
        if folder is None:
            raise InvalidConfiguration(
                say(
                    "source.dashboard-folder-credentials",
                    "This dashboard has no folder of credentials.",
                ),
                hint=say(
                    "source.set-shopx-imports-credentials",
                    "Set SHOPX_IMPORTS_CREDENTIALS, on a cluster spec.imports.feeds.secretName.",
                ),
            )
        try:
            text = (Path(folder) / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InvalidConfiguration(
                say(
                    "source.credential-cannot-read",
                    "The credential {name} cannot be read: {why}.",
                    name=repr(name),
                    why=why,
                ),
                hint=say(
                    "source.file-folder-credentials-key",
                    "It is a file in the folder of credentials, a key of their Secret.",
                ),
            ) from None
        *before, secret = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        if not secret or len(before) > 1:
            raise InvalidConfiguration(
                say(
                    "source.credential-lines",
                    "The credential {name} has {before} lines.",
                    name=repr(name),
                    before=len(before) + bool(secret),
                ),
                hint=say(
                    "source.write-what-such-s3",
                    "Write what it is for (such as s3://bucket) into the first, the secret into"
                    " the second; one that signs webhooks into the only one.",
                ),
            )
        return cls(secret, before[0] if before else None)

    def expect_for(self, source: str, name: str) -> None:
        """Require that it is meant for a source.

        Raises:
            InvalidInput: It is for another one, or does not say for which.
        """
        if self.address is None or not _covers(urlsplit(self.address), urlsplit(source)):
            shown = redact_text(source)
            raise InvalidInput(
                say(
                    "source.credential-for-other",
                    "The credential {name} is for {address}, and the source is {source}.",
                    name=repr(name),
                    address=self.address,
                    source=shown,
                )
                if self.address
                else say(
                    "source.credential-for-none",
                    "The credential {name} does not say what it is for, and the source is"
                    " {source}.",
                    name=repr(name),
                    source=shown,
                ),
                hint=say(
                    "source.first-line-file-beginning",
                    "The first line of its file is the beginning of the source's address.",
                ),
            )

    def pair(self, name: str) -> tuple[str, str]:
        """The two parts of `user:password`, or of `key id:secret key`.

        Raises:
            InvalidConfiguration: It has no colon.
        """
        user, colon, password = self.secret.partition(":")
        if not colon:
            raise InvalidConfiguration(
                say("source.credential-pair", "The credential {name} is no pair.", name=repr(name)),
                hint=say(
                    "source.second-line-user-password",
                    "Its second line is user:password, of a bucket KEY-ID:SECRET-KEY.",
                ),
            )
        return user, password


def _covers(one: SplitResult, other: SplitResult) -> bool:
    if (one.scheme, one.netloc) != (other.scheme, other.netloc):
        return False
    path = one.path.rstrip("/")
    return other.path == path or other.path.startswith(f"{path}/")
