"""docs/api-reference.md tells of each argument what it is without being given."""

import re

from graphql import (
    FieldDefinitionNode,
    InputValueDefinitionNode,
    NullValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from shopx_tools.generators.api_reference import PAGE, SCHEMA


class _Defaults(Visitor):
    """Name and default of each argument and input field that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.signatures: set[str] = set()

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_: object) -> None:
        default = node.default_value
        if default is not None and not isinstance(default, NullValueNode):
            self.found.add((node.name.value, print_ast(default)))

    def enter_field_definition(self, node: FieldDefinitionNode, *_: object) -> None:
        if node.arguments:
            self.signatures.add(node.name.value)


def test_each_default_is_told() -> None:
    page = PAGE.read_text("utf-8")
    defaults = _Defaults()
    visit(parse(SCHEMA.read_text("utf-8")), defaults)
    assert len(defaults.found) > 20, "the schema has defaults"
    untold = [
        f"{name} = {default}"
        for name, default in sorted(defaults.found)
        if f"| `{name}` |" not in page or f"| `{default}` |" not in page
        if not re.search(rf"\b{name}: \S+ = {re.escape(default)}[,)]", page)
    ]
    assert untold == []


def test_each_field_has_its_arguments() -> None:
    page = PAGE.read_text("utf-8")
    fields = _Defaults()
    visit(parse(SCHEMA.read_text("utf-8")), fields)
    assert fields.signatures
    untold = [
        name
        for name in sorted(fields.signatures)
        if f"`{name}(" not in page and f"### {name}\n" not in page
    ]
    assert untold == []
