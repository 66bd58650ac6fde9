"""Run one API process: `python -m shopx_api`, configured by the environment."""

import signal
import sys
from types import FrameType


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Exit with success: uvicorn raises the signal again after draining."""
    sys.exit(0)


if __name__ == "__main__":
    # Before the imports, which take seconds: a container's first process ignores signals without a
    # handler, and would run until it is killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)

    from shopx_api.server.serve import main

    sys.exit(main())
