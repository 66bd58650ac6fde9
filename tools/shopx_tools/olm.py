"""Hold the OLM bundle against OLM's own programs: `python -m shopx_tools.olm`.

`operator-verify` has the rules of the API's validation library, which `operator-sdk bundle
validate` uses, too; `opm` renders the bundle into a catalog, and validates that as a cluster would
read it. Both are built once from `hack/olm/go.mod`, which pins them with checksums.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import yaml

from shopx_tools import ROOT
from shopx_tools.generators.packaging import BUNDLE
from shopx_tools.kind_cluster.cluster import CACHE

MODULE: Final = ROOT / "hack" / "olm"
_SUMS: Final = b"".join((MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
PROGRAMS: Final = CACHE / f"olm-{hashlib.sha256(_SUMS).hexdigest()[:12]}"
"""Where they are kept, known by what they are built from."""
# Signatures and graph drivers of container storage would need C libraries; neither is used.
_TAGS: Final = "containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper"
_CHANNEL: Final = "alpha"


class BundleError(Exception):
    """A program refused the bundle, or cannot be had; the message is its output."""


def built() -> bool:
    """Whether both programs are there."""
    return all((PROGRAMS / name).exists() for name in ("opm", "operator-verify"))


def build() -> None:
    """Build both programs; the first time it takes minutes.

    Raises:
        BundleError: There is no Go, or a module cannot be downloaded or compiled.
    """
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        message = "Go is not installed: https://go.dev/dl/"
        raise BundleError(message)
    environment = os.environ | {"GOBIN": str(PROGRAMS), "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    _run(go, "install", "-tags", _TAGS, "-ldflags", "-s -w", "tool", env=environment, cwd=MODULE)


def verify(bundle: Path = BUNDLE) -> list[str]:
    """Every error and warning of the validation library, as `level: text`.

    Args:
        bundle: The folder with `manifests` and `metadata`.

    Raises:
        BundleError: It cannot be read.
    """
    words = ("manifests", "--object_validate", "--operatorhub_validate", str(bundle))
    said = _run(str(PROGRAMS / "operator-verify"), *words).stderr
    found = re.findall(r'^time=\S+ level=(\w+) msg="?(.*?)"?$', said, re.MULTILINE)
    return [f"{level}: {text}" for level, text in found]


def catalog(folder: Path, bundle: Path = BUNDLE) -> str:
    """Make a catalog with the bundle alone, and validate it; returns its text.

    Args:
        folder: Where it is written.
        bundle: The folder with `manifests` and `metadata`.

    Raises:
        BundleError: `opm` cannot render the bundle, or finds the catalog invalid.
    """
    opm = str(PROGRAMS / "opm")
    annotations = yaml.safe_load((bundle / "metadata" / "annotations.yaml").read_text("utf-8"))
    package = annotations["annotations"]["operators.operatorframework.io.bundle.package.v1"]
    rendered = _run(opm, "render", str(bundle), "--output=yaml").stdout
    (name,) = [one["name"] for one in yaml.safe_load_all(rendered) if one["schema"] == "olm.bundle"]
    channel = {
        "schema": "olm.channel",
        "package": package,
        "name": _CHANNEL,
        "entries": [{"name": name}],
    }
    begun = _run(opm, "init", package, f"--default-channel={_CHANNEL}", "--output=yaml").stdout
    text = "---\n".join([begun, yaml.safe_dump(channel), rendered])
    (folder / "catalog.yaml").write_text(text, encoding="utf-8")
    _run(opm, "validate", str(folder))
    return text


def _run(
    *words: str, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        shown = f"{Path(words[0]).name} {words[1]}"
        message = f"{shown} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        raise BundleError(message)
    return done


def main() -> int:
    """Build what is missing, and print what the programs say; returns the exit code."""
    try:
        if not built():
            print(f"building opm and operator-verify into {PROGRAMS}", flush=True)
            build()
        problems = verify()
        with tempfile.TemporaryDirectory() as folder:
            catalog(Path(folder))
    except BundleError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    for problem in problems:
        print(problem)
    wrong = any(problem.startswith("error") for problem in problems)
    print("operator-verify refuses the bundle" if wrong else "operator-verify and opm take it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
