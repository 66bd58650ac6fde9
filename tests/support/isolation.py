"""Work in a process with mounts and a network of its own, which end with it."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, TypeVar

_NEW_MOUNTS: Final = 0x00020000
_NEW_NETWORK: Final = 0x40000000
_PROGRAMS: Final = ("ip", "iptables", "mkfs.ext4", "mount", "unshare")

T = TypeVar("T")


def missing() -> str | None:
    """What this machine lacks for it; `None` = nothing."""
    if os.geteuid() != 0:
        return "root"
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            return program
    script = (
        "ip link set lo up && iptables -A INPUT -i lo -p tcp --dport 1"
        " -m statistic --mode random --probability 0.1 -j DROP && test -e /dev/loop-control"
    )
    command = ["unshare", "--mount", "--net", "sh", "-c", script]
    tried = subprocess.run(command, capture_output=True, check=False)
    return "namespaces, loop devices, or iptables' match `statistic`" if tried.returncode else None


def run_apart(work: Callable[..., T], *arguments: object) -> T:
    """What `work` returns; it and its arguments must be importable by name."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_enter) as alone:
        return alone.submit(work, *arguments).result()


def lose_packets(port: int, share: float) -> None:
    """Drop a share of the packets to and from a local port, of both ends; 0 = none any more."""
    subprocess.run(["iptables", "--flush", "INPUT"], check=True)
    if share:
        for side in ("--dport", "--sport"):
            subprocess.run(
                [
                    *("iptables", "-A", "INPUT", "-i", "lo", "-p", "tcp", side, str(port)),
                    *("-m", "statistic", "--mode", "random", "--probability", str(share)),
                    *("-j", "DROP"),
                ],
                check=True,
            )


def _enter() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
