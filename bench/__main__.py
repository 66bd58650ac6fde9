"""Run a benchmark of this folder: `make bench ARGS=NAME`; without a name, list them."""

import runpy
import signal
import sys
from pathlib import Path

SCRIPTS = {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}


def main() -> None:
    """Run the script that the first argument names, with the arguments after it."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in SCRIPTS:
        print(f"make bench ARGS=NAME, one of: {', '.join(SCRIPTS)}")
        sys.exit(2 if arguments else 0)
    sys.argv = arguments
    # Ended in the way of an error, so that the servers of a benchmark end with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    runpy.run_path(str(SCRIPTS[arguments[0]]), run_name="__main__")


if __name__ == "__main__":
    main()
