"""Imports over the API: a worker looks at an upload, checks it, imports it, and takes it back."""

import asyncio
import contextlib
import csv
import io
import os
import signal
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg
import pytest
from pydantic import SecretStr

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import DatabaseSettings, RedisSettings, Settings
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.importing import assert_exact, ledger, one, rows
from tests.support.postgres import Database
from tests.support.uploading import INSPECT, START, UNDO, finished, upload
from tests.support.workers import Role, running

SALES = b"""order,date,customer,product,quantity,amount
1001,2026-01-31 10:00,C7,Pen,2,9.90
1001,2026-01-31 10:00,C7,Cup,1,5.50
1002,2026-02-01 11:30,C8,Pen,1,4.95
"""
TOTAL = Decimal("20.35")
IMPORTS = """
query($source: String) { imports(source: $source) { totalCount nodes {
    id number source mode lines { new takenBack } rowsRead rowsRejected undoneBy undoes undoObstacle
    jobId files { name bytes sha256 } totals { currency net } mapping } } }
"""


@pytest.fixture
def settings(database: Database, valkey_url: str) -> Settings:
    """A worker's."""
    return Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
        reporting={"currency": "USD"},
    )


@pytest.fixture
def worker(settings: Settings) -> Iterator[Role]:
    """A real one, with its pool."""
    with running("worker", settings.to_env()) as started:
        yield started


@pytest.fixture
async def shop(database: Database, pool: asyncpg.Pool) -> AsyncIterator[Api]:
    """A caller that may read and ingest, as every source."""
    async with serving(create_inner_app(settings_for(database.dsn))) as api:
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="shop")
        yield Api(api.http, {"authorization": f"Bearer {token}"})


async def inspected(shop: Api, file: str, **answers: Any) -> dict[str, Any]:
    """What a worker understands of an upload."""
    job = (await shop.data(INSPECT, {"upload": file, "answers": answers or None}))["inspectImport"]
    found = await finished(shop, job["id"])
    assert found["state"] == "DONE", found["problem"]
    understood: dict[str, Any] = found["inspection"]
    return understood


async def started(shop: Api, file: str, mapping: str, **variables: Any) -> dict[str, Any]:
    """A finished import or check."""
    given = {"upload": file, "mapping": mapping} | variables
    job = (await shop.data(START, given))["startImport"]
    return await finished(shop, job["id"])


async def imported(shop: Api, content: bytes, name: str = "sales.csv", **answers: Any) -> Any:
    """The report of an import as the wizard does it."""
    file = await upload(shop, content, name)
    answers = {"currency": "USD"} | answers
    mapping = (await inspected(shop, file, **answers))["mapping"]
    done = await started(shop, file, mapping)
    assert done["state"] == "DONE", done["problem"]
    return done["report"]


@pytest.mark.usefixtures("worker")
async def test_a_file_is_looked_at_checked_imported_and_taken_back(
    shop: Api, database: Database
) -> None:
    """The wizard's way: each step says what the next will do, and the ledger has exactly that."""
    file = await upload(shop, SALES, "june 2026.csv", part=50)
    open_ = await inspected(shop, file)
    assert open_["mapping"].startswith("# Open:")
    assert any("currency" in question for question in open_["questions"])
    assert {"field": "at", "column": "date"} in open_["roles"]
    assert {"name": "product", "samples": ["Pen", "Cup"]} in open_["columns"]

    understood = await inspected(shop, file, currency="USD", source="corner-shop")
    assert understood["questions"] == []
    assert "name: corner-shop" in understood["mapping"]
    first = {fact["label"]: fact["text"] for fact in understood["rows"][0]}
    assert (first["order"], first["quantity"], first["gross"]) == ("1001", "2", "9.9")

    check = await started(shop, file, understood["mapping"], dry=True)
    report = check["report"]
    assert (report["run"], report["rowsRead"], report["lines"]["new"]) == (None, 3, 3)
    assert report["overview"]["orders"] == 2
    assert report["totals"] == [{"currency": "USD", "lines": "3", "net": "20.35"}]
    assert ledger(database.dsn)["lines"] == 0

    done = await started(shop, file, understood["mapping"])
    assert done["report"]["lines"]["new"] == 3
    assert ledger(database.dsn)["net"] == TOTAL
    assert_exact(database.dsn)
    # What was imported is kept no longer; the list knows what it was.
    assert one(database.dsn, "select count(*) from uploads") == 0
    (run,) = (await shop.data(IMPORTS, {"source": "corner-shop"}))["imports"]["nodes"]
    assert run["number"] == done["report"]["run"]
    assert run["files"][0]["name"] == "june 2026.csv"
    assert run["files"][0]["bytes"] == str(len(SALES))
    assert (run["undoObstacle"], run["mapping"]) == (None, understood["mapping"])

    job = (await shop.data(UNDO, {"id": run["id"]}))["undoImport"]
    undone = await finished(shop, job["id"])
    assert undone["undo"] == {
        "run": run["number"], "takenBack": 3, "restored": 0, "before": None
    }  # fmt: skip
    assert ledger(database.dsn)["net"] == 0
    nodes = (await shop.data(IMPORTS))["imports"]["nodes"]
    assert [one["mode"] for one in nodes] == ["UNDO", "APPEND"]
    assert nodes[1]["undoObstacle"] == "It is taken back already."
    assert_exact(database.dsn)


