"""What `shopx import inspect` prints."""

import pytest

from shopx_store.commands.import_inspect import would_be_rejected
from shopx_store.importing.transform import Reject


@pytest.mark.parametrize(
    ("column", "printed"),
    [
        ("gross", "Row 7 would be rejected (gross): no number: '12x'"),
        ("", "Row 7 would be rejected: no number: '12x'"),
    ],
)
def test_a_reject_names_the_column_where_one_is_at_fault(column: str, printed: str) -> None:
    assert would_be_rejected(Reject(7, column, "12x", "no number")) == printed
