"""Every field of the spec, edited on a dashboard that serves, has its effect in what runs."""

import pytest

from tests.support.edits import EDITS, NAME, Edit, Live

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.id)
def test_edit(live: Live, edit: Edit) -> None:
    """The edit has its effect, and the dashboard serves with it."""
    edit.effect(live)
    live.kubectl.until_condition(NAME, "Ready", "True")
