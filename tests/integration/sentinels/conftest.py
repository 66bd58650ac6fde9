"""Shows what was measured: how long each client is without a primary."""

from tests.support.measured import measured, pytest_terminal_summary

__all__ = ["measured", "pytest_terminal_summary"]
"""Used by pytest."""
