"""Complete `frontend/package-lock.json` with the optional packages of every platform.

npm leaves out the entries of platforms that its registry did not show when it wrote the lock (some
mirrors carry only a few), and then `npm ci` refuses the lock everywhere. Each missing entry
follows from the package that asks for it (exact version) and from its own name (platform). npm
fetches an entry only on its platform, so the ones added here are never downloaded elsewhere; they
carry no integrity until an `npm install` on a machine that sees them adds it.
"""

import json
import re
import sys
from typing import Any

from shopx_tools import ROOT

LOCK = ROOT / "frontend" / "package-lock.json"
SYSTEMS = {"aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony"}
SYSTEMS |= {"sunos", "win32"}
PROCESSORS = {"arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x"}
PROCESSORS |= {"wasm32", "x64"}
LIBRARIES = {"musl": "musl", "musleabihf": "musl", "gnu": "glibc", "gnueabihf": "glibc"}


def _resolves(packages: dict[str, Any], folder: str, name: str) -> bool:
    """Whether Node would find a package from a folder, looking upwards."""
    while True:
        if f"{folder}/node_modules/{name}".lstrip("/") in packages:
            return True
        if not folder:
            return False
        folder = folder.rpartition("node_modules/")[0].rstrip("/")


def _entry(name: str, version: str, *, dev: bool) -> dict[str, Any]:
    words = re.split(r"[-/]", name)
    entry: dict[str, Any] = {
        "version": version,
        "cpu": [word for word in words if word in PROCESSORS],
        "dev": dev,
        "libc": [LIBRARIES[word] for word in words if word in LIBRARIES],
        "optional": True,
        "os": [word for word in words if word in SYSTEMS],
    }
    return {key: value for key, value in entry.items() if value}


def complete(lock: dict[str, Any]) -> list[str]:
    """Add what is missing; returns the names of the added packages."""
    packages = lock["packages"]
    added: dict[str, dict[str, Any]] = {}
    for folder, info in packages.items():
        for name, version in info.get("optionalDependencies", {}).items():
            if not _resolves(packages, folder, name) and re.fullmatch(r"[\d.]+\S*", version):
                added[f"node_modules/{name}"] = _entry(name, version, dev=info.get("dev", False))
    lock["packages"] = dict(sorted((packages | added).items()))
    return sorted(added)


def main() -> int:
    """Complete the lock in place; with --check, only say whether it is complete."""
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    added = complete(lock)
    if "--check" in sys.argv:
        for name in added:
            print(f"missing: {name}")
        return 1 if added else 0
    if added:
        text = json.dumps(lock, indent=2, ensure_ascii=False)
        LOCK.write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(added)} entries added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
