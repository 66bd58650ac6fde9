"""The generation of rollups that this release fills."""

from typing import Final

GENERATION: Final = 1
"""Raised with each table or column that is added to the rollups.

The migration that adds it sets `watermark.generation` to the same number and `trusted` to false.
Folds of other releases then stop, reads use the ledger, and the new fold rebuilds the rollups.
See docs/adr/0011-generations-of-rollups.md.
"""
