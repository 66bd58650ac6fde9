"""Write the files that are generated from models: `python -m shopx_tools.generators [--check]`.

`--check` writes nothing and ends with 1 when a file is not current.
"""

import sys

from shopx_tools import ROOT
from shopx_tools.generators import (
    api_reference,
    chart,
    client,
    compose,
    crd,
    document_texts,
    monitoring,
    packaging,
    reference_pages,
    server_texts,
)

GENERATORS = (
    packaging,
    api_reference,
    client,
    chart,
    compose,
    crd,
    monitoring,
    reference_pages,
    server_texts,
    document_texts,
)


def main(arguments: list[str]) -> int:
    """Write or compare every file."""
    check = arguments == ["--check"]
    stale = 0
    for generator in GENERATORS:
        for path, text in generator.files().items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale += 1
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            state = "is not current: run `make generate`" if check else "is written"
            print(f"{path.relative_to(ROOT)} {state}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
