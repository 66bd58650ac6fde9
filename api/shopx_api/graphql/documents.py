"""Parsed and validated documents, cached by their text.

Parsing and validating take longer than executing, and pages send the same few documents.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from graphql.language import FieldNode, FragmentSpreadNode, Node
from graphql.validation import specified_rules
from strawberry.schema.schema import validate_document

from shopx_core.errors import InvalidInput

MAX_TOKENS: Final = 3000
"""The dashboard's pages send some 200, and validation takes a tenth of a millisecond for each."""
KEPT_DOCUMENTS: Final = 500
KEPT_LENGTH: Final = 32_768
KEPT_TOKENS: Final = 20_000
"""Of all kept documents: with what is compiled of it, one takes about a kilobyte a token. All
queries of the pages have 5,600."""
MAX_REPEATS: Final = 50
"""Selections of one response name: validation compares them pair by pair."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, independent of variables."""

    ast: DocumentNode | None
    """`None` when the text cannot be parsed."""
    errors: tuple[GraphQLError, ...]
    """Why it cannot be executed; empty when it can."""
    operations: dict[str | None, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    tokens: int = 0
    plans: dict[Any, Any] = field(default_factory=dict, compare=False)
    """Compiled selections; see `shopx_api.graphql.executor`."""
    compiled: dict[str | None, Any] = field(default_factory=dict, compare=False)
    """Compiled operations by name; see `shopx_api.graphql.operation`."""

    @property
    def length(self) -> int:
        """The characters of its text."""
        return self.ast.loc.end if self.ast is not None and self.ast.loc is not None else 0

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute.

        Raises:
            InvalidInput: No operation has this name, or there are several and no name.
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        found = self.operations.get(name)
        if found is None:
            problem = f"no operation {name[:100]!r}" if name else "several operations"
            raise InvalidInput(
                f"The document has {problem}.", hint="Name one of its operations in operationName."
            )
        return found

    def root_fields(self, operation: OperationDefinitionNode) -> set[str]:
        """The names of the root fields that an operation selects."""
        names: set[str] = set()
        seen: set[str] = set()
        pending: list[Any] = [operation]
        while pending:
            node = pending.pop()
            if isinstance(node, FieldNode):
                names.add(node.name.value)
            elif isinstance(node, FragmentSpreadNode):
                if node.name.value not in seen:
                    seen.add(node.name.value)
                    pending.append(self.fragments[node.name.value])
            else:
                pending.extend(node.selection_set.selections)
        return names

    def fields(self, operation: OperationDefinitionNode) -> Iterator[str]:
        """The names of all fields that an operation selects, at any depth."""
        seen: set[str] = set()
        pending: list[Node] = [operation]
        while pending:
            node = pending.pop()
            if isinstance(node, FieldNode):
                yield node.name.value
            selection_set = getattr(node, "selection_set", None)
            if selection_set is not None:
                pending.extend(selection_set.selections)
            elif node.kind == "fragment_spread":
                name = node.name.value  # type: ignore[attr-defined]
                if name not in seen and name in self.fragments:
                    seen.add(name)
                    pending.append(self.fragments[name])


class Documents:
    """Parses and validates each text once.

    Args:
        schema: The schema to validate against.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._tokens = 0
        self._reading = asyncio.Lock()

    async def find(self, text: str) -> Document:
        """The document of a text, also of an invalid one.

        A new one is read in a thread, one at a time: some take a third of a second, for which
        other requests do not wait.
        """
        if text in self._known:
            return self.get(text)
        async with self._reading:
            known = self._known.get(text)
            return known or self._keep(text, await asyncio.to_thread(self._read, text))

    def get(self, text: str) -> Document:
        """The same for callers that may wait."""
        known = self._known.get(text)
        if known is None:
            return self._keep(text, self._read(text))
        self._known.move_to_end(text)
        return known

    def _keep(self, text: str, document: Document) -> Document:
        if len(text) <= KEPT_LENGTH and text not in self._known:
            self._known[text] = document
            self._tokens += document.tokens
            while len(self._known) > KEPT_DOCUMENTS or self._tokens > KEPT_TOKENS:
                self._tokens -= self._known.popitem(last=False)[1].tokens
        return document

    def _read(self, text: str) -> Document:
        try:
            ast = parse(text, max_tokens=MAX_TOKENS, no_location=False)
        except GraphQLError as error:
            return Document(None, (error,), {}, {})
        except RecursionError:
            return Document(None, (GraphQLError("The document is nested too deeply."),), {}, {})
        overloaded = _overloaded_name(ast)
        if overloaded is not None:
            message = f"{overloaded!r} is selected more than {MAX_REPEATS} times; use aliases."
            return Document(None, (GraphQLError(message),), {}, {})
        errors = tuple(validate_document(self._schema, ast, tuple(specified_rules)))
        operations = {
            node.name.value if node.name else None: node
            for node in ast.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        fragments = {
            node.name.value: node
            for node in ast.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        if not errors and not operations:
            errors = (GraphQLError("The document has no operation."),)
        return Document(ast, errors, operations, fragments, _tokens(ast))


def _tokens(ast: DocumentNode) -> int:
    count, token = 0, ast.loc.start_token if ast.loc is not None else None
    while token is not None:
        count, token = count + 1, token.next
    return count


def _overloaded_name(ast: DocumentNode) -> str | None:
    """A response name with too many selections in one place; `None` without one.

    All fragments count as one place, because only validation can tell their places.
    """
    counts: Counter[str] = Counter()
    pending: list[tuple[Any, str]] = [(definition, "") for definition in ast.definitions]
    while pending:
        node, path = pending.pop()
        selection_set = getattr(node, "selection_set", None)
        for child in selection_set.selections if selection_set else ():
            place = path
            if isinstance(child, FieldNode) and child.selection_set is not None:
                place = f"{path}.{child.alias.value if child.alias else child.name.value}"
                counts[place] += 1
            pending.append((child, place))
    place, count = next(iter(counts.most_common(1)), ("", 0))
    return place.removeprefix(".") if count > MAX_REPEATS else None


def is_mutation(operation: OperationDefinitionNode) -> bool:
    """Whether an operation is a mutation."""
    return operation.operation is OperationType.MUTATION
