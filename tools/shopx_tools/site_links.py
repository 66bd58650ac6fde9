"""A hook of mkdocs: what a page says for GitHub, as the site needs it.

Links to files outside docs/ lead to the repository, and the names of command blocks, by which tests
find them, are left out.
"""

import re
from typing import Any, Final

REPOSITORY: Final = "https://github.com/shopx-analytics/shopx/blob/main"
_OUTSIDE: Final = re.compile(r"\]\((?:\.\./)+([^)\s]+)\)")
_NAMED_BLOCK: Final = re.compile(r"^```sh [\w-]+$", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs with the text of each page.

    Args:
        markdown: The text.
        page: mkdocs' page; its source's path says how deep it is.
    """
    depth = page.file.src_uri.count("/")

    def lead(found: re.Match[str]) -> str:
        leaves = found[0].count("../") > depth
        return f"]({REPOSITORY}/{found[1]})" if leaves else found[0]

    return _NAMED_BLOCK.sub("```sh", _OUTSIDE.sub(lead, markdown))
