"""Traces: from the request to the SQL, in one trace, without a value; nothing for a hit."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shopx_api.server.app import create_app
from shopx_core import tracing
from tests.support.api import Api, serving, settings_for
from tests.support.postgres import Database

QUERY = "query Kpis($p: PeriodInput) { sales(period: $p) { kpis { metric value } } }"
VARIABLES = {"p": {"days": {"from": "2026-03-01", "to": "2026-03-04"}}}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-00"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Keeps all spans of this process; every request is traced."""
    made = InMemorySpanExporter()
    tracing.install("test", SimpleSpanProcessor(made), percent=100)
    yield made
    tracing.stop()


def _named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


async def _ask(api: Api, **headers: str) -> str:
    response = await api.post(QUERY, VARIABLES, **headers)
    assert response.status_code == 200
    assert "errors" not in response.json()
    return str(response.headers["x-cache"])


async def test_a_miss_is_one_trace_from_the_click_to_the_sql(
    database: Database, exporter: InMemorySpanExporter
) -> None:
    async with serving(create_app(settings_for(database.dsn))) as api:
        assert await _ask(api, traceparent=GIVEN, x_request_id="abc123") == "miss"
    spans = _named(exporter)
    assert spans.keys() == {"request", "compute", "graphql", "sql"}
    assert {f"{span.context.trace_id:032x}" for span in spans.values() if span.context} == {TRACE}
    parents = {name: f"{span.parent.span_id:016x}" for name, span in spans.items() if span.parent}
    ids = {name: f"{span.context.span_id:016x}" for name, span in spans.items() if span.context}
    assert parents["request"] == SPAN
    assert parents["compute"] == ids["request"]
    assert parents["graphql"] == ids["compute"]
    assert parents["sql"] == ids["graphql"]
    for name in ("request", "graphql"):
        assert (spans[name].attributes or {})["shopx.request_id"] == "abc123"
    texts = [
        str((span.attributes or {})["db.query.text"])
        for span in exporter.get_finished_spans()
        if span.name == "sql"
    ]
    assert any("from rollup_sales" in text or "from order_items" in text for text in texts)
    assert not [text for text in texts if "2026-03-01" in text], "values are bound"


async def test_a_hit_has_no_span(database: Database, exporter: InMemorySpanExporter) -> None:
    async with serving(create_app(settings_for(database.dsn))) as api:
        await _ask(api)
        exporter.clear()
        assert await _ask(api, traceparent=GIVEN) == "hit-l0"
    assert not exporter.get_finished_spans()


async def test_a_trace_that_is_not_drawn_has_no_span(database: Database) -> None:
    """Also where the client says that it records it."""
    exporter = InMemorySpanExporter()
    tracing.install("test", SimpleSpanProcessor(exporter), percent=0.0001)
    try:
        async with serving(create_app(settings_for(database.dsn))) as api:
            assert await _ask(api, traceparent=f"00-{TRACE}-{SPAN}-01") == "miss"
    finally:
        tracing.stop()
    assert not exporter.get_finished_spans()


@pytest.mark.parametrize(
    "given",
    ["", "00", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-x-01"],
)
async def test_an_invalid_parent_begins_a_new_trace(
    database: Database, exporter: InMemorySpanExporter, given: str
) -> None:
    async with serving(create_app(settings_for(database.dsn))) as api:
        assert await _ask(api, traceparent=given) == "miss"
    request = _named(exporter)["request"]
    assert request.parent is None
    assert request.context
    assert f"{request.context.trace_id:032x}" != TRACE


async def test_two_parents_break_nothing(
    database: Database, exporter: InMemorySpanExporter
) -> None:
    async with serving(create_app(settings_for(database.dsn))) as api:
        response = await api.http.post(
            "/graphql",
            json={"query": "mutation { upsertReps(reps: []) { recorded } }"},
            headers=[("traceparent", GIVEN), ("traceparent", GIVEN)],
        )
    assert response.status_code in (200, 401)
    assert exporter.get_finished_spans()


async def test_without_an_endpoint_there_are_no_traces(database: Database) -> None:
    tracing.configure("test", endpoint=None, percent=100)
    assert not tracing.enabled()
    async with serving(create_app(settings_for(database.dsn))) as api:
        assert await _ask(api, traceparent=GIVEN) == "miss"
    assert tracing.current() is None
