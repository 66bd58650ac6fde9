"""Objects of S3-compatible servers: `s3://bucket/key`, `s3://bucket/folder/*.csv`.

botocore makes the signed addresses and understands the answers. The requests are made as those of
`https://` sources are: so a bucket's server is checked alike, and bodies are written in parts.

An address may end with `?region=eu-central-1` and `?endpoint=https://s3.example.org`, of which the
second is for servers other than AWS.
"""

import http.client
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError, create_parser

from shopx_core.errors import InvalidInput, ShopxError, Unavailable
from shopx_core.texts import say
from shopx_store.importing.readers import remote
from shopx_store.importing.readers.access import HOW_TO_PERMIT, KEY_VARIABLES, Access

SCHEME: Final = "s3://"
DEFAULT_REGION: Final = "us-east-1"
MOST_OBJECTS: Final = 10_000
MOST_LISTED: Final = 200
"""Pages of a list, of a thousand objects each."""
_LIST_BYTES: Final = 16 << 20
_ERROR_BYTES: Final = 1 << 20
_EXPIRES_SECONDS: Final = 900
_FORM: Final = "s3://bucket/key, s3://bucket/folder/*.csv or s3://bucket/folder/"
_CREDENTIALS: Final = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "ExpiredToken",
        "InvalidSecurity",
    }
)
_REGIONS: Final = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
     "AuthorizationQueryParametersError", "TemporaryRedirect"}
)  # fmt: skip


def is_bucket(source: str) -> bool:
    """Whether a source is in a bucket."""
    return source.startswith(SCHEME)


@dataclass(frozen=True, slots=True)
class Item:
    """An object: its key, its bytes, and what the server calls this version of it."""

    key: str
    size: int
    version: str

    @property
    def name(self) -> str:
        """The last part of its key."""
        return PurePosixPath(self.key).name


@contextmanager
def held(source: str) -> Iterator[Path]:
    """The object of an address, or a folder of several, for as long as they are needed.

    Raises:
        InvalidInput: The address is none, leads inside, or names nothing that may be read.
        Unavailable: The server does not answer.
    """
    bucket = Bucket(source, Access.from_env())
    with tempfile.TemporaryDirectory(prefix="shopx-import-") as made:
        folder = Path(made)
        files = bucket.fetch(bucket.items(), folder)
        yield folder if bucket.is_folder else files[0]


