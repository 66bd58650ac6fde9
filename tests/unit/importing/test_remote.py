"""Files of other servers: fetched whole, by https alone, and never from inside of the network."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopx_core.errors import InvalidInput, Unavailable
from shopx_store.importing.readers import access, remote
from shopx_store.importing.readers.opening import open_inputs
from tests.unit.importing.test_formats import mapping

CSV = b"order,product\n1,Pen\n2,Cup\n"


class _Shop(http.server.BaseHTTPRequestHandler):
    """Answers with a file to who is authorised, with redirects, or with half a file."""

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("=")[2] or "/sales.csv")
            self.end_headers()
            return
        good = self.headers.get("Authorization") == "Bearer right"
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(CSV) + (9 if "half" in self.path else 0)))
        self.end_headers()
        self.wfile.write(CSV)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server with a certificate for localhost, and the certificate."""
    folder = tmp_path_factory.mktemp("shop")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://localhost:{server.server_port}", certificate
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def permitted(shop: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's address, with what lets it be read."""
    monkeypatch.setenv("SSL_CERT_FILE", str(shop[1]))
    monkeypatch.setenv(access.PERMITTED, "127.0.0.0/8, ::1/128")
    monkeypatch.setenv(access.AUTHORIZATION, "Bearer right")
    return shop[0]


def orders(source: str) -> list[str]:
    with open_inputs(source, mapping("delimited").inputs) as inputs:
        (reader,) = inputs["sales"]
        assert reader.label == source
        (batch,) = reader.batches(frozenset({"order"}))
        return list(batch.columns.vectors["order"].iterate())


def test_a_file_is_fetched(permitted: str) -> None:
    assert orders(f"{permitted}/sales.csv") == ["1", "2"]
    assert orders(f"{permitted}/away") == ["1", "2"]


def test_inside_is_refused(permitted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a redirect leads there, and whatever the address is written like."""
    with pytest.raises(InvalidInput, match="is inside of this network"):
        orders(f"{permitted}/away?to=https://169.254.169.254/latest/meta-data")
    with pytest.raises(InvalidInput, match="is no address of https"):
        orders(f"{permitted}/away?to=file:///etc/passwd")
    monkeypatch.delenv(access.PERMITTED)
    for host in ("localhost", "127.0.0.1", "[::1]", "10.0.0.1", "[::ffff:127.0.0.1]", "[::]"):
        with pytest.raises(InvalidInput, match="is inside of this network"):
            orders(f"https://{host}/sales.csv")


def test_what_cannot_be_fetched(permitted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="is no address of https"):
        orders("http://example.org/sales.csv")
    with pytest.raises(InvalidInput, match="holds credentials"):
        orders("https://ann:secret@example.org/sales.csv")
    with pytest.raises(InvalidInput, match="redirects more than 5 times"):
        orders(f"{permitted}/away?to=/away?to=/away?to=/away?to=/away?to=/away?to=/away")
    with pytest.raises(Unavailable, match=r"ended \d+ bytes early|cannot be fetched"):
        orders(f"{permitted}/half.csv")
    monkeypatch.setattr(remote, "MOST_BYTES", 5)
    with pytest.raises(InvalidInput, match="has more than 5 bytes"):
        orders(f"{permitted}/sales.csv")
    monkeypatch.setenv(access.AUTHORIZATION, "Bearer wrong")
    with pytest.raises(InvalidInput, match="is answered with 401"):
        orders(f"{permitted}/sales.csv")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="certificate verify failed"):
        orders(f"{permitted}/sales.csv")
