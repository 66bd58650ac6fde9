"""Serves one API unit, on a socket of its own or on one shared by units."""

import errno
import socket
import sys

import uvicorn

from shopx_api.server.app import create_front
from shopx_api.server.garbage import tune_garbage_collection
from shopx_api.server.graceful_shutdown import KEEP_ALIVE_SECONDS, Server
from shopx_api.server.http_protocol import HttpProtocol
from shopx_core import logging, tracing
from shopx_core.errors import InvalidConfiguration, ShopxError, Unavailable
from shopx_core.settings import ApiSettings, Settings

BACKLOG = 2048


def listening_socket(api: ApiSettings) -> socket.socket:
    """The listening socket: inherited and shared with other processes, or a new one.

    Raises:
        InvalidConfiguration: The inherited descriptor is not a socket, or the host is unknown.
        Unavailable: The port is in use, or not permitted.
    """
    if api.fd is not None:
        try:
            return socket.socket(fileno=api.fd)
        except OSError as error:
            raise InvalidConfiguration(
                f"SHOPX_API_FD is {api.fd}, which is not an open socket ({error.strerror})."
            ) from error
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            api.host, api.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise InvalidConfiguration(
            f"SHOPX_API_HOST is {api.host!r}, which is not an address ({error.strerror})."
        ) from error
    own = socket.socket(family, kind, protocol)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind(address)
    except OSError as error:
        own.close()
        busy = error.errno == errno.EADDRINUSE
        raise Unavailable(
            f"Cannot listen on {api.host}:{api.port}: {error.strerror}.",
            hint="Stop what listens there, or set SHOPX_API_PORT." if busy else None,
        ) from error
    own.listen(BACKLOG)
    own.setblocking(False)  # noqa: FBT003 -- the standard library's signature
    return own


def configuration(settings: Settings) -> uvicorn.Config:
    """The server's configuration."""
    return uvicorn.Config(
        # Created inside the serving event loop, to which its connections belong.
        lambda: create_front(settings),
        factory=True,
        loop="auto",
        http=HttpProtocol,
        lifespan="on",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=int(settings.api.drain_timeout),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        backlog=BACKLOG,
    )


def main() -> int:
    """Serve until the signal to stop; returns the exit code."""
    try:
        settings = Settings.from_env()
        logging.configure("api", json=settings.log.json_lines, level=settings.log.level)
        traces = settings.traces
        tracing.configure("api", endpoint=traces.endpoint, percent=traces.percent)
        listening = listening_socket(settings.api)
    except ShopxError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    server = Server(configuration(settings), settings.api.leave_timeout)
    tune_garbage_collection()
    server.run(sockets=[listening])
    return 0 if server.started else 1
