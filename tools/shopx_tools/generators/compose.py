"""The compose projects of the examples, under deploy/compose."""

from pathlib import Path
from typing import Final

from shopx_local.compose import project, values
from shopx_local.up import read_manifest
from shopx_tools import ROOT

FOLDER: Final = ROOT / "deploy" / "compose"
PROJECTS: Final = {"dev": "dashboard.yaml", "prod": "cluster.yaml"}
"""The example that each project is rendered from."""


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    made = {FOLDER / ".env.example": values.example()}
    for name, example in PROJECTS.items():
        rendered = project.render(read_manifest(ROOT / "examples" / example))
        made |= {FOLDER / name / file: text for file, text in rendered.files.items()}
    return made
