"""Which rollups this release fills."""

from typing import Final

GENERATION: Final = 1
"""Of the rollups that this release fills: raised with each table or column that is added to them.

The migration that adds it sets `watermark.generation` to the same number and `trusted` to false:
folds of other releases stop, reads come from the ledger, and the new fold fills everything anew.
See docs/adr/0011-generations-of-rollups.md.
"""
