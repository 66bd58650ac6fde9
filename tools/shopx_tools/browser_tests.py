"""The pages in a real browser, over Northwind's sales; the arguments go to Playwright.

Ends with `SKIPPED` where the browser or the sales are missing. `BASE_URL` tests a dashboard that
runs already and needs no sales. `BROWSER=firefox` runs the main flows in Firefox.
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
    needed = [_browser()]
    if "BASE_URL" not in os.environ:
        script = Path(os.environ.get("NORTHWIND_SQL", NORTHWIND))
        needed.append((script, "set NORTHWIND_SQL to its path"))
    for path, remedy in needed:
        if not path.exists():
            print(f"there is no {path}; {remedy}")
            return SKIPPED
    playwright = "node_modules/.bin/playwright"
    return subprocess.run([playwright, "test", *arguments], cwd=FRONTEND, check=False).returncode


def _browser() -> tuple[Path, str]:
    """Where the browser is, and what to do where it is missing."""
    if os.environ.get("BROWSER") == "firefox":
        path = Path(os.environ.get("FIREFOX", "/usr/bin/firefox-esr"))
        return path, "install firefox-esr, or set FIREFOX to the program's path"
    path = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    return path, "install chromium, or set CHROMIUM to the program's path"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
