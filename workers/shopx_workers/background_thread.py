"""A thread of a worker's own, beside its jobs."""

import threading
from abc import ABC, abstractmethod


class BackgroundThread(ABC):
    """Works from `start` until `stop`.

    Args:
        name: Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look under way may end later."""
        self._stopping.set()

    @abstractmethod
    def _run(self) -> None:
        """Work until `_stopping` is set."""
