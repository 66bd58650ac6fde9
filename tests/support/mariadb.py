"""MariaDB for a test, where it is installed: one server without accounts, on this machine."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest

from tests.support.postgres import free_port

WAIT_SECONDS = 120


@contextmanager
def mariadb_server() -> Iterator[int]:
    """The port of a running server; the test is skipped where there is none."""
    program = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin") or shutil.which("mariadbd")
    if program is None:
        pytest.skip("mariadbd is not installed (Debian: mariadb-server-core)")
    with tempfile.TemporaryDirectory(prefix="shopx-maria-") as folder:
        port = free_port()
        share = Path(program).parent.parent / "share" / "mysql"
        words = [
            program, "--no-defaults", "--skip-grant-tables", "--user=root", f"--datadir={folder}",
            f"--socket={folder}/s", f"--pid-file={folder}/pid", f"--port={port}",
            "--bind-address=127.0.0.1", f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}", "--innodb-buffer-pool-size=16M",
        ]  # fmt: skip
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            _wait(port, process, Path(folder) / "log")
            yield port
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root").close()
        except pymysql.MySQLError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(log.read_text(errors="replace")[-2000:])
            time.sleep(0.2)
        else:
            return
