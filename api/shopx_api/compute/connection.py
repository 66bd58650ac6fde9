"""One end of the socket between front and compute process."""

import asyncio
from collections.abc import Callable
from typing import cast

from shopx_api.compute.frames import Frame, FrameReader, FrameTooLarge
from shopx_core import logging

_log = logging.get(__name__)


class Connection(asyncio.Protocol):
    """Sends and receives frames.

    Args:
        received: Called with each frame, in order.
        lost: Called once, when no further frame can arrive.
    """

    def __init__(self, received: Callable[[Frame], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; asyncio calls it."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, frame: Frame) -> None:
        """Send a frame, unless the connection is lost.

        Raises:
            FrameTooLarge: The frame is too large.
        """
        raw = frame.encode()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Hand over the frames that have become complete; asyncio calls it."""
        try:
            for frame in self._reader.feed(data):
                self._received(frame)
        except (FrameTooLarge, ValueError, KeyError, TypeError):
            # The stream cannot be read on from here.
            _log.exception("frame_refused")
            self.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        """End; asyncio calls it."""
        self._lost()

    def close(self) -> None:
        """Drop the connection and what is not sent yet."""
        if self._transport is not None:
            self._transport.abort()
