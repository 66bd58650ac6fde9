"""The page offers the exports that the server knows by name."""

import re
from pathlib import Path

from shopx_store.importing.sniffing.known_exports import presets

ROOT = Path(__file__).resolve().parents[2]


def test_the_form_of_feeds_offers_every_known_export() -> None:
    form = (ROOT / "frontend/src/features/data/feed.ts").read_text()
    found = re.search(r"KNOWN_EXPORTS = \[(.*?)\]", form, re.DOTALL)
    assert found is not None
    assert sorted(re.findall(r'"([^"]+)"', found[1])) == sorted(presets())
