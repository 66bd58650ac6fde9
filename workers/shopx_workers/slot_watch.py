"""Watches the slots of feeds that follow changes: measures them, and drops those nothing reads.

Every worker does, beside its jobs, in a thread of its own, because the shops' databases may be slow
to answer; of several workers one at a time.
"""

from typing import Final

import psycopg

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.importing.feed_changes import tend_slots
from shopx_workers.background_thread import BackgroundThread

PAUSE_SECONDS: Final = 30.0
_LOCK: Final = "select pg_try_advisory_lock(hashtext('shopx.feed-slots'))"

_log = logging.get(__name__)


class SlotWatch(BackgroundThread):
    """Looks at the slots now and again.

    Args:
        settings: The worker's.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__("slot-watch")
        self._settings = settings

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                look(self._settings)
            except (Unavailable, psycopg.Error) as error:
                _log.warning("slot_watch_waits", seconds=PAUSE_SECONDS, reason=str(error))
            self._stopping.wait(PAUSE_SECONDS)


def look(settings: Settings) -> None:
    """Look at the slots once, unless another worker does just now.

    Raises:
        Unavailable: The ledger's database does not answer.
        psycopg.Error: It went away.
    """
    with connect(settings.database, "shopx slot watch") as connection:
        if connection.execute(_LOCK).fetchone() == (True,):
            tend_slots(connection, settings.imports)
