"""Inputs that others look values up in: read into memory by their keys, before anything else."""

from collections.abc import Mapping as Map
from typing import Any, Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import LookupTable
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.readers.base import InputReader
from shopx_store.importing.values import to_text
from shopx_store.importing.vectors import Fault

MOST_VALUES: Final = 5_000_000
"""Of all tables together, because they are in memory."""


def lookup_tables(mapping: Mapping, inputs: Map[str, list[InputReader]]) -> dict[str, LookupTable]:
    """The tables of a mapping's lookups, by input.

    Raises:
        InvalidInput: A key has two different values, or there are too many values.
    """
    tables: dict[str, LookupTable] = {}
    left = MOST_VALUES
    for name, columns in mapping.looked_up.items():
        key = mapping.inputs[name].key
        assert key is not None  # noqa: S101 -- the mapping was checked
        table: dict[str, dict[str, Any]] = {column: {} for column in columns}
        for reader in inputs[name]:
            for batch in reader.batches(frozenset({key, *columns})):
                keys = [to_text(value) for value in batch.columns.vectors[key].iterate()]
                for column in columns:
                    rows = batch.columns.vectors[column].iterate()
                    for number, found, value in zip(batch.rows, keys, rows, strict=True):
                        if found is None or type(found) is Fault or value is None:
                            continue
                        if table[column].setdefault(found, value) != value:
                            raise InvalidInput(
                                say(
                                    "import.row-key-another-before",
                                    "{label}, row {number}: the key {found} has another {column}"
                                    " than before, so lookup({name}, …) has two answers.",
                                    label=reader.label,
                                    number=number,
                                    found=repr(found),
                                    column=repr(column),
                                    name=name,
                                ),
                                hint=say(
                                    "import.look-values-up-key",
                                    "Look values up by a key that is unique.",
                                ),
                            )
                if sum(map(len, table.values())) > left:
                    raise InvalidInput(
                        say(
                            "import.inputs-more-values-look",
                            "inputs.{name}: more than {most_values, number} values to look up.",
                            name=name,
                            most_values=MOST_VALUES,
                        )
                    )
        left -= sum(map(len, table.values()))
        tables[name] = table
    return tables
