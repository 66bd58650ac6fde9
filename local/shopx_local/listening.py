"""Ports: claimed before anything starts, and checked for an answer."""

import asyncio
import contextlib
import errno
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

import psutil

from shopx_core.errors import Conflict, InvalidConfiguration


def listen(host: str, port: int) -> socket.socket:
    """Claim the port, so that a busy one is known before anything starts.

    Raises:
        Conflict: Another program listens there.
        InvalidConfiguration: The host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    claimed = socket.socket(family, socket.SOCK_STREAM)
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        claimed.bind((host, port))
    except OSError as error:
        claimed.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {port} on {host} is taken{_taken_by(port)}.",
                hint="Stop that program, or choose another port with --port.",
            ) from None
        raise InvalidConfiguration(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            hint="Choose another --host or --port (ports below 1024 need root).",
        ) from None
    return claimed


def _taken_by(port: int) -> str:
    with contextlib.suppress(psutil.Error, PermissionError):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""


def free_port() -> int:
    """A loopback port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(url: str) -> bool:
    """Whether a URL answers with success."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- an own http URL
                return bool(answer.status < 400)  # noqa: PLR2004 -- HTTP's first error status
        except (urllib.error.URLError, OSError):
            return False

    return await asyncio.to_thread(ask)


class Ports:
    """A port for each name; the same name gets the same port again."""

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        """The port of a name."""
        if name not in self._ports:
            self._ports[name] = free_port()
        return self._ports[name]

    def targets(self, names: Iterable[str], *, dashboard: str) -> list[dict[str, Any]]:
        """Where processes serve their metrics, as Prometheus reads it from a file.

        Args:
            names: The running processes, such as `api.1`; those without a port are left out.
            dashboard: The value of the label `dashboard`.
        """
        return [
            {
                "targets": [f"127.0.0.1:{self._ports[name]}"],
                "labels": {"dashboard": dashboard, "component": _component(name)},
            }
            for name in sorted(names)
            if name in self._ports
        ]


def _component(process: str) -> str:
    """The component of a process, by its name on a cluster."""
    kind = process.partition(".")[0]
    return "workers" if kind == "worker" else kind