@pytest.mark.usefixtures("worker")
async def test_views_and_predictions_follow_an_import(shop: Api, database: Database) -> None:
    """Before the job is done, so that what the page shows next is as of after it."""
    report = await imported(shop, SALES)
    stale = rows(
        database.dsn,
        "select view from matview_refreshes"
        " where as_of < (select max(published_at) from import_runs)",
    )
    assert report["lines"]["new"] == 3
    assert stale == []
    assert one(database.dsn, "select count(*) from matview_refreshes") > 0
    await _until(database.dsn, "select count(*) from prediction_fits")


@pytest.mark.usefixtures("worker")
async def test_rows_that_cannot_be_booked_are_listed(shop: Api, database: Database) -> None:
    """The import is refused, or leaves them out when told to; the list is safe in spreadsheets."""
    bad = SALES + b"1003,2026-02-02 09:00,C9,=HYPERLINK(1),x,4.00\n"
    file = await upload(shop, SALES)
    mapping = (await inspected(shop, file, currency="USD"))["mapping"]
    file = await upload(shop, bad)
    refused = await started(shop, file, mapping)
    assert refused["state"] == "FAILED"
    assert "1 row was rejected" in refused["problem"]["message"]
    assert "shopx-upload" not in str(refused["problem"])
    told = refused["problem"]["messageText"]
    assert (told["code"], told["values"]["rows"]) == ("import.too-many-rejects", 1)
    assert told["values"]["reason"]["code"] == "value.no-number"
    assert told["text"] == refused["problem"]["message"]
    listed = list(csv.DictReader(io.StringIO(refused["rejects"])))
    assert [(row["row"], row["column"], row["value"]) for row in listed] == [("5", "quantity", "x")]
    assert ledger(database.dsn)["lines"] == 0
    done = await started(shop, file, mapping, options={"maxRejects": 1})
    assert (done["report"]["rowsRejected"], done["hasRejects"]) == (1, True)
    assert ledger(database.dsn)["net"] == TOTAL


@pytest.mark.usefixtures("worker")
async def test_columns_are_chosen(shop: Api) -> None:
    """A file whose columns have unknown names is mapped by choosing; wrong choices say so."""
    content = SALES.replace(b"date", b"x1").replace(b"amount", b"x2").replace(b"product", b"x3")
    file = await upload(shop, content)
    found = await inspected(shop, file, currency="USD")
    assert found["mapping"] is None
    assert "choose the columns" in found["questions"][0]
    chosen = [{"field": "sku", "column": "x3"}, {"field": "gross", "column": "x2"}]
    found = await inspected(shop, file, currency="USD", columns=chosen)
    assert (found["questions"], found["rows"][0][-1]["label"]) == ([], "gross")
    wrong = [*chosen, {"field": "quantity", "column": "x3"}]
    answers = {"currency": "USD", "columns": wrong}
    job = (await shop.data(INSPECT, {"upload": file, "answers": answers}))["inspectImport"]
    failed = await finished(shop, job["id"])
    assert failed["problem"]["message"] == (
        "'x3' has 'Pen' in row 2, which is no number; less than half of the column fits."
    )
    odd = failed["problem"]["messageText"]["values"]["odd"]
    assert (odd["code"], odd["values"]["text"]) == ("draft.odd-number", "'Pen'")


