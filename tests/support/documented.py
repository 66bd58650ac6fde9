"""The commands of the documentation, as a reader copies them."""

import os
import re
import subprocess
from pathlib import Path

from tests.support.kubectl import Kubectl, KubectlError

ROOT = Path(__file__).resolve().parents[2]


def documented(page: str, name: str) -> str:
    """A fenced block of commands, by the name that follows `sh` where it begins.

    Args:
        page: Below docs/.
        name: Of the block.
    """
    text = (ROOT / "docs" / page).read_text()
    found: list[str] = re.findall(
        rf"^```sh {re.escape(name)}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    )
    assert len(found) == 1, f"docs/{page} has {len(found)} blocks named {name}"
    return found[0]


def follow(kubectl: Kubectl, page: str, name: str, folder: Path, timeout: float = 180) -> str:
    """Run a documented block in a shell with the test's namespace as the current one.

    Args:
        kubectl: The cluster and the namespace.
        page: Below docs/.
        name: Of the block.
        folder: The reader's current one.
        timeout: Seconds.

    Returns:
        What it wrote to stdout.

    Raises:
        KubectlError: One of its commands failed.
    """
    chosen = f'--context "{kubectl.context}" --namespace "{kubectl.namespace}"'
    # kubectl takes no options before the name of a plugin.
    chosen = (
        f'if [ "$1" = adash ]; then command kubectl "$@" {chosen};'
        f' else command kubectl {chosen} "$@"; fi'
    )
    words = f"set -eu; kubectl() {{ {chosen}; }}\n{documented(page, name)}"
    done = subprocess.run(
        ["/bin/sh", "-c", words],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        raise KubectlError(f"docs/{page}, {name}: {done.stderr.strip()}\n{done.stdout[-2000:]}")
    return done.stdout
