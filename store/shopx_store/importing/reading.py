"""How a mapping reads what lines are identified by: with another reading, each is another line."""

from shopx_store.importing.inputs import TextInput
from shopx_store.importing.mapping import Fields, Mapping

ABSENT = ""
"""A field that is not mapped."""


def identity_reading(mapping: Mapping) -> dict[str, str]:
    """Each part of a mapping that identities depend on, by its name, as text.

    The keys of orders and lines; where lines have no key and are orders of their own, everything
    that their content is read with. Where an order has a key, its lines are compared with those
    that it has.
    """
    reading = {
        "order.key": _text(mapping.order, "key", mapping),
        "line.order": _text(mapping.line, "order", mapping),
        "line.key": _text(mapping.line, "key", mapping),
    }
    if mapping.order.key is None and mapping.line.key is None:
        reading |= {
            f"{section}.{name}": _text(fields, name, mapping)
            for section, fields in (("order", mapping.order), ("line", mapping.line))
            for name, _ in fields.expressions()
            if name != "where"
        }
        reading["source.zone"] = mapping.source.zone
        reading["source.clock_change"] = mapping.source.clock_change
        spec = mapping.inputs[mapping.line_input]
        if isinstance(spec, TextInput):
            reading["decimal"], reading["thousands"] = spec.decimal, spec.thousands or ABSENT
            if spec.accounting:
                reading["accounting"] = "true"
    return reading


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What is read otherwise, for a message."""
    return [
        f"{name} was {_shown(before.get(name))} and is {_shown(now.get(name))}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name, ABSENT) != now.get(name, ABSENT)
    ]


def _text(fields: Fields, name: str, mapping: Mapping) -> str:
    expression = dict(fields.expressions()).get(name)
    if expression is None:
        return ABSENT
    # Names of the mapping's own may be renamed together with their column's.
    columns = mapping.inputs[fields.from_ or mapping.line_input].columns
    names = [
        f"{alias}={'|'.join(columns[alias])}"
        for alias in sorted(expression.columns & columns.keys())
    ]
    return " ".join([expression.text, *names])


def _shown(text: str | None) -> str:
    return f"`{text}`" if text else "not given"
