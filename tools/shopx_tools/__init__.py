"""Tools of this repository; no wheel ships them."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
"""Of the clone."""
