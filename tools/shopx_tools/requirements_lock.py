"""Write `requirements/*.txt` from pyproject.toml; arguments such as `--upgrade` go to uv.

Each file pins every package with its hashes and names no index (ADR 5).
"""

import subprocess
import sys

from shopx_tools import ROOT

PROJECT = "pyproject.toml"
TESTED = ("--constraint", "requirements/dev.txt")
"""Container images bring the versions that are tested."""
LOCKS: dict[str, tuple[str, ...]] = {
    "bootstrap": ("--group", f"{PROJECT}:bootstrap"),
    "node": ("--group", f"{PROJECT}:node"),
    "run": (PROJECT, "--extra", "local", "--group", "run"),
    "dev": (
        *(PROJECT, "--extra", "local", "--extra", "operator", "--extra", "pandas"),
        *("--extra", "polars", "--extra", "arrow", "--group", "dev"),
    ),
    "image-build": ("--group", f"{PROJECT}:build", *TESTED),
    "image-app": (
        *(PROJECT, "--extra", "api", "--extra", "workers", "--extra", "migrations"),
        *TESTED,
    ),
    "image-operator": (PROJECT, "--extra", "operator", *TESTED),
    "image-backup": ("--group", f"{PROJECT}:backup", *TESTED),
    "image-patroni": ("--group", f"{PROJECT}:patroni", *TESTED),
    "image-servers": ("--group", f"{PROJECT}:servers", *TESTED),
    "sbom": ("--group", f"{PROJECT}:sbom"),
}
OPTIONS = (
    *("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-annotate", "--custom-compile-command", "make lock"),
)


def main(arguments: list[str]) -> int:
    """Write the files in order: later ones are constrained by `dev`."""
    for name, sources in LOCKS.items():
        file = f"requirements/{name}.txt"
        command = ["uv", "pip", "compile", *sources, *OPTIONS, "-o", file, *arguments]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
        print(f"{file} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
