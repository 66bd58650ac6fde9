"""Serves one API unit, on a socket of its own or on one shared by units."""

import errno
import resource
import socket
import sys
from dataclasses import replace

import uvicorn

from shopx_api.server.app import create_front
from shopx_api.server.garbage import tune_garbage_collection
from shopx_api.server.graceful_shutdown import Server
from shopx_api.server.http_protocol import with_limits
from shopx_api.server.intake import KEEP_ALIVE_SECONDS, Intake, IntakeLimits
from shopx_core import logging
from shopx_core.errors import InvalidConfiguration, ShopxError, Unavailable
from shopx_core.settings import ApiSettings, Settings

BACKLOG = 2048
_OTHER_FILES = 256
"""Files that are open beside the connections: database, cache, log, libraries."""


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


def allowed_connections(wanted: int) -> int:
    """Raise the limit of open files as far as needed; returns how many connections it allows.

    Args:
        wanted: Connections.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + _OTHER_FILES:
        unlimited = hard == resource.RLIM_INFINITY
        soft = wanted + _OTHER_FILES if unlimited else min(hard, wanted + _OTHER_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - _OTHER_FILES))


def intake_of(settings: Settings) -> Intake:
    """What the process takes from its connections."""
    limits = IntakeLimits(body=settings.api.max_body_bytes)
    return Intake(
        replace(
            limits,
            connections=allowed_connections(limits.connections),
            # Also with a higher limit a few long bodies may arrive at once.
            held=max(limits.held, 4 * limits.body),
        )
    )


def configuration(settings: Settings, intake: Intake) -> uvicorn.Config:
    """The server's configuration.

    Args:
        settings: The process's settings.
        intake: What it takes from its connections.
    """
    return uvicorn.Config(
        # Created inside the serving event loop, to which its connections belong.
        lambda: create_front(settings, intake),
        factory=True,
        loop="auto",
        http=with_limits(intake),
        ws="none",
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
        listening = listening_socket(settings.api)
    except ShopxError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    intake = intake_of(settings)
    server = Server(configuration(settings, intake), intake, settings.api.leave_timeout)
    tune_garbage_collection()
    server.run(sockets=[listening])
    return 0 if server.started else 1
