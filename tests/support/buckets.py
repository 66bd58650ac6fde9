"""An S3 server behind TLS: versitygw where it is on the PATH, and a mock elsewhere."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

from tests.support.postgres import free_port

KEY: Final = "importer"
SECRET: Final = "not-a-secret"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    endpoint: str
    certificate: Path
    is_real: bool
    """Whether it checks keys."""
    client: Any
    """boto3's."""


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    key, made = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", made, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return made, key


@contextlib.contextmanager
def bucket_server(root: Path) -> Iterator[Server]:
    """A server with its data below a folder."""
    made, key = certificate(root)
    with _plain(root) as (port, is_real), _tls(port, made, key) as front:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        yield Server(f"https://localhost:{front}", made, is_real, client)


@contextlib.contextmanager
def _plain(root: Path) -> Iterator[tuple[int, bool]]:
    program = shutil.which("versitygw")
    if program is None:
        mock = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        mock.start()
        yield mock.get_host_and_port()[1], False
        mock.stop()
        return
    folders = [root / "meta", root / "data"]
    for folder in folders:
        folder.mkdir()
    port = free_port()
    words = [
        program, "--port", f"127.0.0.1:{port}", "--access", KEY, "--secret", SECRET,
        "--region", REGION, "posix", "--sidecar", *map(str, folders),
    ]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None, "versitygw has ended"
            assert time.monotonic() < end, "versitygw does not answer"
            time.sleep(0.05)
        yield port, True
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def _tls(port: int, made: Path, key: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_serve, args=(plain, context, port), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _serve(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """One request: what comes first, and then the whole answer."""
    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as near:
        head = near.recv(1 << 16)
        # Otherwise the connection stays open for another request.
        head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        with socket.create_connection(("127.0.0.1", port)) as far:
            far.sendall(head)
            while part := far.recv(1 << 16):
                near.sendall(part)
