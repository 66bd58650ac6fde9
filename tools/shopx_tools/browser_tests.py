"""The pages in a real browser, over Northwind's sales; the arguments go to Playwright.

Ends with `SKIPPED` where the browser or the sales are missing. `BASE_URL` tests a dashboard that
runs already and needs neither.
"""

import os
import subprocess
import sys
from pathlib import Path

from shopx_tools import ROOT
from shopx_tools.checks import SKIPPED

FRONTEND = ROOT / "frontend"
NORTHWIND = ROOT.parent / "shared" / "datasets" / "northwind" / "northwind.sql"
"""Real sales, which are not part of this repository."""


def main(arguments: list[str]) -> int:
    """Run Playwright, or print what it lacks."""
    if "BASE_URL" not in os.environ:
        for path, remedy in (
            (Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")), "install chromium"),
            (Path(os.environ.get("NORTHWIND_SQL", NORTHWIND)), "set NORTHWIND_SQL to its path"),
        ):
            if not path.exists():
                print(f"there is no {path}; {remedy}")
                return SKIPPED
    playwright = "node_modules/.bin/playwright"
    return subprocess.run([playwright, "test", *arguments], cwd=FRONTEND, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
