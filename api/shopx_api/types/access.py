"""Which mutations callers without the scope INGEST may send; declared beside the field."""

from typing import Any, Final

FOR_READERS: Final = "shopx.for_readers"
"""The key of the declaration in a field's Strawberry metadata."""


def for_readers() -> dict[str, Any]:
    """Return the metadata of a mutation that itself decides who may send it.

    Any other is refused before its variables are read, which may be many.
    """
    return {FOR_READERS: True}
