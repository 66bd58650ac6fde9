"""Northwind's sales, which are not part of this repository, in a database beside a dashboard's."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.support.kubectl import Kubectl

REVENUE: Final = "1265793.0395"
"""Net of discounts, over all time."""
SCRIPT: Final = Path(
    os.environ.get("NORTHWIND_SQL")
    or Path(__file__).resolve().parents[3] / "shared" / "datasets" / "northwind" / "northwind.sql"
)
needs_northwind = pytest.mark.skipif(
    not SCRIPT.exists(), reason=f"there is no {SCRIPT}; name Northwind's script in NORTHWIND_SQL"
)
_READER: Final = """
create role reader login password 'reads-only';
grant pg_read_all_data to reader;
create database northwind;
"""


def load(kubectl: Kubectl, dashboard: str) -> None:
    """Load Northwind into a database of its own on a dashboard's bundled server."""
    server = ("exec", "-i", f"{dashboard}-database-0", "--")
    psql = ("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", "/var/run/shopx", "-U", "postgres")
    kubectl(*server, *psql, stdin=_READER)
    kubectl(*server, *psql, "-d", "northwind", stdin=SCRIPT.read_text())
