"""The languages that a manifest may name are those of the pages."""

import re
from typing import get_args

from shopx_core.domain.languages import Language
from shopx_tools import ROOT


def test_a_manifest_may_name_the_languages_of_the_pages() -> None:
    text = (ROOT / "frontend/src/lib/locale.ts").read_text(encoding="utf-8")
    listed = re.search(r"LANGUAGES = \{(.*?)\}", text)
    assert listed
    assert tuple(re.findall(r"(\w+): ", listed[1])) == get_args(Language)
