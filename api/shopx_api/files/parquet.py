"""A list as a Parquet file, from its CSV file: exact decimals, in memory that does not grow.

DuckDB reads the CSV file twice: for the digits that each column needs, and to write the rows.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

_MEMORY: Final = "40MB"
_MOST_DIGITS: Final = 38
"""Of a decimal in Parquet; a column of more digits is text."""


def write_parquet(source: Path, target: Path, columns: Sequence[str], text_columns: int) -> None:
    """Write the rows of a CSV file without header.

    Args:
        source: The CSV file.
        target: The Parquet file.
        columns: The titles of its columns, in order.
        text_columns: How many of them, from the first, are text; the others are decimals, and
            empty cells are nulls.
    """
    names = [_identifier(name) for name in column_names(columns)]
    # The session may read and write its own two files, and load nothing.
    connection = duckdb.connect(
        config={"memory_limit": _MEMORY, "threads": 1, "autoload_known_extensions": False}
    )
    try:
        connection.execute("set preserve_insertion_order = true")
        connection.execute("set temp_directory = ?", [str(target.parent)])
        types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(names)))
        # The values are bound and no part of a name is: names are identifiers made below.
        rows = (
            f"read_csv({_text(source)}, header = false, auto_detect = false, delim = ',',"
            f" quote = '\"', escape = '\"', new_line = '\\r\\n', columns = {{{types}}},"
            " max_line_size = 1048576)"
        )
        numbers = range(text_columns, len(names))
        chosen = [
            _text_column(f"c{place}", names[place]) if place < text_columns else ""
            for place in range(len(names))
        ]
        if numbers:
            (found,) = connection.execute(
                "select " + ", ".join(_digits(f"c{place}") for place in numbers) + f" from {rows}"
            ).fetchall()
            for place, whole, fraction in zip(numbers, found[::2], found[1::2], strict=True):
                chosen[place] = _number(f"c{place}", names[place], whole or 1, fraction or 0)
        connection.execute(
            f"copy (select {', '.join(chosen)} from {rows}) to {_text(target)}"
            " (format parquet, compression zstd, row_group_size 16384)"
        )
    finally:
        connection.close()


def column_names(titles: Sequence[str]) -> list[str]:
    """Names that data tools take without quotes: `revenue_before`; equal ones are numbered."""
    names: list[str] = []
    for title in titles:
        name = re.sub(r"[^a-z0-9]+", "_", title.lower().partition("(")[0]).strip("_") or "column"
        taken = sum(1 for one in names if one == name or one.startswith(f"{name}__"))
        names.append(f"{name}__{taken + 1}" if taken else name)
    return names


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _text_column(column: str, name: str) -> str:
    # The apostrophe keeps a spreadsheet from running a text; here nothing runs it.
    return (
        f"case when regexp_matches({column}, '^''[=+\\-@\\t\\r]') then substr({column}, 2)"
        f" else {column} end as {name}"
    )


def _digits(column: str) -> str:
    number = f"ltrim({column}, '-')"
    return f"max(length(split_part({number}, '.', 1))), max(length(split_part({number}, '.', 2)))"


def _number(column: str, name: str, whole: int, fraction: int) -> str:
    value = f"nullif({column}, '')"
    if whole + fraction > _MOST_DIGITS:
        return f"{value} as {name}"
    return f"cast({value} as decimal({whole + fraction}, {fraction})) as {name}"
