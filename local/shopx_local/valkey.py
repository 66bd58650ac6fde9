"""The dashboard's own Valkey (or Redis): cache and job queue, kept in memory only."""

import asyncio
import os
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from shopx_local.account import Account
from shopx_local.process import ProcessSpec
from shopx_local.programs import RedisProgram
from shopx_local.state import Secrets

# Nothing is saved, so a fork for a save cannot fail; the others are about starting and stopping.
_ROUTINE = re.compile(r"Memory overcommit|signal-handler|ready to exit")


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """A server: its program, its working folder, and its address."""

    program: RedisProgram
    folder: Path
    port: int
    account: Account | None
    secrets: Secrets

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"redis://:{self.secrets.redis_password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write the configuration: a password on the command line would be visible in `ps`."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(f"requirepass {self.secrets.redis_password}\n", encoding="utf-8")
        if self.account:
            for path in (self.folder, config):
                os.chown(path, self.account.uid, self.account.gid)

    def spec(self, memory: Decimal) -> ProcessSpec:
        """How the supervisor runs it.

        Args:
            memory: Bytes that its content may fill.
        """
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory": str(int(memory)),
            # Every cache key has a time to live, and no queue key has one.
            "maxmemory-policy": "volatile-ttl",
            "loglevel": "warning",
        }
        return ProcessSpec(
            name="valkey",
            argv=[
                str(self.program.path),
                str(self.folder / "valkey.conf"),
                *(part for name, value in options.items() for part in (f"--{name}", value)),
            ],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            cwd=Path("/"),
            uid=self.account.uid if self.account else None,
            gid=self.account.gid if self.account else None,
            ready=self.accepts,
            hide=_ROUTINE,
        )

    async def accepts(self) -> bool:
        """Whether it answers.

        It sends two commands over a plain connection: loading the client library would take longer
        than starting the server.
        """
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self.secrets.redis_password}\r\nPING\r\n".encode())
            async with asyncio.timeout(1):
                return [await reader.readline(), await reader.readline()] == [
                    b"+OK\r\n",
                    b"+PONG\r\n",
                ]
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
