"""Run one API unit: `python -m shopx_api`, configured by the environment.

The front starts the same with `--compute=DESCRIPTOR`: the compute process, at an inherited socket.
"""

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

    option, _, descriptor = (sys.argv[1] if len(sys.argv) > 1 else "").partition("=")
    if option == "--compute":
        from shopx_api.server.compute_unit import main as compute

        sys.exit(compute(int(descriptor)))

    from shopx_api.server.serve import main

    sys.exit(main())
