"""Whether this machine can run a cluster."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from shopx_tools.kind_cluster.cluster import ClusterError

GIB = 1024**3
MEMORY_GIB = 5
DISK_GIB = 12


def check_machine() -> None:
    """Fail before anything is downloaded.

    Raises:
        ClusterError: This machine cannot run a cluster; the message lists all reasons.
    """
    lacks = []
    if not sys.platform.startswith("linux"):
        lacks.append("it is not Linux")
    else:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        if memory < MEMORY_GIB:
            lacks.append(f"it has {memory:.1f} GiB of memory, {MEMORY_GIB} are needed")
    free = shutil.disk_usage(Path.home()).free / GIB
    if free < DISK_GIB:
        lacks.append(f"{free:.1f} GiB of disk are free, {DISK_GIB} are needed")
    engine = subprocess.run(
        ["docker", "info"] if shutil.which("docker") else ["false"],
        capture_output=True,
        check=False,
    )
    if engine.returncode:
        if os.geteuid() != 0:
            lacks.append("no Docker engine answers, and only root can start one")
        elif not (shutil.which("dockerd") or shutil.which("apt-get")):
            lacks.append("there is no Docker engine, and no apt-get to install one")
    if lacks:
        raise ClusterError(f"this machine cannot run a cluster: {'; '.join(lacks)}")
