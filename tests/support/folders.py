"""A temporary folder that another user of the machine can pass through.

pytest closes its own folders to other users whenever a session starts; servers that root starts run
as another user.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Make it, and remove it."""
    path = Path(tempfile.mkdtemp(prefix="shopx-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
