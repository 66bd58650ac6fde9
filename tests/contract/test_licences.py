"""What images bring has a licence that lets it be passed on with this project."""

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

from shopx_tools.sbom import IMAGES

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
    ),
    *("MIT-CMU", "MPL-2.0", "PostgreSQL", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
    "BlueOak-1.0.0",
    # Libraries that are used unchanged, as packages of their own that anybody can replace.
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LicenseRef-Public-Domain",
    # Fonts.
    "OFL-1.1",
    # Data that tell which browsers support what.
    "CC-BY-4.0",
}
"""SPDX identifiers."""
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Public Domain": "LicenseRef-Public-Domain",
    "Python Software Foundation License": "PSF-2.0",
}
"""Names of trove classifiers and old metadata."""
_OPERATORS = {"AND", "OR", "WITH", "(", ")"}


def _licences(name: str) -> set[str]:
    """The identifiers in a distribution's metadata."""
    found = metadata(name)
    expression = found["License-Expression"]
    if expression:
        return set(re.findall(r"[\w.\-+]+", expression)) - _OPERATORS
    names = [
        text.rpartition(" :: ")[2]
        for text in found.get_all("Classifier") or []
        if text.startswith("License :: ") and not text.endswith("OSI Approved")
    ] or [(found["License"] or "").splitlines()[0] if found["License"] else ""]
    return {_SPDX.get(text, text) for text in names}


def _locked(lock: str) -> list[str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)


@pytest.mark.parametrize("lock", sorted({*IMAGES.values()}))
def test_python_packages_of_images(lock: str) -> None:
    """A package for another platform is not installed here; its metadata are the same elsewhere."""
    refused = {}
    seen = 0
    for name in _locked(lock):
        try:
            found = _licences(name)
        except PackageNotFoundError:
            continue
        seen += 1
        if not found or found - ALLOWED:
            refused[name] = found - ALLOWED
    assert refused == {}
    assert seen > len(_locked(lock)) * 0.8


def test_packages_of_the_pages() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    refused = {
        path: package.get("license")
        for path, package in lock["packages"].items()
        if path
        and not package.get("dev")
        and not set(re.findall(r"[\w.\-+]+", package.get("license", "none"))) - _OPERATORS
        <= ALLOWED
    }
    assert refused == {}
    assert any(not package.get("dev") for package in lock["packages"].values())
