"""The user that runs the servers: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from shopx_core.errors import InvalidConfiguration

_CANDIDATES = ("shopx", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int


def unprivileged(data: Path) -> Account | None:
    """The user for servers with files in `data`; `None` = the present user.

    The owner of existing data is used, so an account made later changes nothing.

    Raises:
        InvalidConfiguration: The present user is root, and the machine has no unprivileged user.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        found = next((u for u in pwd.getpwall() if u.pw_uid == data.stat().st_uid), None)
        if found is not None:
            return Account(found.pw_name, found.pw_uid, found.pw_gid)
    for name in _CANDIDATES:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_name, user.pw_uid, user.pw_gid)
    raise InvalidConfiguration(
        "PostgreSQL refuses to run as root, and this machine has no user to run it as"
        f" (looked for {', '.join(_CANDIDATES)}).",
        hint="Make one (useradd --system shopx), or run this as an ordinary user.",
    )


def passes(account: Account, folder: Path) -> bool:
    """Whether the account may enter a directory; every parent must let it pass."""
    resolved = folder.resolve()
    return all(
        _allowed(account, part, stat.S_IXOTH, stat.S_IXGRP, stat.S_IXUSR)
        for part in (resolved, *resolved.parents)
        if part.exists()
    )


def reaches(account: Account, folder: Path) -> bool:
    """Whether the account may enter a directory and list it."""
    return passes(account, folder) and (
        not folder.exists() or _allowed(account, folder, stat.S_IROTH, stat.S_IRGRP, stat.S_IRUSR)
    )


def _allowed(account: Account, folder: Path, other: int, group: int, user: int) -> bool:
    info = folder.stat()
    if info.st_uid == account.uid:
        return bool(info.st_mode & user)
    if info.st_gid == account.gid:
        return bool(info.st_mode & group)
    return bool(info.st_mode & other)
