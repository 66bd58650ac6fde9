"""A problem of a dashboard, as its status shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a user must correct."""

    reason: str
    """One word, for machines."""
    message: str
    """What is wrong and what to do."""
    blocks: bool = True
    """Whether it blocks every apply."""
