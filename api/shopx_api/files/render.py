"""`python -m shopx_api.files.render pdf|parquet`: makes one file in a process of its own.

Its work and memory end with it, so the process that serves requests keeps both for them.
"""

import sys
from pathlib import Path

import orjson

from shopx_api.files.document import Document
from shopx_api.files.parquet import write_parquet
from shopx_api.files.pdf import pdf


def main(arguments: list[str]) -> int:
    """Read what to write from stdin, and write it to the path that is the second argument."""
    kind, target = arguments[0], Path(arguments[1])
    given = sys.stdin.buffer.read()
    if kind == "pdf":
        target.write_bytes(pdf(Document.model_validate_json(given)))
    else:
        asked = orjson.loads(given)
        write_parquet(Path(asked["source"]), target, asked["columns"], asked["text_columns"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
