"""A short load by users with habits, against a real API unit."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import Settings
from tests.support.api import make_token, settings_for
from tests.support.postgres import free_port
from tests.support.shop_dataset import Shop

ROOT = Path(__file__).parents[3]


@contextmanager
def unit(settings: Settings, port: int) -> Iterator[str]:
    """An API unit as it runs in production; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shopx_api"],
        env={**os.environ, **settings.to_env()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            assert process.poll() is None
            try:
                with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 -- loopback
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.slow
async def test_a_short_load_ends_with_a_report_and_no_error(shop: Shop, tmp_path: Path) -> None:
    """How fast this machine is decides nothing here: the exit code may be 1 for p95 and hits."""
    async with asyncpg.create_pool(shop.dsn, min_size=1, max_size=1) as pool:
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="load")
    port = free_port()
    settings = settings_for(shop.dsn, api={"port": port}, log={"level": "ERROR"})
    with unit(settings, port) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.performance", "--users", "8", "--minutes", "0.1"),
                *("--url", url, "--report", str(tmp_path)),
            ],
            cwd=ROOT,
            env={**os.environ, "SHOPX_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    shortfalls = [line for line in done.stdout.splitlines() if line.startswith("not kept: ")]
    assert done.returncode == bool(shortfalls), done.stdout + done.stderr
    assert all("p95" in line or "hit ratio" in line for line in shortfalls), done.stdout
    table = (tmp_path / "table.md").read_text()
    assert "| **all reads** |" in table
    assert "| Shop: prepare | 1 |" in table
    assert all(line.endswith("| 0 |") for line in table.splitlines()[2:]), table
    assert "<html" in (tmp_path / "report.html").read_text()[:2000].lower()
