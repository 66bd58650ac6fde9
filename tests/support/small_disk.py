"""A small disk that a test fills and makes read-only; needs root and mounts of one's own."""

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 20
_PATIENCE = 60.0


class SmallDisk:
    """An ext4 file system in a file.

    Args:
        image: The file.
        folder: Where it is mounted; made.
        megabytes: Its size.
    """

    def __init__(self, image: Path, folder: Path, megabytes: int) -> None:
        self._image, self.folder = image, folder
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-F", image], check=True)
        folder.mkdir()
        self._mount()
        (folder / "lost+found").rmdir()

    def fill(self) -> None:
        """Take all the room that is left."""
        with (self.folder / ".filler").open("ab", buffering=0) as file:
            for size in (_BLOCK, 4096):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            with contextlib.suppress(OSError):
                os.fsync(file.fileno())

    def empty(self) -> None:
        """Give the room back, for good: also if the disk fails at once."""
        (self.folder / ".filler").unlink()
        handle = os.open(self.folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    def fail(self) -> None:
        """Make it read-only at once, as the kernel does after an error of the device."""
        self._remount("abort")

    def replace(self) -> None:
        """Mount a failed disk anew, once nobody has a file of it open."""
        self.unmount()
        self._mount()

    def protect(self) -> None:
        """Make it read-only, once nobody has a file of it open for writing."""
        self._remount("ro")

    def unprotect(self) -> None:
        """Let it be written again."""
        self._remount("rw")

    def unmount(self) -> None:
        """Take it away, once nobody has a file of it open."""
        self._patiently("umount", self.folder)

    def _mount(self) -> None:
        subprocess.run(
            ["mount", "-o", "loop,errors=remount-ro", self._image, self.folder], check=True
        )

    def _remount(self, option: str) -> None:
        self._patiently("mount", "-o", f"remount,{option}", self.folder)

    def _patiently(self, *command: str | Path) -> None:
        end = time.monotonic() + _PATIENCE
        while subprocess.run(command, capture_output=True, check=False).returncode:
            if time.monotonic() > end:
                raise TimeoutError(f"{command} failed for a minute")
            time.sleep(0.05)


@contextlib.contextmanager
def small_disk(image: Path, folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk that is there as long as the context."""
    disk = SmallDisk(image, folder, megabytes)
    try:
        yield disk
    finally:
        disk.unmount()