class Bucket:
    """The objects that an address names.

    Args:
        source: The address.
        access: How servers are reached, and the keys.

    Raises:
        InvalidInput: The address is none of a bucket.
    """

    def __init__(self, source: str, access: Access) -> None:
        parts = urlsplit(source)
        options = parse_qs(parts.query)
        if (
            parts.scheme != "s3"
            or not parts.hostname
            or "@" in parts.netloc
            or parts.fragment
            or len(parts.path) < len("/k")
            or not options.keys() <= {"region", "endpoint"}
        ):
            raise InvalidInput(
                say("source.source-address-bucket", "The source is no address of a bucket."),
                hint=say(
                    "source.use-region-endpoint-where",
                    "Use {form}, with ?region= and &endpoint= where needed; keys are in"
                    " {key_variables} and {key_variables2}.",
                    form=_FORM,
                    key_variables=KEY_VARIABLES[0],
                    key_variables2=KEY_VARIABLES[1],
                ),
            )
        self._bucket = parts.netloc
        key = unquote(parts.path[1:])
        self._folder, self._pattern = key[: key.rfind("/") + 1], key[key.rfind("/") + 1 :] or "*"
        if "*" in self._folder:
            raise InvalidInput(
                say(
                    "source.only-last-part-key",
                    "{source}: only the last part of a key may have a *.",
                    source=source.partition("?")[0],
                ),
                hint=say("source.use-form", "Use {form}.", form=_FORM),
            )
        self.is_folder = "*" in self._pattern
        """Whether it may be several objects."""
        self._outbound = access.outbound()
        self._region = options.get("region", [access.region or DEFAULT_REGION])[0]
        self._endpoint = options.get("endpoint", [access.endpoint])[0]
        if self._endpoint is not None:
            remote.checked(self._endpoint)
        self._access = access
        self._made: Any = None

    @property
    def shown(self) -> str:
        """For messages."""
        return f"{SCHEME}{self._bucket}/{self._folder}{self._pattern}"

    def items(self) -> list[Item]:
        """The objects, by key.

        Raises:
            InvalidInput: There is none, or it may not be known.
            Unavailable: The server does not answer.
        """
        found: list[Item] = []
        others: list[str] = []
        token: str | None = None
        for _ in range(MOST_LISTED):
            page = self._page(token)
            for one in page.get("Contents", ()):
                item = Item(unquote_plus(one["Key"]), one["Size"], one.get("ETag", ""))
                if item.key.endswith("/"):
                    continue
                if self._matches(item):
                    found.append(item)
                elif len(others) < 20:  # noqa: PLR2004 -- as many as a message shows
                    others.append(item.name)
            token = page.get("NextContinuationToken")
            if token is None or len(found) > MOST_OBJECTS:
                break
        if token is not None:
            raise InvalidInput(
                say(
                    "source.more-objects-folder-more",
                    "{shown} is more than {most_objects, number} objects, or in a folder of more"
                    " than {most_listed, number}.",
                    shown=self.shown,
                    most_objects=MOST_OBJECTS,
                    most_listed=MOST_LISTED * 1000,
                ),
                hint=say(
                    "source.name-fewer-such-s3", "Name fewer, such as s3://bucket/2026/*.csv."
                ),
            )
        if not found:
            raise InvalidInput(
                say(
                    "source.object-folder",
                    "No object is {shown}; that folder has {others}.",
                    shown=self.shown,
                    others=", ".join(others) or "no object",
                ),
                hint=say(
                    "source.correct-key-folders-within",
                    "Correct the key; folders within it are not read.",
                ),
            )
        return found

    def fetch(self, items: list[Item], folder: Path) -> list[Path]:
        """Fetch objects into a folder, in constant memory.

        Raises:
            InvalidInput: They have more than `remote.MOST_BYTES` together, or may not be read.
            Unavailable: The server does not answer.
        """
        left = remote.MOST_BYTES
        files = []
        for item in items:
            shown = f"{SCHEME}{self._bucket}/{item.key}"
            address = self._signed("get_object", {"Bucket": self._bucket, "Key": item.key})
            with remote.answer(urlsplit(address), self._outbound, {}) as response:
                if response.status != http.client.OK:
                    raise self._failure(response, "GetObject", shown)
                path = remote.save(response, folder / item.name, shown, left)
            left -= path.stat().st_size
            files.append(path)
        return files

    def _matches(self, item: Item) -> bool:
        # Of fnmatch's wildcards, keys have the star alone.
        pattern = self._pattern.replace("[", "[[]").replace("?", "[?]")
        return fnmatchcase(item.name, pattern)

    def _page(self, token: str | None) -> dict[str, Any]:
        head = self._folder + self._pattern.partition("*")[0]
        params = {"Bucket": self._bucket, "Prefix": head, "Delimiter": "/", "EncodingType": "url"}
        if token is not None:
            params["ContinuationToken"] = token
        address = self._signed("list_objects_v2", params)
        with remote.answer(urlsplit(address), self._outbound, {}) as response:
            if response.status != http.client.OK:
                raise self._failure(response, "ListObjectsV2", self.shown)
            body = response.read(_LIST_BYTES)
            return self._understood(body, response, "ListObjectsV2")

    def _signed(self, operation: str, params: dict[str, str]) -> str:
        try:
            if self._made is None:
                self._made = self._client()
            return str(
                self._made.generate_presigned_url(operation, params, ExpiresIn=_EXPIRES_SECONDS)
            )
        except (BotoCoreError, ValueError) as error:
            raise InvalidInput(
                say(
                    "source.cannot-addressed",
                    "{shown} cannot be addressed: {error}.",
                    shown=self.shown,
                    error=error,
                )
            ) from None

    def _client(self) -> Any:
        keys = self._access.keys
        return botocore.session.Session().create_client(
            "s3",
            region_name=self._region,
            endpoint_url=self._endpoint,
            aws_access_key_id=keys.id if keys else None,
            aws_secret_access_key=keys.secret if keys else None,
            aws_session_token=keys.token if keys else None,
            config=Config(
                signature_version="s3v4" if keys else UNSIGNED,
                # The bucket of another server is not a name in the DNS.
                s3={"addressing_style": "path" if self._endpoint else "virtual"},
                ignore_configured_endpoint_urls=True,
            ),
        )

    def _understood(
        self, body: bytes, response: http.client.HTTPResponse, operation: str
    ) -> dict[str, Any]:
        shape = self._made.meta.service_model.operation_model(operation).output_shape
        headers = {name.lower(): value for name, value in response.headers.items()}
        given = {"body": body, "headers": headers, "status_code": response.status}
        try:
            parsed: dict[str, Any] = create_parser("rest-xml").parse(given, shape)
        except ResponseParserError:
            raise Unavailable(
                say(
                    "source.what-answers-server-s3",
                    "What answers for {shown} is no server of S3.",
                    shown=self.shown,
                )
            ) from None
        return parsed

    def _failure(
        self, response: http.client.HTTPResponse, operation: str, shown: str
    ) -> ShopxError:
        body = response.read(_ERROR_BYTES)
        error = self._understood(body, response, operation).get("Error", {})
        code, status = str(error.get("Code", "")), response.status
        region = response.headers.get("x-amz-bucket-region") or error.get("Region")
        if code in _REGIONS or (status in {301, 307, 400} and region not in {None, self._region}):
            return InvalidInput(
                say(
                    "source.in-other-region",
                    "The bucket {bucket} is not in the region {region}, but in {other}.",
                    bucket=repr(self._bucket),
                    region=self._region,
                    other=region,
                )
                if region
                else say(
                    "source.not-in-region",
                    "The bucket {bucket} is not in the region {region}.",
                    bucket=repr(self._bucket),
                    region=self._region,
                ),
                hint=say(
                    "source.end-address-region",
                    "End the address with ?region={region}.",
                    region=region or "REGION",
                ),
            )
        if code == "NoSuchBucket":
            return InvalidInput(
                say(
                    "source.no-bucket",
                    "There is no bucket {bucket} at {endpoint}.",
                    bucket=repr(self._bucket),
                    endpoint=self._endpoint or "AWS",
                ),
                hint=say(
                    "source.correct-name-end-address",
                    "Correct its name, or end the address with ?endpoint=https://SERVER.",
                ),
            )
        if code == "NoSuchKey":
            return InvalidInput(
                say("source.gone", "{shown} is no longer there.", shown=shown),
                hint=say("source.import-what-now", "Import what is there now."),
            )
        if code in _CREDENTIALS or status in {401, 403}:
            right = "s3:ListBucket" if operation == "ListObjectsV2" else "s3:GetObject"
            if code in _CREDENTIALS:
                text = say(
                    "source.keys-not-valid",
                    "{shown}: the keys are not valid ({code}).",
                    shown=shown,
                    code=code,
                )
            elif self._access.keys:
                text = say(
                    "source.keys-may-not-read",
                    "{shown}: the keys may not read it ({code}).",
                    shown=shown,
                    code=code or status,
                )
            else:
                text = say(
                    "source.anyone-may-not-read",
                    "{shown}: without keys, anyone may not read it ({code}).",
                    shown=shown,
                    code=code or status,
                )
            return InvalidInput(
                text,
                hint=say(
                    "source.check-keys-their-right",
                    "Check the keys, and their right {right}.",
                    right=right,
                ),
            )
        if status in {408, 425, 429} or status >= http.client.INTERNAL_SERVER_ERROR:
            return Unavailable(
                say(
                    "source.answered",
                    "{shown} is answered with {status} {code}.",
                    shown=shown,
                    status=status,
                    code=code or response.reason,
                )
            )
        return InvalidInput(
            say(
                "source.answered",
                "{shown} is answered with {status} {code}.",
                shown=shown,
                status=status,
                code=code or response.reason,
            ),
            hint=say(
                "source.check-address-if-server",
                "Check the address. If the server is inside of this network: {how_to_permit}",
                how_to_permit=HOW_TO_PERMIT,
            ),
        )
