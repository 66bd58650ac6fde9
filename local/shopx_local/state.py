"""The state of one dashboard on this machine: its folder, lock, secrets and run record."""

import fcntl
import hashlib
import json
import os
import secrets
import socket
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shopx_core.errors import Conflict, InvalidConfiguration, Unavailable
from shopx_local.account import Account, passes

ROOT_STATE = Path("/var/lib/shopx")
"""The place of the state where root runs this from a folder that no other user can enter."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords generated once; never printed."""

    superuser_password: str
    database_password: str
    redis_password: str


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process in the run record; `created` distinguishes it from later ones of that number."""

    name: str
    pid: int
    created: float
    stop_signal: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is running; read by `status`, `down` and `exec`."""

    name: str
    manifest: str
    url: str
    supervisor: RunningProcess
    started: float
    """Seconds since the epoch."""
    processes: list[RunningProcess] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """The SHOPX_ variables of its processes; secret."""


class StateDir:
    """The folder of one dashboard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's working folder; it stores nothing there."""
        return self.path / "valkey"

    @property
    def columns(self) -> Path:
        """The builds of the columnar replica."""
        return self.path / "columns"

    @property
    def credentials(self) -> Path:
        """The credentials of feeds, a file each."""
        return self.path / "credentials"

    @property
    def feeds(self) -> Path:
        """Below which feeds read files."""
        return self.path / "feeds"

    @property
    def work(self) -> Path:
        """The working folder of API and workers."""
        return self.path / "work"

    @property
    def redis_prefix(self) -> str:
        """What its keys begin with in a Redis that other machines may use too."""
        place = f"{socket.gethostname()}:{self.path.resolve()}"
        return f"shopx:{hashlib.blake2b(place.encode(), digest_size=6).hexdigest()}:"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            Unavailable: The disk is full or the place cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Others may pass through, to the files that their own permissions let them read.
            self.path.chmod(0o711)
            for folder in (self.work, self.columns, self.credentials, self.feeds):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise Unavailable(
                f"The state folder {self.path} cannot be written: {error.strerror}.",
                hint="Name another one with --state, or make room.",
            ) from None

    def lock(self) -> None:
        """Lock the folder for this process, until it ends.

        Raises:
            Conflict: Another `shopx up` holds the lock.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            record = self.read_record()
            where = f" at {record.url} (process {record.supervisor.pid})" if record else ""
            raise Conflict(
                f"This dashboard already runs{where}; its data are in {self.path}.",
                hint="`shopx status` shows it and `shopx down` stops it.",
            ) from None
        self._lock = descriptor

    def unlock(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_locked(self) -> bool:
        """Whether a `shopx up` holds the lock."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def secrets(self) -> Secrets:
        """The dashboard's passwords, generated at first use and readable only by their owner."""
        path = self.path / "secrets.json"
        if path.exists():
            try:
                return Secrets(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError):
                raise InvalidConfiguration(
                    f"{path} is damaged.",
                    hint="Restore it from a copy; without its passwords the data cannot be opened.",
                ) from None
        made = Secrets(*(secrets.token_urlsafe(24) for _ in range(3)))
        self._write("secrets.json", asdict(made))
        return made

    def write_record(self, record: RunRecord) -> None:
        """Store what is running."""
        self._write("run.json", asdict(record))

    def write_targets(self, targets: list[dict[str, Any]]) -> None:
        """Store where Prometheus finds the processes' metrics (its `file_sd_configs`)."""
        self._write("prometheus-targets.json", targets)

    def read_record(self) -> RunRecord | None:
        """What is running, or what the last run left behind."""
        try:
            data = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            data["supervisor"] = RunningProcess(**data["supervisor"])
            data["processes"] = [RunningProcess(**item) for item in data["processes"]]
            return RunRecord(**data)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def clear_record(self) -> None:
        """Remove the record."""
        (self.path / "run.json").unlink(missing_ok=True)

    def _write(self, name: str, content: Any) -> None:
        """Replace a file atomically, with mode 0600 from its first byte."""
        descriptor, half = tempfile.mkstemp(dir=self.path, prefix=f".{name}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(self.path / name)


def locate(manifest: Path, name: str, account: Account | None, asked: Path | None) -> Path:
    """The state folder of a dashboard.

    It is beside the manifest (`.state/<name>`). Where that cannot be written, it is in the user's
    state folder; for root, where the servers' account cannot enter it, under /var/lib/shopx.

    Args:
        manifest: The manifest's file.
        name: The dashboard's name.
        account: The user that runs the servers; `None` = the present user.
        asked: A folder that the user chose; used as it is.

    Raises:
        InvalidConfiguration: The account cannot enter the chosen folder.
    """
    if asked is not None:
        chosen = asked.expanduser().resolve()
        if account is not None and not passes(account, chosen.parent):
            raise InvalidConfiguration(
                f"The servers run as {account.name}, which cannot enter {chosen}.",
                hint="Choose a folder under /var/lib, or run this as an ordinary user.",
            )
        return chosen
    parent = manifest.resolve().parent
    own = f"{name}-{hashlib.sha256(str(manifest.resolve()).encode()).hexdigest()[:8]}"
    beside = parent / ".state" / name
    if account is not None:
        return beside if passes(account, beside.parent) else ROOT_STATE / own
    if os.access(beside if beside.exists() else parent, os.W_OK):
        return beside
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "shopx" / own
