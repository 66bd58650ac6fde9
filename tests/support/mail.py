"""A real SMTP server, and an API that answers with fixed files."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

ACCEPTED = "250 Message accepted for delivery"
DOCUMENT: dict[str, Any] = {
    "page": "overview",
    "title": "Overview",
    "currency": "EUR",
    "facts": [["Period", "2026-03-01 to 2026-03-31", "UTC"], ["As of", "2026-04-01T00:00:00Z"]],
    "definitions": [],
    "sections": [
        {
            "kind": "figures",
            "rows": [
                {
                    "title": "Revenue",
                    "unit": "money",
                    "value": "1234.50",
                    "previous": "1000",
                    "ratio": "0.2345",
                }
            ],
        }
    ],
    "file": "Overview 2026-03-01 to 2026-03-31",
}


@dataclass
class MailServer:
    """Keeps what it accepts; what it answers can be changed."""

    answers: dict[str, str] = field(default_factory=dict)
    """By recipient, or `DATA`."""
    messages: list[EmailMessage] = field(default_factory=list)
    seen: threading.Event = field(default_factory=threading.Event)
    """Set when a message is wholly transmitted."""
    before_answer: Callable[[], None] = lambda: None
    port: int = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept a recipient, unless there is another answer."""
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message, unless there is another answer."""
        answer = self.answers.get("DATA", ACCEPTED)
        content = envelope.content
        assert isinstance(content, bytes)
        if answer == ACCEPTED:
            self.messages.append(message_from_bytes(content, policy=policy.default))
        self.seen.set()
        self.before_answer()
        return answer


@contextlib.contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, password: str | None = None
) -> Iterator[MailServer]:
    """Run a server on this machine."""
    handler = MailServer()

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password.decode() == password
        # The server itself says so to the client.
        return AuthResult(success=right, handled=False)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        handler.port = probe.getsockname()[1]
    options: dict[str, Any] = {"ssl_context" if implicit else "tls_context": tls} if tls else {}
    if tls and not implicit:
        options["require_starttls"] = True
    if password is not None:
        options |= {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": not implicit,
        }
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, **options)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@dataclass
class StubServer:
    """An HTTP server whose answers a test chooses."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[str], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"ok")
    before_answer: Callable[[], None] = lambda: None


@contextlib.contextmanager
def stub_server() -> Iterator[StubServer]:
    """Run a server on this machine."""
    stub = StubServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.requests.append((self.path, headers, body))
            stub.before_answer()
            status, given, content = stub.answer(self.path)
            # The client may have been killed meanwhile.
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in given.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def api_answer(
    value: str | None = "1234.50", change: str | None = "0.2345"
) -> Callable[[str], tuple[int, dict[str, str], bytes]]:
    """The answers of an API with one figure."""

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path == "/graphql":
            figure = {"value": value, "previous": "1000", "delta": {"ratio": change}}
            return 200, {}, json.dumps({"data": {"sales": {"kpis": [figure]}}}).encode()
        ending = path.rpartition(".")[2]
        media = {"json": "application/json", "pdf": "application/pdf"}.get(ending, "text/plain")
        headers = {
            "content-type": media,
            "content-disposition": f'attachment; filename="{DOCUMENT["file"]}.{ending}"',
            "x-shopx-as-of": "a-snapshot",
        }
        content = json.dumps(DOCUMENT).encode() if ending == "json" else b"a file"
        return 200, headers, content

    return answer
