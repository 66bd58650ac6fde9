"""kombu's transports of Redis, with acknowledgements that outlast an outage of the broker.

A worker whose job ends while the broker is away cannot acknowledge it. Celery logs that and forgets
it: the job would be handed out again hours later, and the process would count it as running for
ever, so that it takes no other. Here such an acknowledgement is owed, and made up for as soon as
the broker answers again, also by a connection to another primary.
"""

import time
from typing import Final

from kombu import transport
from kombu.transport import redis, virtual
from redis.exceptions import RedisError

from shopx_core import logging

_PAUSE_SECONDS: Final = 1.0
"""Between two tries: a connection to a server that is away may take a while."""
_log = logging.get(__name__)


class _Owed:
    """Acknowledgements of this process that the broker has not taken."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.next_try = 0.0


_owed: Final = _Owed()
"""Of the process: after an outage kombu makes channels anew, and one worker has one broker."""


class QoS(redis.QoS):
    """Which messages are delivered and not acknowledged."""

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message, now or when the broker is back."""
        try:
            super().ack(delivery_tag)
        except (RedisError, OSError) as error:
            _log.warning("acknowledgement_owed", reason=str(error))
            _owed.tags.append(delivery_tag)
            _owed.next_try = time.monotonic() + _PAUSE_SECONDS
            virtual.base.QoS.ack(self, delivery_tag)

    def can_consume(self) -> bool:
        """Whether another message may be taken; called whenever the process has nothing to do."""
        if _owed.tags and time.monotonic() >= _owed.next_try:
            self._make_up()
        return bool(super().can_consume())

    def _make_up(self) -> None:
        _owed.next_try = time.monotonic() + _PAUSE_SECONDS
        try:
            while _owed.tags:
                # Removes the marks of its delivery.
                super().ack(_owed.tags[-1])
                _owed.tags.pop()
        except (RedisError, OSError):
            return
        finally:
            # They are not among the messages that this channel delivered.
            self._flush()  # type: ignore[attr-defined] # kombu's
        _log.info("acknowledgements_made")


class Channel(redis.Channel):
    """A channel to one server."""

    QoS = QoS


class SentinelChannel(redis.SentinelChannel):
    """A channel to the server that the Sentinels call the primary."""

    QoS = QoS


class Transport(redis.Transport):
    """`redis://` and `rediss://`."""

    Channel = Channel


class SentinelTransport(redis.SentinelTransport):
    """`sentinel://`, kombu's own form."""

    Channel = SentinelChannel


def install() -> None:
    """Let kombu use them for its schemes."""
    transport.TRANSPORT_ALIASES.update(
        redis=f"{__name__}:Transport",
        rediss=f"{__name__}:Transport",
        sentinel=f"{__name__}:SentinelTransport",
    )
