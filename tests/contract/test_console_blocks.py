"""Each block of commands in README and docs is executed by a test, or says why it is not."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*) -->\n)?^```(?:console|sh)(?: (?P<name>[\w-]+))?\n", re.MULTILINE
)


@cache
def _followed() -> set[str]:
    """The names of blocks that a test follows."""
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    calls = r"(?:follow|documented)\([^)]*?\"([\w-]+)\"(?:, \w+)?\)"
    return {name for text in texts for name in re.findall(calls, text)}


def _blocks() -> Iterator[tuple[str, str | None, str | None]]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in _BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{page.relative_to(ROOT)}:{line}", found["mark"], found["name"]


BLOCKS = list(_blocks())


@pytest.mark.parametrize(("where", "mark", "name"), BLOCKS, ids=[where for where, *_ in BLOCKS])
def test_a_block_is_executed_or_says_why_not(
    where: str, mark: str | None, name: str | None
) -> None:
    if name is not None and mark is None:
        assert name in _followed(), f"{where}: no test follows the block {name}"
        return
    assert mark, f"{where}: put `<!-- executed by PATH -->` or `<!-- not run: REASON -->` before it"
    verb, _, rest = mark.partition(": " if mark.startswith("not run") else " by ")
    assert verb in ("executed", "not run"), mark
    assert rest
    if verb == "executed":
        assert (ROOT / rest).is_file(), f"{where}: {rest} does not exist"
    for path in re.findall(r"(?<![\w/])(?:tests|\.ci)/[\w./]+\w", rest):
        assert (ROOT / path).exists(), f"{where}: {path} does not exist"


def test_there_are_blocks_of_each_kind() -> None:
    assert any(name in _followed() for _, _, name in BLOCKS)
    assert any((mark or "").startswith("executed by ") for _, mark, _ in BLOCKS)


def test_the_index_names_every_page() -> None:
    """docs/README.md, or docs/monitoring.md for the runbooks; decisions need no index."""
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text("utf-8") + (docs / "monitoring.md").read_text("utf-8")
    pages = [*docs.glob("*.md"), *(docs / "runbooks").glob("*.md")]
    missing = [page.name for page in pages if page.name not in index and page.name != "README.md"]
    assert missing == []
