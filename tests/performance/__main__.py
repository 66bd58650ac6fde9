"""A load by users with habits: `make load ARGS="--users 200 --minutes 2"`.

Without `--url` it is sent to a dashboard on this machine, as `make demo` runs one. The exit code is
1 where the promise was not kept (p95 of reads below 200 ms, 80 % hits, no errors), 2 where the
dashboard does not answer.
"""

import argparse
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = "http://127.0.0.1:8000"


def main(arguments: list[str]) -> int:
    """Run Locust; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=50, help="at once, in the end")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long")
    parser.add_argument("--url", default=HERE, help=f"of the dashboard; default: {HERE}")
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "load", help="a folder")
    given = parser.parse_args(arguments)
    if given.users < 1 or given.minutes <= 0:
        parser.error("--users and --minutes must be positive")
    problem = unreachable(given.url)
    if problem is not None:
        sys.stderr.write(
            f"error: {given.url} does not answer: {problem}\n"
            "hint: `make demo` runs a dashboard; --url names another one.\n"
        )
        return 2
    if not os.environ.get("SHOPX_TOKEN"):
        print("SHOPX_TOKEN is not set: reads must be open, and no shop sends orders.", flush=True)
    given.report.mkdir(parents=True, exist_ok=True)
    seconds = max(1, round(given.minutes * 60))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", "tests/performance/locustfile.py"),
            *("--headless", "--only-summary", "--stop-timeout", "10"),
            *("--users", str(given.users), "--run-time", f"{seconds}s"),
            # All are there after a tenth of the time.
            *("--spawn-rate", f"{max(1.0, given.users / max(1, seconds / 10)):g}"),
            *("--host", given.url, "--html", str(given.report / "report.html")),
        ],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "SHOPX_LOAD_TABLE": str(given.report / "table.md")},
        check=False,
    )
    print(f"report: {given.report / 'report.html'}")
    return done.returncode


def unreachable(url: str) -> str | None:
    """Why a dashboard does not answer; `None` = it does."""
    if not url.startswith(("http://", "https://")):
        return "a URL begins with http:// or https://"
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/readyz", timeout=10):  # noqa: S310 -- checked
            return None
    except (urllib.error.URLError, OSError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
