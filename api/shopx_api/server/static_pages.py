"""The built pages: immutable hashed assets, precompressed; any other path is the page."""

import asyncio
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from shopx_api.asgi import Headers, Receive, Scope, Send

FOLDER: Final = Path(__file__).parent.parent / "static"

# Smallest first: the files are compressed ahead of time.
ENCODINGS: Final = (("br", ".br"), ("zstd", ".zst"), ("gzip", ".gz"))

SECURITY: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (
        b"content-security-policy",
        # Charts and the explorer's editor set styles by script; the editor's workers are blobs.
        (
            b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
            b" font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none';"
            b" form-action 'self'; frame-ancestors 'self'"
        ),
    ),
]
_FOREVER = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"
_LANGUAGE = b'name="default-language" content="%s"'
_MISSING = b"This build has no pages: they are made by `make frontend`. The API is at /graphql.\n"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    media: bytes
    cache: bytes
    etag: bytes
    encoded: Mapping[str, Path]
    body: bytes | None = None
    """What is served instead of the file's content."""

    def read(self) -> bytes:
        """The content, uncompressed."""
        return self.path.read_bytes() if self.body is None else self.body


class StaticPages:
    """Serves a folder that does not change while the process runs.

    Args:
        base: The path below which they are, such as /analytics; empty = the whole host.
        folder: The build; it may be missing.
        language: Of readers that chose none; `None` = their browser's.
    """

    def __init__(
        self, base: str = "", folder: Path = FOLDER, *, language: str | None = None
    ) -> None:
        self._files = {
            name: _written(found, base, language)
            if (base or language) and name.endswith(".html")
            else found
            for name, found in _files(folder)
        }
        self._page = self._files.get("/index.html")

    def read(self, name: str) -> bytes | None:
        """A file of the build by its path; `None` without one."""
        found = self._files.get(name)
        return found.read() if found else None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve a GET or HEAD; a path without a file is a page of the single-page application."""
        if scope["method"] not in {"GET", "HEAD"}:
            await _send(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        path: str = scope["path"]
        found = self._files.get("/index.html" if path == "/" else path)
        if found is None and not path.startswith("/assets/"):
            found = self._page
            if found is None:
                text = [(b"content-type", b"text/plain; charset=utf-8")]
                await _send(send, 404, text, _MISSING)
                return
        if found is None:
            # A page of an older build requests assets that no longer exist.
            await _send(send, 404, [(b"cache-control", _ASK)], b"")
            return
        await self._file(found, scope, send)

    @staticmethod
    async def _file(found: _File, scope: Scope, send: Send) -> None:
        headers: Headers = [
            (b"cache-control", found.cache),
            (b"etag", found.etag),
            (b"vary", b"Accept-Encoding"),
            *SECURITY,
        ]
        request_headers = dict(scope["headers"])
        if found.etag in request_headers.get(b"if-none-match", b""):
            await _send(send, 304, headers, b"", sized=False)
            return
        read = found.read
        encoding = accepted(
            request_headers.get(b"accept-encoding", b"").decode("latin-1"), found.encoded
        )
        if encoding is not None:
            read = found.encoded[encoding].read_bytes
            headers.append((b"content-encoding", encoding.encode()))
        body = await asyncio.to_thread(read)
        headers += [(b"content-type", found.media), (b"content-length", b"%d" % len(body))]
        await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body, sized=False)


def accepted(header: str, encoded: Mapping[str, Path]) -> str | None:
    """The best available encoding that a client accepts; `None` = uncompressed.

    Args:
        header: Accept-Encoding.
        encoded: The available files, by encoding.
    """
    taken = set()
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        refused = parameters.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        if not refused:
            taken.add(name.strip().lower())
    return next((name for name, _ in ENCODINGS if name in taken and name in encoded), None)


def _written(page: _File, base: str, language: str | None) -> _File:
    """A page with what its scripts ask it for: the path below which it is, and a language.

    The build names everything from the root, `="/…`. The page is small, so it goes out
    uncompressed.
    """
    body = page.path.read_bytes().replace(b'="/', f'="{base}/'.encode())
    body = body.replace(_LANGUAGE % b"", _LANGUAGE % (language or "").encode())
    etag = hashlib.blake2b(body, digest_size=8).hexdigest()
    return replace(page, body=body, etag=f'W/"{etag}"'.encode(), encoded={})


def _files(folder: Path) -> list[tuple[str, _File]]:
    suffixes = tuple(suffix for _, suffix in ENCODINGS)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in suffixes:
            continue
        name = "/" + path.relative_to(folder).as_posix()
        siblings = {encoding: path.with_name(path.name + suffix) for encoding, suffix in ENCODINGS}
        stat = path.stat()
        mark = hashlib.blake2b(f"{name}:{stat.st_mtime_ns}:{stat.st_size}".encode(), digest_size=8)
        found.append(
            (
                name,
                _File(
                    path=path,
                    media=_media(path).encode(),
                    cache=_FOREVER if name.startswith("/assets/") else _ASK,
                    etag=b'W/"' + mark.hexdigest().encode() + b'"',
                    encoded={key: place for key, place in siblings.items() if place.is_file()},
                ),
            )
        )
    return found


def _media(path: Path) -> str:
    if path.suffix in {".js", ".mjs"}:
        # Some systems map it to text/plain, which browsers refuse to run.
        return "text/javascript; charset=utf-8"
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


async def _send(
    send: Send, status: int, headers: Headers, body: bytes, *, sized: bool = True
) -> None:
    if sized:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
