"""Files that arrive in parts, by the tus protocol 1.0 with its extensions creation and termination.

`POST /uploads` announces a file, `PATCH /uploads/ID` appends a part, `HEAD` says how far it is, so
that a client continues after any interruption, through any process. The parts are rows of the
database, which the workers read (ADR 57). A part is a request body, so it is as short as these.
"""

import base64
import re
import uuid
from dataclasses import dataclass
from typing import Final

import asyncpg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.auth.authenticator import Authenticator
from shopx_api.data.single_connection import SingleConnection
from shopx_api.server.file_requests import refused
from shopx_core import logging
from shopx_core.domain.api_tokens import Scope as AccessScope
from shopx_core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RateLimited,
    ShopxError,
    Unauthenticated,
    Unavailable,
)
from shopx_core.settings import Settings
from shopx_core.texts import say

PATH: Final = "/uploads"
ONE: Final = "/uploads/{id}"
MAX_NAME: Final = 200

_VERSION: Final = {"tus-resumable": "1.0.0"}
_NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_MEDIA: Final = "application/offset+octet-stream"

_CREATE: Final = """
insert into uploads (name, bytes, created_by)
select $1, $2::bigint, $3
where (select coalesce(sum(bytes), 0) from uploads) + $2::bigint <= $4::bigint
returning id
"""
_STATE: Final = """
select u.bytes, coalesce(max(c.start + octet_length(c.data)), 0)::bigint as arrived
from uploads u left join upload_chunks c on c.upload_id = u.id
where u.id = $1 group by u.bytes
"""
# The lock orders the parts of one file; a second one at the same place breaks the key.
_APPEND: Final = """
with upload as (
    update uploads set touched_at = now() where id = $1 returning bytes
), arrived as (
    select coalesce(max(start + octet_length(data)), 0) as bytes from upload_chunks
    where upload_id = $1
)
insert into upload_chunks (upload_id, start, data)
select $1, $2::bigint, $3::bytea from upload, arrived
where arrived.bytes = $2::bigint and $2::bigint + octet_length($3::bytea) <= upload.bytes
returning start + octet_length(data) as arrived
"""
_REMOVE: Final = "delete from uploads where id = $1 returning id"

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class _State:
    bytes: int
    arrived: int


class _Refused(Exception):  # noqa: N818 -- a response, not an error of this module
    def __init__(self, error: ShopxError, status: int) -> None:
        self.error = error
        self.status = status