@pytest.mark.usefixtures("worker")
async def test_another_kind_of_file_is_told_as_what_it_is(shop: Api) -> None:
    file = await upload(shop, b"%PDF-1.7 nothing", "invoice.pdf")
    job = (await shop.data(INSPECT, {"upload": file}))["inspectImport"]
    problem = (await finished(shop, job["id"]))["problem"]
    assert problem["message"] == "invoice.pdf is a PDF document, which cannot be imported as it is."


@pytest.mark.usefixtures("worker")
async def test_a_repeated_request_is_one_job(shop: Api, database: Database) -> None:
    """A client that got no answer asks again with its key; the file again books nothing twice."""
    file = await upload(shop, SALES)
    mapping = (await inspected(shop, file, currency="USD"))["mapping"]
    request = {"upload": file, "mapping": mapping, "key": "once"}
    first = (await shop.data(START, request))["startImport"]
    # The upload may be gone by then, but not the job.
    await finished(shop, first["id"])
    assert one(database.dsn, "select count(*) from import_jobs where kind = 'import'") == 1
    await imported(shop, SALES)
    assert ledger(database.dsn)["net"] == TOTAL


async def test_a_token_imports_its_own_sources_alone(
    shop: Api, pool: asyncpg.Pool, worker: Role
) -> None:
    """The worker checks the mapping that it reads, the API the import that is taken back."""
    assert worker.process.poll() is None
    await imported(shop, SALES, source="other")
    token = await make_token(pool, Scope.READ, Scope.INGEST, name="till", sources=["till"])
    till = Api(shop.http, {"authorization": f"Bearer {token}"})
    file = await upload(till, SALES)
    mapping = (await inspected(till, file, currency="USD", source="other"))["mapping"]
    refused = await started(till, file, mapping)
    assert refused["problem"]["code"] == "FORBIDDEN"
    assert "'other', but as 'till'" in refused["problem"]["message"]
    (run,) = (await till.data(IMPORTS))["imports"]["nodes"]
    assert (await till.error(UNDO, {"id": run["id"]}))["extensions"]["code"] == "FORBIDDEN"
    reader = Api(shop.http)
    for text, variables in ((INSPECT, {"upload": file}), (UNDO, {"id": run["id"]})):
        error = await reader.error(text, variables)
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.usefixtures("worker")
async def test_a_demo_is_generated_where_there_are_no_sales(shop: Api, database: Database) -> None:
    """And not beside sales of someone; in production not at all."""
    text = "mutation($orders: Int!) { generateDemo(orders: $orders) { id } }"
    job = (await shop.data(text, {"orders": 200}))["generateDemo"]
    assert (await finished(shop, job["id"]))["state"] == "DONE"
    assert one(database.dsn, "select count(*) from orders") == 200
    await imported(shop, SALES)
    job = (await shop.data(text, {"orders": 300}))["generateDemo"]
    refused = await finished(shop, job["id"])
    assert refused["problem"]["code"] == "CONFLICT"
    production = settings_for(database.dsn, auth={"mode": "token", "production": True})
    async with serving(create_inner_app(production)) as api:
        strict = Api(api.http, shop.headers)
        error = await strict.error(text, {"orders": 200})
        assert error["extensions"]["code"] == "FORBIDDEN"


@contextlib.contextmanager
def _held_up(dsn: str) -> Iterator[psycopg.Connection]:
    """Keep imports from booking, as a long one would take."""
    with psycopg.connect(dsn) as connection:
        connection.execute("lock table import_runs in exclusive mode")
        yield connection


