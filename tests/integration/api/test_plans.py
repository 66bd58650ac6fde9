"""Over a real shop, plans answer to the byte what the general executor answers."""

import asyncio
import os
from typing import Any

import pytest
from graphql import GraphQLSchema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from shopx_api.graphql.documents import Documents
from shopx_api.graphql.operation import Operation, operation_of
from shopx_api.graphql.schema import schema
from shopx_api.server.app import create_inner_app
from tests.integration.api.test_fuzz import READS, SCALARS, SCHEMA
from tests.support.api import Api, serving, settings_for
from tests.support.page_queries import OF_ADMINS, documents
from tests.support.page_variables import variables_for
from tests.support.postgres import Database, PostgresServer
from tests.support.shop_dataset import Line, Shop

EXAMPLES = int(os.environ.get("SHOPX_FUZZ_EXAMPLES", "8"))
CORE: GraphQLSchema = schema._schema
LIMITS = {"max_cost": 1_000_000, "max_depth": 40}


class _Both:
    """An API that answers by plans, or without any."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self._api = api
        self._monkeypatch = monkeypatch
        self._token = ""

    async def assert_agreement(self, text: str, variables: dict[str, Any]) -> bytes:
        """The body, the same by both, as of one snapshot."""
        if not self._token:
            first = await self._api.post("{ sales { kpis { value } } }")
            self._token = first.json()["extensions"]["snapshot"]
        ours = await self._api.post(text, variables, x_shopx_as_of=self._token)
        with self._monkeypatch.context() as patched:
            patched.setattr(
                Operation,
                "execute",
                lambda operation, context, variables, **_: operation.execute_in_general(
                    context, variables.given
                ),
            )
            theirs = await self._api.post(text, variables, x_shopx_as_of=self._token)
        assert ours.content == theirs.content
        assert ours.status_code == theirs.status_code
        return ours.content


@pytest.mark.parametrize("name", sorted(documents().keys() - OF_ADMINS))
async def test_the_pages_queries_are_answered_alike(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With what the pages send, with nothing, and with wrong variables; each has a plan."""
    text = documents()[name]
    both = _Both(shop.api, monkeypatch)
    given = await variables_for(shop.api, text)
    body = await both.assert_agreement(text, given)
    assert b'"errors"' not in body, body
    for wrong in ({}, {"zone": "Nowhere/Land"}, {"first": 10**6}, {"period": {"preset": "NEVER"}}):
        await both.assert_agreement(text, given | wrong)
    await both.assert_agreement(text, {})
    document = Documents(CORE).get(text)
    assert operation_of(CORE, document, None)._compiled() is not None


@settings(
    max_examples=4 * EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_query_is_answered_alike(
    pg_server: PostgresServer, shop_template: tuple[Database, list[Line]], data: st.DataObject
) -> None:
    """Documents made from the schema, with odd arguments."""
    field = data.draw(st.sampled_from(READS))
    texts = data.draw(
        st.lists(queries(SCHEMA, fields=[field], custom_scalars=SCALARS), min_size=3, max_size=3)
    )

    async def run() -> None:
        app = create_inner_app(settings_for(_copy(pg_server, shop_template).dsn, api=LIMITS))
        with pytest.MonkeyPatch.context() as monkeypatch:
            async with serving(app) as api:
                both = _Both(api, monkeypatch)
                for text in texts:
                    await both.assert_agreement(text, {})

    asyncio.run(run())


_copies: dict[str, Database] = {}


def _copy(pg_server: PostgresServer, template: tuple[Database, list[Line]]) -> Database:
    name = template[0].name
    if name not in _copies:
        _copies[name] = pg_server.create(name)
    return _copies[name]
