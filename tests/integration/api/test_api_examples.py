"""Every example of docs/api-reference.md is answered."""

import asyncpg
import pytest

from shopx_api.graphql.schema import schema
from shopx_api.types.node import global_id
from shopx_core.domain.api_tokens import Scope
from shopx_tools.generators.api_examples import MUTATIONS, QUERIES
from tests.support.api import Api, make_token
from tests.support.page_variables import variables_for
from tests.support.shop_dataset import Shop
from tests.support.uploading import announce

RUN = """
insert into import_runs (source_id, mode, content_fields, lines_new, lines_changed, lines_missing,
    lines_again, lines_same, summary)
select min(id), 'append', '', 0, 0, 0, 0, 0, '{}' from sources returning id
"""


def test_each_root_field_has_an_example() -> None:
    core = schema._schema
    assert core.query_type
    assert core.mutation_type
    assert core.query_type.fields.keys() == QUERIES.keys()
    assert core.mutation_type.fields.keys() == MUTATIONS.keys()


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_is_answered(shop: Shop, name: str) -> None:
    async with asyncpg.create_pool(shop.dsn, min_size=1, max_size=1) as pool:
        token = await make_token(pool, Scope.READ, Scope.INGEST, Scope.ADMIN, name="reader")
    api = Api(shop.api.http, {"authorization": f"Bearer {token}"})
    text = QUERIES[name]
    given = await variables_for(api, text.replace("node(id", "product(id"))
    data = await api.data(text, given)
    assert data[name] is not None


async def test_the_mutations_work_one_after_the_other(api: Api, pool: asyncpg.Pool) -> None:
    token = await make_token(pool, Scope.READ, Scope.INGEST, Scope.ADMIN, name="writer")
    writer = Api(api.http, {"authorization": f"Bearer {token}"})
    for name, text in MUTATIONS.items():
        variables = {}
        if "$id" in text:
            lists = {"removeView": "savedViews", "removeAnnotation": "annotations"}
            lists |= dict.fromkeys(("pauseReport", "sendReport", "deleteReport"), "reports")
            kept = lists.get(name, "apiTokens")
            variables = {"id": (await writer.data(f"{{ {kept} {{ id }} }}"))[kept][0]["id"]}
        if name == "undoImport":
            variables = {"id": global_id("Import", await pool.fetchval(RUN))}
        if "$upload" in text:
            variables = {"upload": await announce(writer), "mapping": "kind: SalesImport"}
        data = await writer.data(text, variables)
        assert data[name] is not None
