"""docs/python-client.md, as a reader runs it against a real server."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pyarrow.parquet
import pypdf

from shopx_core.domain.api_tokens import Scope
from tests.support.api import make_token
from tests.support.postgres import Database

PAGE = Path(__file__).resolve().parents[4] / "docs" / "python-client.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


async def _token(database: Database) -> str:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        return await make_token(pool, Scope.READ, Scope.INGEST, name="reader")


def _promised(program: str) -> list[str]:
    """What the comments say is printed, in order."""
    beside = r"print\(.*\)  # (.+)$|^ +# (.+)$"
    return [one or other for one, other in re.findall(beside, program, re.MULTILINE)]


def test_the_walk_through_prints_what_it_says(
    database: Database, served: Callable[[Database], str], tmp_path: Path
) -> None:
    program = "\n".join(BLOCKS)
    environment = {
        "PATH": os.environ["PATH"],
        "SHOPX_URL": served(database),
        "SHOPX_TOKEN": asyncio.run(_token(database)),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = [line for line in done.stdout.splitlines() if not line.startswith("USD Europe/")]
    assert printed == _promised(program)
    assert pyarrow.parquet.read_table(tmp_path / "products.parquet").num_rows == 1
    assert len(pypdf.PdfReader(tmp_path / "overview.pdf").pages) > 0
    assert {path.name for path in tmp_path.iterdir()} == {"products.parquet", "overview.pdf"}
