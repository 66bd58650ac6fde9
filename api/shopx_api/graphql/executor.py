"""Execution, with a shortcut for data that needs no resolver.

The result of a panel is an object tree that is complete when its resolver returns: attributes,
lists, numbers. The general executor builds a path, a resolve info and an argument map for each
field of each object, which is most of a request's cost. For a selection without resolvers and
directives this executor compiles one function instead, keeps it with the document, and calls it.
When a value does not fit the schema (a null where there must be none), it leaves the object to the
general executor, which reports errors with paths.
"""

from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLOutputType
from graphql.execution import Executor

from shopx_api.data.context import Context
from shopx_api.graphql.documents import Document
from shopx_api.graphql.selections import (
    Complete,
    DoesNotFit,
    NotPlain,
    completer,
    optional,
    plain_object,
    required,
)

_MISSING: Final = object()


@dataclass(slots=True)
class DocumentContext(Context):
    """The context of resolvers, with the executed document."""

    document: Document


class CompiledSelectionExecutor(Executor[Any]):
    """Completes objects and lists by compiled selections; its context is a `DocumentContext`."""

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object, by its compiled selection if there is one."""
        plan = self._plan(return_type, field_details_list)
        if plan is not None:
            try:
                return plan(result)
            except DoesNotFit:
                pass
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a list, by the compiled selection of its items if there is one."""
        if isinstance(result, list):
            try:
                complete = self._item(return_type.of_type, field_details_list)
                return [complete(item) for item in result]
            except (DoesNotFit, NotPlain):
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _item(self, kind: GraphQLOutputType, field_details_list: Any) -> Complete:
        named = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(named, GraphQLObjectType):
            plan = self._plan(named, field_details_list)
            if plan is None:
                raise NotPlain
            return required(plan) if named is not kind else optional(plan)
        nodes = [details.node for details in field_details_list]
        return completer(kind, nodes, self._document)

    def _plan(self, kind: GraphQLObjectType, field_details_list: Any) -> Complete | None:
        plans = self._document.plans
        # The document keeps its nodes, so that their ids stay unique.
        key = (kind.name, *(id(details.node) for details in field_details_list))
        plan = plans.get(key, _MISSING)
        if plan is _MISSING:
            nodes = [details.node for details in field_details_list]
            try:
                plan = plain_object(kind, nodes, self._document)
            except NotPlain:
                plan = None
            plans[key] = plan
        return plan  # type: ignore[no-any-return]

    @property
    def _document(self) -> Document:
        return self.context_value.document  # type: ignore[no-any-return]
