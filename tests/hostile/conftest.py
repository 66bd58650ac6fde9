"""How long the long forms run."""

from pathlib import Path

import pytest

from tests.support.measured import measured, pytest_terminal_summary

__all__ = ["measured", "pytest_terminal_summary"]
"""Used by pytest."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--operations", type=int, default=1_000_000, help="Of the long hunt; see `make hostile`."
    )
    parser.addoption(
        "--series", type=Path, default=None, help="Where the fault table's series are written."
    )
