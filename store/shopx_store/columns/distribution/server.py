"""The builder's HTTP server: the list of generations, and their files by range.

- `GET /generations`: JSON, newest first.
- `GET /generations/ID`: the file; `Range: bytes=N-` resumes.

Every request needs the shared secret as a bearer token: the files hold the business's figures.
"""

import contextlib
import hmac
import re
import socket
import threading
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, Final

from shopx_core import logging
from shopx_store.columns.base import path_of
from shopx_store.columns.distribution.catalog import CHUNK, Catalog, as_json

TRANSFERS: Final = 4
"""Files that are sent at once; a further request is asked to come again."""

TIMEOUT: Final = 30.0
"""Seconds after which a client that reads nothing is given up."""

_PREFIX: Final = "/generations"
_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})-")

_log = logging.get(__name__)


class GenerationServer:
    """Serves a folder of bases until it is stopped.

    Args:
        folder: Where the builder publishes.
        host: The address to listen on.
        port: The port to listen on; 0 = a free one.
        token: The shared secret.
    """

    def __init__(self, folder: Path, host: str, port: int, token: str) -> None:
        self._http = _Server((host, port), folder, token)
        self._thread = threading.Thread(
            target=self._http.serve_forever, name="generations", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    def start(self) -> None:
        """Begin to serve, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End; transfers that run are cut off, and their clients resume elsewhere or later."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], folder: Path, token: str) -> None:
        self.folder = folder
        self.authorization = f"Bearer {token}".encode()
        self.catalog = Catalog(folder)
        self.transfers = threading.BoundedSemaphore(TRANSFERS)
        # `::` accepts IPv4 as well.
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 -- the base class's signature
        """A client that went away is no failure of the builder."""
        _log.debug("generation_request_failed", client=str(client_address), exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "ShopX"
    sys_version = ""
    timeout = TIMEOUT

    def do_GET(self) -> None:
        """Answer one request."""
        if not self._is_authorized():
            self._send(HTTPStatus.UNAUTHORIZED)
        elif self.path == _PREFIX:
            self._send(HTTPStatus.OK, as_json(self.server.catalog.offers()), "application/json")
        else:
            self._file(self.path.removeprefix(f"{_PREFIX}/"))

    def _is_authorized(self) -> bool:
        given = self.headers.get("Authorization", "").encode("latin-1", "replace")
        return hmac.compare_digest(given, self.server.authorization)

    def _file(self, name: str) -> None:
        try:
            # An id, never a path: nothing outside the folder can be named.
            path = path_of(self.server.folder, uuid.UUID(name))
            file = path.open("rb")
        except (ValueError, OSError):
            self._send(HTTPStatus.NOT_FOUND)
            return
        with file, self._transfer() as may_send:
            if may_send:
                self._content(file)
            else:
                self._send(HTTPStatus.SERVICE_UNAVAILABLE)

    @contextlib.contextmanager
    def _transfer(self) -> Iterator[bool]:
        taken = self.server.transfers.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self.server.transfers.release()

    def _content(self, file: BinaryIO) -> None:
        size = file.seek(0, 2)
        match = _RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(match[1]) if match else 0
        if start >= size:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if match else HTTPStatus.OK)
        if match:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        file.seek(start)
        while block := file.read(CHUNK):
            self.wfile.write(block)

    def _send(self, status: HTTPStatus, body: bytes = b"", media: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Log as the other processes do; the base class writes to stderr."""
        _log.debug("generation_requested", client=self.client_address[0], request=format % args)
