"""A real Nginx in front of stubs of the API, as this repository configures it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from shopx_local import nginx
from tests.support.postgres import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_nginx = pytest.mark.skipif(
    PROGRAM is None, reason="there is no nginx: apt-get install nginx-light"
)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"{what}: not after {seconds} s"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stub:
    """One instance."""

    def __init__(self, delay: float = 0.0) -> None:
        self.port = free_port()
        words = [sys.executable, "-m", "tests.support.upstream_stub", str(self.port), str(delay)]
        self._process = subprocess.Popen(words, cwd=ROOT)

    def wait(self) -> None:
        until(lambda: listens(self.port), "an instance listens")

    def send(self, number: signal.Signals) -> None:
        """Send a signal; after SIGKILL it is gone."""
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            self._process.wait(60)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(60)


class Nginx:
    """A running Nginx with its own folder."""

    def __init__(
        self,
        folder: Path,
        upstreams: Sequence[str],
        change: Callable[[str], str] = lambda text: text,
        **front: Any,
    ) -> None:
        assert PROGRAM is not None
        self.port = free_port()
        self.folder, work = folder / "configuration", folder / "work"
        for one in (self.folder, work):
            one.mkdir()
        # Nginx started by root runs its workers as nobody.
        for one in (folder, *folder.parents):
            if one.stat().st_uid == os.getuid() and one != Path("/"):
                one.chmod(one.stat().st_mode | 0o055)
        self._front = nginx.Front(
            upstreams=upstreams,
            folder=str(self.folder),
            work=str(work),
            access_log=str(work / "access.log"),
            port=self.port,
            **front,
        )
        self.access_log = work / "access.log"
        self._change = change
        self.write(upstreams)
        self._words = [PROGRAM, "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        self._process = subprocess.Popen([*self._words, "-g", "daemon off;"])
        until(lambda: listens(self.port), "Nginx listens")

    def write(self, upstreams: Sequence[str]) -> None:
        """Write the configuration with these instances."""
        for name, text in nginx.files(replace(self._front, upstreams=upstreams)).items():
            (self.folder / name).write_text(self._change(text))

    def reload(self) -> None:
        """Start new workers; the old ones finish what they have begun."""
        subprocess.run([*self._words, "-s", "reload"], check=True)
        time.sleep(0.3)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
