"""What this code uses of graphql-core and Strawberry beyond their documented interfaces.

An upgrade that changes any of it fails here first; docs/adr/0015-overriding-the-graphql-executor.md
says why it is used.
"""

import inspect

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, execute
from graphql.execution import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import validate_document

from shopx_api.graphql.executor import CompiledSelectionExecutor
from shopx_api.graphql.schema import schema
from shopx_api.types.enums import MetricId

OVERRIDDEN = {
    "complete_object_value": (
        *("self", "return_type", "field_details_list", "info", "path", "result"),
        "position_context",
    ),
    "complete_list_value": (
        *("self", "return_type", "field_details_list", "info", "path", "result"),
        "position_context",
    ),
}


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_overridden_methods_have_the_parameters_of_graphql_core(name: str) -> None:
    """A renamed or added parameter would reach the override in the wrong place."""
    theirs = tuple(inspect.signature(getattr(Executor, name)).parameters)
    ours = tuple(inspect.signature(getattr(CompiledSelectionExecutor, name)).parameters)
    assert theirs == ours == OVERRIDDEN[name]


def test_nothing_else_of_the_executor_is_overridden() -> None:
    own = {name for name in vars(CompiledSelectionExecutor) if hasattr(Executor, name)}
    assert {name for name in own if not name.startswith("__")} == OVERRIDDEN.keys()


def test_graphql_core_takes_an_executor_and_a_test_for_awaitables() -> None:
    parameters = inspect.signature(execute).parameters
    assert {"executor_class", "is_awaitable"} <= parameters.keys()
    assert optimized_is_awaitable(1) is False


def test_the_executor_calls_what_is_overridden() -> None:
    """Completion of objects and lists goes through the two methods, by position."""
    source = inspect.getsource(Executor.complete_value)
    for name in OVERRIDDEN:
        assert f"self.{name}(" in source


def test_strawberry_has_the_schema_of_graphql_core() -> None:
    core = schema._schema
    assert isinstance(core, GraphQLSchema)
    assert list(inspect.signature(validate_document).parameters) == [
        *("schema", "document", "validation_rules"),
    ]


def test_fields_carry_strawberrys_definition() -> None:
    """The executor reads from it whether a field has a resolver, and its attribute's name."""
    for kind in schema._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                origin = field.extensions["strawberry-definition"]
                assert isinstance(origin.is_basic_field, bool), f"{kind.name}.{name}"
                assert origin.python_name.isidentifier(), f"{kind.name}.{name}"


def test_enumerations_carry_strawberrys_definition() -> None:
    values = MetricId.__strawberry_definition__.values  # type: ignore[attr-defined]
    assert {value.value for value in values} == {member.value for member in MetricId}


def test_resolvers_show_what_plans_call() -> None:
    """The function itself, how it is called, and where `info` goes."""
    sales = schema._schema.type_map["Sales"]
    assert isinstance(sales, GraphQLObjectType)
    field = sales.fields["kpis"]
    resolver = field.extensions["strawberry-definition"].base_resolver
    assert inspect.iscoroutinefunction(resolver.wrapped_func)
    assert resolver.is_async is True
    assert resolver.self_parameter is not None
    assert resolver.info_parameter.name == "info"
    assert resolver.parent_parameter is None
    assert resolver.root_parameter is None


def test_input_types_show_what_coercers_make() -> None:
    definition = schema._schema.type_map["PeriodInput"].extensions["strawberry-definition"]
    assert definition.is_one_of is True
    assert definition.from_input is None
    assert definition.origin.__name__ == "PeriodInput"
    assert {field.python_name for field in definition.fields} == {"preset", "days", "instants"}