class Uploads:
    """Takes files from callers with the scope ingest.

    Args:
        settings: The limits, and the path below which everything is.
        authenticator: Finds callers.
        database: A connection of its own, so that parts delay neither reads nor writes.
    """

    def __init__(
        self, settings: Settings, authenticator: Authenticator, database: SingleConnection
    ) -> None:
        self._limits = settings.imports
        self._base = settings.api.base_path
        self._authenticator = authenticator
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except _Refused as known:
            response = _failure(known.error, known.status)
        except ClientDisconnect:
            return
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("upload_postponed", reason=str(error) or type(error).__name__)
            away = Unavailable(
                say("upload.database-does-answer", "The database does not answer."),
                hint=say("upload.continue-few-seconds", "Continue in a few seconds."),
            )
            response = _failure(away, 503)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        one = "id" in request.path_params
        methods = {"HEAD", "PATCH", "DELETE"} if one else {"OPTIONS", "POST"}
        if request.method not in methods:
            wrong = InvalidInput(
                say(
                    "upload.address-does-take",
                    "This address does not take {method}.",
                    method=request.method,
                )
            )
            response = _failure(wrong, 405)
            response.headers["allow"] = ", ".join(sorted(methods))
            return response
        if request.method == "OPTIONS":
            return self._options()
        return await self._permitted(request)

    async def _permitted(self, request: Request) -> Response:
        # Before the body is read, which the caller may have no right to send.
        caller = await self._caller(request)
        if request.headers.get("tus-resumable") != _VERSION["tus-resumable"]:
            version = InvalidInput(
                say("upload.tus-version", "The header Tus-Resumable is not 1.0.0.")
            )
            response = _failure(version, 412)
            response.headers["tus-version"] = _VERSION["tus-resumable"]
            return response
        if request.method == "POST":
            return await self._create(request, caller)
        upload = _id(request)
        if request.method == "HEAD":
            return await self._head(upload)
        if request.method == "PATCH":
            return await self._append(request, upload)
        if await self._database.row(_REMOVE, upload) is None:
            raise _gone()
        return _empty(204)

    def _options(self) -> Response:
        return _empty(
            204,
            **{
                "tus-version": "1.0.0",
                "tus-extension": "creation,termination",
                "tus-max-size": str(self._limits.max_bytes),
            },
        )

    async def _caller(self, request: Request) -> str:
        try:
            principal = await self._authenticator.principal(request.scope)
            principal.require(AccessScope.INGEST)
        except Unauthenticated as error:
            raise _Refused(error, 401) from None
        except Forbidden as error:
            raise _Refused(error, 403) from None
        except RateLimited as error:
            raise _Refused(error, 429) from None
        except Unavailable as error:
            raise _Refused(error, 503) from None
        return principal.name

    async def _create(self, request: Request, caller: str) -> Response:
        size = _number(request, "upload-length")
        name = _file_name(request.headers.get("upload-metadata", ""))
        if size == 0:
            raise _Refused(
                InvalidInput(
                    say("upload.empty", "{name} is empty.", name=name),
                    hint=say("file.export-again", "Export it again."),
                ),
                400,
            )
        largest = self._limits.max_bytes
        if size > largest:
            raise _Refused(
                InvalidInput(
                    say(
                        "upload.bytes-most-may-uploaded",
                        "{name} has {size, number} bytes, and at most {largest, number} may be"
                        " uploaded.",
                        name=name,
                        size=size,
                        largest=largest,
                    ),
                    hint=say(
                        "upload.pack-gzip-zip-split",
                        "Pack it with gzip or zip, split it, import it by `shopx import`, or"
                        " raise imports.maxFileSize.",
                    ),
                ),
                413,
            )
        row = await self._database.row(_CREATE, name, size, caller, self._limits.room)
        if row is None:
            raise _Refused(
                Unavailable(
                    say(
                        "upload.room-another-file-others",
                        "There is no room for another file: others wait for their import.",
                    ),
                    hint=say(
                        "upload.they-removed-after-days",
                        "They are removed after {keep_days} days; imports.storage says how much"
                        " room there is.",
                        keep_days=self._limits.keep_days,
                    ),
                ),
                507,
            )
        _log.info("upload_created", bytes=size, by=caller)
        return _empty(201, location=f"{self._base}{PATH}/{row['id']}", **{"upload-offset": "0"})

    async def _head(self, upload: uuid.UUID) -> Response:
        state = await self._state(upload)
        return _empty(
            200, **{"upload-offset": str(state.arrived), "upload-length": str(state.bytes)}
        )

    async def _append(self, request: Request, upload: uuid.UUID) -> Response:
        media = request.headers.get("content-type", "").partition(";")[0].strip()
        if media != _MEDIA:
            raise _Refused(
                InvalidInput(
                    say("upload.part-type", "A part is of the type {media}.", media=_MEDIA)
                ),
                415,
            )
        start = _number(request, "upload-offset")
        # No longer than the server lets a body be.
        part = await request.body()
        row = None
        if part:
            try:
                row = await self._database.row(_APPEND, upload, start, part)
            except asyncpg.UniqueViolationError:
                row = None
        if row is not None:
            return _empty(204, **{"upload-offset": str(row["arrived"])})
        state = await self._state(upload)
        if not part and start == state.arrived:
            return _empty(204, **{"upload-offset": str(start)})
        if state.arrived != start:
            moved = Conflict(
                say(
                    "upload.bytes-arrived-part-begins",
                    "{arrived, number} bytes have arrived, and the part begins at {start, number}.",
                    arrived=state.arrived,
                    start=start,
                ),
                hint=say(
                    "upload.ask-head-how-far",
                    "Ask with HEAD how far the upload is, and continue there.",
                ),
            )
            raise _Refused(moved, 409)
        raise _Refused(
            InvalidInput(
                say(
                    "upload.file-bytes-announced",
                    "The file has {bytes, number} bytes, as announced.",
                    bytes=state.bytes,
                )
            ),
            413,
        )

    async def _state(self, upload: uuid.UUID) -> _State:
        row = await self._database.row(_STATE, upload)
        if row is None:
            raise _gone()
        return _State(row["bytes"], row["arrived"])


def _gone() -> _Refused:
    return _Refused(
        NotFound(
            say("upload.none", "There is no such upload."),
            hint=say("upload.again", "Upload the file again."),
        ),
        404,
    )


def _id(request: Request) -> uuid.UUID:
    try:
        return uuid.UUID(request.path_params["id"])
    except ValueError:
        raise _gone() from None


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise _Refused(
            InvalidInput(
                say(
                    "upload.header-number-bytes",
                    "The header {header} is no number of bytes.",
                    header=header.title(),
                )
            ),
            400,
        )
    return int(text)


def _file_name(metadata: str) -> str:
    """The name in tus's metadata, without folders and what is not printed."""
    name = ""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                name = base64.b64decode(value, validate=True).decode()
            except ValueError:
                raise _Refused(
                    InvalidInput(
                        say(
                            "upload.name-upload-metadata-base64",
                            "The name in Upload-Metadata is not base64.",
                        )
                    ),
                    400,
                ) from None
    plain = "".join(one for one in re.split(r"[/\\]", name)[-1] if one.isprintable()).strip()
    return plain[-MAX_NAME:] if plain not in {"", ".", ".."} else "file"


def _empty(status: int, **headers: str) -> Response:
    return Response(status_code=status, headers={**_VERSION, **_NO_STORE, **headers})


def _failure(error: ShopxError, status: int) -> Response:
    response = refused(error, status)
    response.headers.update({**_VERSION, **_NO_STORE})
    return response
