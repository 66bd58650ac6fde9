"""The tables that a statement reads, from its text."""

import pytest

from shopx_core.caching.dependencies import DependencyTag
from shopx_core.caching.table_dependencies import dependency_tags

CATALOGUE, CUSTOMERS, LEDGER, TEAM, TERMS, VIEWS = (
    DependencyTag.CATALOGUE,
    DependencyTag.CUSTOMERS,
    DependencyTag.LEDGER,
    DependencyTag.TEAM,
    DependencyTag.TERMS,
    DependencyTag.VIEWS,
)


@pytest.mark.parametrize(
    ("sql", "tags"),
    [
        pytest.param("select 1", set(), id="nothing"),
        pytest.param("select name from products where id = $1", {CATALOGUE}, id="one"),
        pytest.param("SELECT name FROM Products", {CATALOGUE}, id="upper-case"),
        pytest.param("select 1 from products p, sales_reps r", {CATALOGUE, TEAM}, id="listed"),
        pytest.param(
            "select 1 from (select 1) x, customers c", {CUSTOMERS}, id="listed-after-a-subquery"
        ),
        pytest.param(
            "select 1 from products p left join lateral (select 1 from quotas) q on true",
            {CATALOGUE, TEAM},
            id="lateral",
        ),
        pytest.param(
            "with d as materialized (select * from order_items) select * from d", {LEDGER}, id="cte"
        ),
        pytest.param(
            "with recursive t(id, up) as (select 1, 2 from categories union all select * from t)"
            " select * from t",
            {CATALOGUE},
            id="recursive-with-columns",
        ),
        pytest.param("select orders, customers from mv_customer_rfm", {VIEWS}, id="columns"),
        pytest.param(
            "select 1 from mv_customer_rfm order by orders, customers", {VIEWS}, id="order-by"
        ),
        pytest.param("select (select 1 from rates), 2 from regions", {TERMS, TEAM}, id="scalar"),
        pytest.param("select extract(dow from day) from quotas", {TEAM}, id="extract"),
        pytest.param("select a is distinct from b, c from channels", {TEAM}, id="is-distinct-from"),
        pytest.param("select 1 from unnest($1::int[]) u", set(), id="function"),
        pytest.param("select 1 -- from customers\nfrom regions", {TEAM}, id="comment"),
        pytest.param("select 'from customers' from regions", {TEAM}, id="text"),
        pytest.param(
            "select 1 from regions where id in (select 1 from customers)",
            {TEAM, CUSTOMERS},
            id="nested",
        ),
    ],
)
def test_the_tables_of_a_statement_name_its_tags(sql: str, tags: set[DependencyTag]) -> None:
    assert dependency_tags(sql) == tags


@pytest.mark.parametrize(
    "sql",
    ["select 1 from tokens", "select 1 from products p, import_runs", "select 1 from pg_class"],
)
def test_a_table_without_a_tag_makes_the_answer_uncacheable(sql: str) -> None:
    """What reads it is never cached."""
    assert dependency_tags(sql) is None
