"""Load Northwind into a database on the running dashboard's server, and import it.

Usage: import_northwind.py STATE_FOLDER MANIFEST NORTHWIND_SQL
"""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

MAPPING = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "northwind.yaml"


def server_of(state: Path) -> str:
    """The address of the running dashboard's server, without a database."""
    record = json.loads((state / "run.json").read_text())
    port = urlsplit(record["environment"]["SHOPX_DATABASE_DSN"]).port
    password = json.loads((state / "secrets.json").read_text())["superuser_password"]
    return f"postgresql://postgres:{password}@127.0.0.1:{port}"


def main(state: Path, manifest: Path, script: Path) -> None:
    """Load the script, import it and refresh the materialized views."""
    server = server_of(state)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("create database northwind")
    with psycopg.connect(f"{server}/northwind") as connection:
        connection.execute(script.read_text())
    shopx = Path(sys.executable).with_name("shopx")
    at = ["-f", manifest, "--state", state]
    for command in (["import", MAPPING, "--source", f"{server}/northwind"], ["refresh", "--all"]):
        finished = subprocess.run([shopx, "exec", *at, *command], check=False)  # noqa: S603 -- ours
        if finished.returncode:
            # The command is left out: its source holds a password.
            sys.exit(f"shopx {command[0]} failed")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
