"""Writes `schema.graphql`, the reviewed interface; run it after changing a type.

python -m shopx_api.graphql.export [--check]
"""

import sys
from pathlib import Path

from shopx_api.graphql.schema import schema

TARGET = Path(__file__).resolve().parent.parent / "schema.graphql"


def render() -> str:
    """The schema as SDL."""
    return schema.as_str() + "\n"


def main(arguments: list[str]) -> int:
    """Write the file; with --check return 0 if it is current, else 1."""
    if "--check" not in arguments:
        TARGET.write_text(render())
        return 0
    if TARGET.exists() and TARGET.read_text() == render():
        return 0
    sys.stderr.write(f"{TARGET} is not current: run python -m shopx_api.graphql.export\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
