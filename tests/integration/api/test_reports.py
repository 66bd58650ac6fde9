"""Reports are managed over GraphQL, by those who may."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database

CREATE = """
mutation($report: ReportInput!) {
  createReport(report: $report) {
    id name page panels preset comparison zone formats channel targets schedule isPaused createdBy
    alert { metric condition threshold isMet }
  }
}"""
LIST = """
{ reports { id name isPaused targets history { target state attempts nextAttemptAt detail } } }
"""
SENDS = {"enabled": True}
GIVEN: dict[str, Any] = {
    "name": "Monday",
    "page": "overview",
    "preset": "LAST_WEEK",
    "formats": ["PDF", "XLSX"],
    "channel": "EMAIL",
    "targets": ["boss@example.org"],
    "schedule": "0 7 * * MON",
    "filters": {"segments": ["CHAMPIONS"], "regions": ["UmVnaW9uOjE"]},
}


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as made:
        yield made


@pytest.fixture
async def admin(database: Database, pool: asyncpg.Pool) -> AsyncIterator[Api]:
    token = await make_token(pool, Scope.READ, Scope.ADMIN, name="the admin")
    async with serving(create_inner_app(settings_for(database.dsn, reports=SENDS))) as made:
        made.headers["authorization"] = f"Bearer {token}"
        yield made


async def test_a_report_is_kept_paused_sent_and_removed(admin: Api, pool: asyncpg.Pool) -> None:
    made = (await admin.data(CREATE, {"report": GIVEN}))["createReport"]
    assert made["createdBy"] == "the admin"
    assert (made["panels"], made["comparison"]) == ([], "PREVIOUS_PERIOD")
    kept = await pool.fetchval("select filters::text from reports")
    assert kept == '{"regions": ["UmVnaW9uOjE"], "segments": ["CHAMPIONS"]}'
    named = {"id": made["id"]}
    await admin.data("mutation($id: ID!) { sendReport(id: $id) { id } }", named)
    paused = "mutation($id: ID!) { pauseReport(id: $id) { isPaused } }"
    assert (await admin.data(paused, named))["pauseReport"] == {"isPaused": True}
    (shown,) = (await admin.data(LIST))["reports"]
    assert shown["isPaused"]
    (delivery,) = shown["history"]
    assert (delivery["target"], delivery["state"]) == ("boss@example.org", "WAITING")
    removed = "mutation($id: ID!) { deleteReport(id: $id) }"
    assert (await admin.data(removed, named))["deleteReport"] is True
    assert (await admin.data(removed, named))["deleteReport"] is False
    assert (await admin.error(paused, named))["extensions"]["code"] == "NOT_FOUND"


async def test_a_dashboard_that_sends_nothing_says_so(
    database: Database, pool: asyncpg.Pool
) -> None:
    """Instead of keeping what would wait for ever."""
    token = await make_token(pool, Scope.ADMIN)
    async with serving(create_inner_app(settings_for(database.dsn))) as silent:
        silent.headers["authorization"] = f"Bearer {token}"
        error = await silent.error(CREATE, {"report": GIVEN})
    assert "sends no reports" in error["message"]


async def test_an_alert_has_its_condition(admin: Api) -> None:
    alert = {"metric": "REVENUE", "condition": "FALLS", "threshold": "0.25"}
    made = (await admin.data(CREATE, {"report": GIVEN | {"alert": alert}}))["createReport"]
    assert made["alert"] == alert | {"isMet": None}


async def test_the_path_of_a_webhook_is_not_shown(admin: Api) -> None:
    """A person who knows the address may write to the channel."""
    changes = {"channel": "SLACK", "targets": ["https://hooks.slack.com/services/T0/B0/secret"]}
    made = (await admin.data(CREATE, {"report": GIVEN | changes}))["createReport"]
    assert made["targets"] == ["https://hooks.slack.com/…"]
    await admin.data("mutation($id: ID!) { sendReport(id: $id) { id } }", {"id": made["id"]})
    assert "secret" not in str(await admin.data(LIST))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "name has"),
        ({"name": "a\nBcc: all@example.org"}, "one line"),
        ({"page": "weather"}, "no page 'weather'"),
        ({"panels": ["rain"]}, "no panel 'rain'"),
        ({"zone": "Mars/Olympus"}, "no"),
        ({"schedule": "@hourly"}, "cron schedule"),
        ({"schedule": "0 7 * * FRI-MON"}, "cron schedule"),
        ({"targets": []}, "1 to 50"),
        ({"targets": ["boss@example.org"] * 2}, "different"),
        ({"targets": ["Boss <boss@example.org>"]}, "not an e-mail address"),
        ({"targets": ["boss@example.org\r\nBcc: x@example.org"]}, "not an e-mail address"),
        ({"channel": "SLACK", "targets": ["ftp://example.org"]}, "https://"),
        ({"channel": "WEBHOOK", "targets": ["https://user:word@example.org/"]}, "password"),
        (
            {"alert": {"metric": "REVENUE", "condition": "RISES", "threshold": "-1"}},
            "not negative",
        ),
        (
            {
                "comparison": "NONE",
                "alert": {"metric": "REVENUE", "condition": "RISES", "threshold": "0.1"},
            },
            "compared period",
        ),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    admin: Api, changes: dict[str, Any], message: str
) -> None:
    error = await admin.error(CREATE, {"report": GIVEN | changes})
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert message in error["message"]


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (LIST, {}),
        (CREATE, {"report": GIVEN}),
        ('mutation { sendReport(id: "UmVwb3J0OjE") { id } }', {}),
        ('mutation { pauseReport(id: "UmVwb3J0OjE") { id } }', {}),
        ('mutation { deleteReport(id: "UmVwb3J0OjE") }', {}),
    ],
)
async def test_reports_need_the_scope_admin(
    admin: Api, pool: asyncpg.Pool, document: str, variables: dict[str, Any]
) -> None:
    """Recipients are personal data, and a report sends figures out of the house."""
    token = await make_token(pool, Scope.READ)
    error = await admin.error(document, variables, authorization=f"Bearer {token}")
    assert error["extensions"]["code"] == "FORBIDDEN"
    admin.headers.clear()
    assert (await admin.error(document, variables))["extensions"]["code"] == "UNAUTHENTICATED"