async def test_an_import_survives_its_worker(
    shop: Api, database: Database, settings: Settings
) -> None:
    """Killed in the middle, nothing is booked; another worker does the job, and once."""
    with running("worker", settings.to_env()) as first:
        file = await upload(shop, SALES)
        mapping = (await inspected(shop, file, currency="USD"))["mapping"]
        with _held_up(database.dsn):
            job = (await shop.data(START, {"upload": file, "mapping": mapping}))["startImport"]
            await _until(database.dsn, "select count(*) from pg_locks where not granted")
            os.killpg(first.process.pid, signal.SIGKILL)
            first.process.wait()
    with running("worker", settings.to_env()):
        done = await finished(shop, job["id"])
    assert done["report"]["lines"]["new"] == 3
    assert ledger(database.dsn)["net"] == TOTAL
    assert one(database.dsn, "select attempts from import_jobs where kind = 'import'") == 2
    assert one(database.dsn, "select count(*) from import_runs") == 1


async def test_an_import_that_was_published_is_not_published_again(
    shop: Api, database: Database, settings: Settings
) -> None:
    """A worker that dies between publishing and saying so: the next one finds the import."""
    with running("worker", settings.to_env()):
        await imported(shop, SALES)
    with psycopg.connect(database.dsn) as connection:
        connection.execute(
            "update import_jobs set state = 'running', result = null where kind = 'import'"
        )
    number = one(database.dsn, "select id from import_jobs where kind = 'import'")
    with running("worker", settings.to_env()) as second:
        second.wait_for("job_done", id=number)
    (state, result), *_ = rows(
        database.dsn, "select state, result from import_jobs where kind = 'import'"
    )
    assert (state, result["lines"]["new"]) == ("done", 3)
    assert one(database.dsn, "select count(*) from import_runs") == 1
    assert ledger(database.dsn)["net"] == TOTAL


async def test_a_job_that_ends_every_worker_is_given_up(
    database: Database, settings: Settings
) -> None:
    with psycopg.connect(database.dsn) as connection:
        connection.execute(
            "insert into import_jobs (kind, request, created_by, attempts)"
            " values ('undo', '{\"run\": 1}', 'test', 3)"
        )
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("job_done", failed="INTERNAL")
    assert "ended 3 times" in one(database.dsn, "select error ->> 'message' from import_jobs")


async def test_what_was_not_imported_is_removed_after_an_age(
    shop: Api, database: Database, settings: Settings
) -> None:
    kept = await upload(shop, SALES, "new.csv")
    old = await upload(shop, SALES, "old.csv")
    with psycopg.connect(database.dsn) as connection:
        connection.execute(
            "update uploads set touched_at = now() - interval '8 days' where id = %s", (old,)
        )
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("old_imports_removed", uploads=1)
    assert [str(name) for (name,) in rows(database.dsn, "select id from uploads")] == [kept]


async def _until(dsn: str, query: str) -> None:
    async with asyncio.timeout(60):
        while not one(dsn, query):  # noqa: ASYNC110 -- the database tells nobody
            await asyncio.sleep(0.02)


async def test_what_a_feed_failed_with_is_over_when_it_succeeds(
    shop: Api, database: Database
) -> None:
    """Of its attempts that ended the newest is listed; of files each."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into feeds (name, address, source, mapping, schedule, created_by)"
            " values ('crm', 'folder:crm', 'crm', 'superstore', '* * * * *', 'ann')"
        )
        for file, state in (
            ("crm", "failed"),
            ("a.csv", "failed"),
            ("crm", "done"),
            ("b.csv", "failed"),
        ):
            connection.execute(
                "insert into import_jobs"
                " (kind, file_name, request, created_by, state, finished_at, feed_id)"
                " values ('import', %(file)s, '{}', 'ann', %(state)s, now(),"
                " (select id from feeds where name = %(file)s))",
                {"file": file, "state": state},
            )
    asked = "{ importJobs { fileName state } }"
    listed = [tuple(job.values()) for job in (await shop.data(asked))["importJobs"]]
    assert listed == [("b.csv", "FAILED"), ("crm", "DONE"), ("a.csv", "FAILED")]
