"""Variables for the queries of the dashboard's pages."""

import re
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    parse,
)

from shopx_api.graphql.schema import schema
from tests.support.api import Api
from tests.support.uploading import INSPECT, announce

CORE: GraphQLSchema = schema._schema

_BY_TYPE: dict[str, Any] = {
    "PeriodInput": {"days": {"from": "2025-12-01", "to": "2026-03-31"}},
    "ComparisonInput": {"mode": "PREVIOUS_PERIOD", "matchWeekdays": False},
    "FilterInput": {"channels": [], "segments": None},
    "CustomerGroupInput": {"scores": {"recency": 5}},
    "WeekHourInput": {"weekday": 1, "hour": 12},
    "Int": 5,
    "Granularity": "MONTH",
}
_BY_NAME: dict[str, Any] = {"zone": "Europe/Berlin", "search": "a"}
_KINDS = ("product", "customer", "rep", "order")


async def variables_for(api: Api, text: str) -> dict[str, Any]:
    """Variables that answer a page's query: an existing id, some days, the first of each enum."""
    operation = next(
        node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)
    )
    found: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name, kind = definition.variable.name.value, definition.type
        is_list = False
        while isinstance(kind, NonNullTypeNode | ListTypeNode):
            is_list = is_list or isinstance(kind, ListTypeNode)
            kind = kind.type
        assert isinstance(kind, NamedTypeNode)
        value = await _value(api, text, name, kind.name.value)
        if value is not None:
            found[name] = [value] if is_list else value
    return found


async def _value(api: Api, text: str, name: str, kind: str) -> Any:
    named = CORE.type_map[kind]
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if kind == "ID":
        return await _id(api, text)
    return _BY_NAME.get(name)


async def _id(api: Api, text: str) -> str:
    """The id of something of the kind that the query asks for; of a product otherwise."""
    field = re.search(r"\{\s*(\w+)", text)
    kind = field[1] if field else ""
    if kind == "importJob" and (upload := await announce(api)) is not None:
        made = await api.data(INSPECT, {"upload": upload})
        return str(made["inspectImport"]["id"])
    if kind == "order":
        page = "{ customers { top { nodes { customer { orders { nodes { id } } } } } } }"
        data = await api.data(
            page.replace("customers {", "customers(period: {preset: ALL_TIME}) {")
        )
        first = data["customers"]["top"]["nodes"][0]["customer"]["orders"]["nodes"][0]["id"]
        return str(first)
    dimension = kind.upper() if kind in _KINDS else "PRODUCT"
    data = await api.data(f"{{ filterOptions(dimension: {dimension}) {{ nodes {{ id }} }} }}")
    return str(data["filterOptions"]["nodes"][0]["id"])
