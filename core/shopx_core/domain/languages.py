"""The languages of the pages."""

from typing import Literal

Language = Literal["en", "de", "ar", "ja"]
"""BCP 47; those of `frontend/src/lib/locale.ts`."""
