"""Scheduled reports are sent, and never twice."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from shopx_core.domain.periods.ranges import Preset
from shopx_core.domain.reports import (
    MAX_ATTEMPTS,
    Alert,
    Channel,
    Condition,
    Definition,
    FileFormat,
    State,
)
from shopx_core.jobs import SendReports
from shopx_core.settings import DatabaseSettings, RedisSettings, ReportSettings, Settings
from shopx_store.connection import connect
from shopx_store.reports import statements
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
from shopx_workers.reports import outbox
from shopx_workers.reports.run import send_due
from tests.support.mail import MailServer, StubServer, api_answer, mail_server, stub_server
from tests.support.postgres import Database
from tests.support.tls import Certificates
from tests.support.workers import running

BOSS = "boss@example.org"
KEY = "a key of this test"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def api() -> Iterator[StubServer]:
    with stub_server() as server:
        server.answer = api_answer()
        yield server


@pytest.fixture
def settings(database: Database, mail: MailServer, api: StubServer) -> Settings:
    return settings_of(database, api, smtp_port=mail.port, smtp_tls="none")


def settings_of(database: Database, api: StubServer, **reports: Any) -> Settings:
    given = {
        "enabled": True,
        "api": api.url,
        "smtp_host": "localhost",
        "smtp_from": "shopx@example.org",
        "signing_key": SecretStr(KEY),
    }
    return Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        reports=ReportSettings(**(given | reports)),
    )


def add(settings: Settings, **changes: Any) -> int:
    """Keep a report that is due each minute, and was last seen an hour ago."""
    given: dict[str, Any] = {
        "name": "Morning figures",
        "page": "overview",
        "preset": Preset.YESTERDAY,
        "filters": {},
        "formats": (FileFormat.PDF, FileFormat.XLSX),
        "channel": Channel.EMAIL,
        "targets": (BOSS,),
        "schedule": "* * * * *",
    }
    definition = statements.kept(Definition(**(given | changes)))
    with connect(settings.database, "test") as connection:
        row = (
            psycopg.RawCursor(connection)
            .execute(
                statements.CREATE,
                [*statements.values(definition, json.dumps(dict(definition.filters))), "test"],
            )
            .fetchone()
        )
        assert row is not None
        connection.execute("update reports set scheduled_until = now() - interval '1 hour'")
    return int(row[0])


def rounds(settings: Settings, number: int = 1) -> None:
    for _ in range(number):
        with connect(settings.database, "test") as connection:
            # Each round is as much later as the longest wait, but for schedules.
            connection.execute("update report_deliveries set next_attempt_at = now()")
            send_due(connection, settings)


def deliveries(settings: Settings) -> list[dict[str, Any]]:
    with connect(settings.database, "test") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return cursor.execute("select * from report_deliveries order by id").fetchall()


def states(settings: Settings) -> list[str]:
    return [row["state"] for row in deliveries(settings)]


def pause(settings: Settings) -> None:
    with connect(settings.database, "test") as connection:
        connection.execute("update reports set paused = true")


def test_a_due_report_is_sent_once_with_its_files(settings: Settings, mail: MailServer) -> None:
    """However many of its times have passed; a further round sends nothing."""
    add(settings)
    rounds(settings)
    pause(settings)
    rounds(settings, 2)
    (message,) = mail.messages
    (row,) = deliveries(settings)
    assert (row["state"], row["attempts"]) == ("sent", 1)
    assert row["detail"].startswith("250 ")
    assert message["Message-ID"] == f"<{row['key']}@example.org>"
    assert (message["To"], message["From"]) == (BOSS, "shopx@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    body, *files = message.iter_parts()
    text = body.get_content()
    assert "Period: 2026-03-01 to 2026-03-31, UTC" in text
    assert "Revenue: 1,234.50 (before 1,000.00, +23.4 %)" in text
    assert [one.get_filename() for one in files] == [
        "Overview 2026-03-01 to 2026-03-31.pdf",
        "Overview 2026-03-01 to 2026-03-31.xlsx",
    ]


def test_files_of_a_report_are_of_one_snapshot(settings: Settings, api: StubServer) -> None:
    """And are asked for as a caller who may read."""
    add(settings, panels=("key-figures",), filters={"regions": ["UmVnaW9uOjE"]})
    rounds(settings)
    document, *files = [one for one in api.requests if one[0].startswith("/exports/")]
    assert "x-shopx-as-of" not in document[1]
    assert [one[1]["x-shopx-as-of"] for one in files] == ["a-snapshot", "a-snapshot"]
    asked = json.loads(document[2])
    assert asked["panels"] == ["key-figures"]
    assert asked["filters"] == {"regions": ["UmVnaW9uOjE"]}
    assert asked["period"] == {"preset": "YESTERDAY"}
    assert document[1]["authorization"].startswith("Bearer shx_")
    with connect(settings.database, "test") as connection:
        assert connection.execute("select scopes from tokens").fetchall() == [(["read"],)]


def test_each_recipient_has_a_delivery(settings: Settings, mail: MailServer) -> None:
    """One that is refused does not affect the others."""
    mail.answers["gone@example.org"] = "550 No such user"
    add(settings, targets=(BOSS, "gone@example.org", "cfo@example.org"))
    rounds(settings)
    assert {row["target"]: row["state"] for row in deliveries(settings)} == {
        BOSS: "sent",
        "gone@example.org": "failed",
        "cfo@example.org": "sent",
    }
    refused = next(row for row in deliveries(settings) if row["state"] == "failed")
    assert refused["detail"] == "550 No such user"


@pytest.mark.parametrize(
    ("where", "answer", "state"),
    [
        (BOSS, "451 Greylisted", "waiting"),
        (BOSS, "550 No", "failed"),
        ("DATA", "452 Full", "waiting"),
        ("DATA", "554 Spam", "failed"),
    ],
)
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    settings: Settings, mail: MailServer, where: str, answer: str, state: str
) -> None:
    mail.answers[where] = answer
    add(settings)
    rounds(settings)
    pause(settings)
    (row,) = deliveries(settings)
    assert (row["state"], row["detail"]) == (state, answer)
    if state == "waiting":
        assert row["next_attempt_at"] > dt.datetime.now(dt.UTC)
        mail.answers.clear()
        rounds(settings)
        assert states(settings) == ["sent"]
        assert len(mail.messages) == 1


def test_what_never_succeeds_ends_as_failed(database: Database, api: StubServer) -> None:
    """After as many attempts as there may be, each later than the one before."""
    settings = settings_of(database, api, smtp_port=1, smtp_tls="none")
    add(settings)
    rounds(settings, MAX_ATTEMPTS + 2)
    first = deliveries(settings)[0]
    assert (first["state"], first["attempts"]) == ("failed", MAX_ATTEMPTS)
    assert "cannot be used" in first["detail"]


def test_an_api_that_is_away_delays_a_report(
    settings: Settings, api: StubServer, mail: MailServer
) -> None:
    api.answer = lambda _: (503, {}, b"{}")
    add(settings)
    rounds(settings)
    pause(settings)
    assert states(settings) == ["waiting"]
    api.answer = api_answer()
    rounds(settings)
    assert states(settings) == ["sent"]
    assert len(mail.messages) == 1


def test_a_report_that_the_api_refuses_says_why(settings: Settings, api: StubServer) -> None:
    problem = json.dumps({"errors": [{"message": "There is no such region."}]}).encode()
    api.answer = lambda _: (400, {}, problem)
    add(settings)
    rounds(settings)
    (row,) = deliveries(settings)
    assert row["state"] == "failed"
    assert "There is no such region." in row["detail"]


ONE_ROUND = """
import sys
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_workers.reports.run import send_due
settings = Settings.from_env()
with connect(settings.database, "a worker") as connection:
    send_due(connection, settings)
"""


def worker(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", ONE_ROUND], env=settings.to_env())


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def until_sessions_ended(settings: Settings) -> None:
    """PostgreSQL notices the end of a killed client's session a moment later."""
    deadline = time.monotonic() + 60
    with connect(settings.database, "test") as connection:
        while connection.execute(
            "select 1 from pg_stat_activity where application_name = 'a worker'"
            " and datname = current_database()"
        ).fetchone():
            assert time.monotonic() < deadline, "the killed worker's session goes on"
            time.sleep(0.02)


def test_a_worker_that_is_killed_while_it_prepares_loses_nothing(
    settings: Settings, api: StubServer, mail: MailServer
) -> None:
    """Nothing has left it, so the report is sent by the next worker: once."""
    add(settings)
    asked, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        go_on.wait(60)

    api.before_answer = hold
    killed = worker(settings)
    assert asked.wait(60)
    assert states(settings) == ["preparing"]
    kill(killed)
    until_sessions_ended(settings)
    api.before_answer = lambda: None
    go_on.set()
    pause(settings)
    rounds(settings, 2)
    assert states(settings) == ["sent"]
    assert len(mail.messages) == 1
    assert deliveries(settings)[0]["attempts"] == 2


def test_a_worker_that_is_killed_before_the_answer_leaves_an_unknown_outcome(
    settings: Settings, mail: MailServer
) -> None:
    """The server has the message and its word is missing: it is not sent again."""
    add(settings)
    go_on = threading.Event()
    mail.before_answer = lambda: (go_on.wait(60), None)[1]
    killed = worker(settings)
    assert mail.seen.wait(60)
    assert states(settings) == ["sending"]
    kill(killed)
    until_sessions_ended(settings)
    go_on.set()
    pause(settings)
    rounds(settings, 3)
    (row,) = deliveries(settings)
    assert row["state"] == "unknown"
    assert "may have arrived" in row["detail"]
    assert len(mail.messages) == 1


def test_a_worker_that_is_killed_after_the_answer_sends_nothing_twice(
    settings: Settings, mail: MailServer
) -> None:
    """The server accepted the message, and the worker could not note it any more."""
    add(settings)
    with connect(settings.database, "holder") as holder:

        def hold() -> None:
            # The note of the outcome waits for this row.
            holder.execute("begin")
            holder.execute("select from report_deliveries for update")

        mail.before_answer = hold
        killed = worker(settings)
        deadline = time.monotonic() + 60
        with connect(settings.database, "test") as watcher:
            while not watcher.execute(
                "select 1 from pg_stat_activity where application_name = 'a worker'"
                " and datname = current_database() and wait_event_type = 'Lock'"
            ).fetchone():
                assert time.monotonic() < deadline, "the worker does not wait"
                time.sleep(0.02)
        kill(killed)
        holder.execute("rollback")
    until_sessions_ended(settings)
    mail.before_answer = lambda: None
    pause(settings)
    rounds(settings, 3)
    # A session that was waiting may have done its update before it noticed the end.
    assert states(settings)[0] in ("unknown", "sent")
    assert len(mail.messages) == 1


def test_many_workers_at_once_send_once(settings: Settings, mail: MailServer) -> None:
    add(settings, targets=tuple(f"one{number}@example.org" for number in range(6)))
    started = [worker(settings) for _ in range(3)]
    for process in started:
        assert process.wait(120) == 0
    pause(settings)
    rounds(settings)
    assert set(states(settings)) == {"sent"}
    assert len(mail.messages) == len(deliveries(settings)) == 6


def test_a_worker_that_lost_a_delivery_hands_nothing_over(settings: Settings) -> None:
    """As when its session ended unnoticed and another one took the delivery."""
    add(settings)
    with connect(settings.database, "test") as connection:
        outbox.schedule_due(
            connection,
            now=dt.datetime.now(dt.UTC),
            zone=ZoneInfo("UTC"),
            check=lambda _: (None, None),
        )
        (delivery,) = outbox.taken(connection)
        connection.execute("update report_deliveries set claim = claim + 1")
        with pytest.raises(Exception, match="Another worker"):
            outbox.begin_hand_over(connection, delivery)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the package openssl")
# aiosmtpd does not see that the whole connection is encrypted.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("implicit", [False, True])
def test_mail_goes_over_tls_with_a_login(
    database: Database, api: StubServer, tmp_path: Path, *, implicit: bool
) -> None:
    made = Certificates.make(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.path("server.crt"), made.path("server.key"))
    given: dict[str, Any] = {
        "smtp_tls": "implicit" if implicit else "starttls",
        "smtp_username": "shopx",
    }
    with mail_server(tls=context, implicit=implicit, password="right") as mail:
        given["smtp_port"] = mail.port
        trusted = given | {"smtp_ca": str(made.path("ca.crt"))}
        wrong = settings_of(database, api, **trusted, smtp_password=SecretStr("wrong"))
        add(wrong)
        rounds(wrong)
        pause(wrong)
        assert states(wrong) == ["failed"], deliveries(wrong)[0]["detail"]
        assert deliveries(wrong)[0]["detail"].startswith("535")
        right = settings_of(database, api, **trusted, smtp_password=SecretStr("right"))
        untrusting = settings_of(database, api, **given, smtp_password=SecretStr("right"))
        resend(untrusting)
        rounds(untrusting)
        assert "CERTIFICATE_VERIFY_FAILED" in deliveries(untrusting)[-1]["detail"]
        assert not mail.messages
        rounds(right)
        assert states(right)[-1] == "sent"
        assert len(mail.messages) == 1


def resend(settings: Settings) -> None:
    with connect(settings.database, "test") as connection:
        (number,) = connection.execute("select id from reports").fetchone() or (0,)
        psycopg.RawCursor(connection).execute(statements.SEND_NOW, [number])


def test_no_mail_server_is_an_outcome(database: Database, api: StubServer) -> None:
    settings = settings_of(database, api, smtp_host=None)
    add(settings)
    rounds(settings)
    assert states(settings) == ["failed"]
    assert "spec.reports.smtp" in deliveries(settings)[0]["detail"]


def test_a_webhook_is_signed_and_has_the_files(database: Database, api: StubServer) -> None:
    settings = settings_of(database, api, permitted=("127.0.0.0/8",))
    with stub_server() as receiver:
        add(settings, channel=Channel.WEBHOOK, targets=(f"{receiver.url}/hook?a=1",))
        rounds(settings)
        ((path, headers, body),) = receiver.requests
    assert path == "/hook?a=1"
    assert states(settings) == ["sent"]
    key = str(deliveries(settings)[0]["key"])
    assert headers["webhook-id"] == key
    content = f"{key}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY.encode(), content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    sent = json.loads(body)
    assert sent["type"] == "report.due"
    assert base64.b64decode(sent["data"]["files"][0]["content"]) == b"a file"
    assert sent["data"]["document"]["sections"][0]["rows"][0]["value"] == "1234.50"


def test_slack_gets_text_without_markup(database: Database, api: StubServer) -> None:
    settings = settings_of(database, api, permitted=("127.0.0.0/8",))
    with stub_server() as receiver:
        name = "Sales <!channel> & more"
        add(settings, channel=Channel.SLACK, targets=(receiver.url,), name=name)
        rounds(settings)
        ((_, headers, body),) = receiver.requests
    assert "webhook-signature" not in headers
    text = json.loads(body)["text"]
    assert text.startswith("Sales &lt;!channel&gt; &amp; more")
    assert "Revenue: 1,234.50" in text


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (204, "sent"),
        (302, "failed"),
        (404, "failed"),
        (429, "waiting"),
        (503, "waiting"),
        (500, "unknown"),
        (504, "unknown"),
    ],
)
def test_a_webhook_answer_decides(
    database: Database, api: StubServer, status: int, state: str
) -> None:
    """A server's error may come after the message was handled, so it is not sent again."""
    settings = settings_of(database, api, permitted=("127.0.0.0/8",))
    with stub_server() as receiver:
        receiver.answer = lambda _: (status, {"location": f"{receiver.url}/else"}, b"")
        add(settings, channel=Channel.WEBHOOK, targets=(receiver.url,))
        rounds(settings)
        pause(settings)
        assert states(settings) == [state]
        receiver.answer = lambda _: (200, {}, b"")
        rounds(settings)
        assert len(receiver.requests) == (2 if state == "waiting" else 1)
        assert {path for path, _, _ in receiver.requests} == {"/"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://2130706433/",
    ],
)
def test_webhooks_reach_nothing_inside(database: Database, api: StubServer, url: str) -> None:
    settings = settings_of(database, api)
    add(settings, channel=Channel.SLACK, targets=(url,))
    rounds(settings)
    (row,) = deliveries(settings)
    assert row["state"] == "failed"
    assert "not public" in row["detail"]


def test_an_alert_is_sent_when_its_condition_begins_to_hold(
    settings: Settings, api: StubServer, mail: MailServer
) -> None:
    """And again only after it has ceased to hold; an unknown figure is no alert."""
    alert = Alert("revenue", Condition.ABOVE, Decimal(1000))
    add(settings, alert=alert, formats=(), name="Good day")

    def check(value: str | None) -> int:
        api.answer = api_answer(value)
        with connect(settings.database, "test") as connection:
            connection.execute("update reports set scheduled_until = now() - interval '2 minutes'")
        # Another minute is due.
        with connect(settings.database, "test") as connection:
            connection.execute("update report_deliveries set due_at = due_at - interval '1 day'")
        rounds(settings)
        return len(mail.messages)

    values = ("900", "1000", "1000.01", "1200", None, "1200", "1000", "1001")
    assert [check(value) for value in values] == [0, 0, 1, 1, 1, 1, 1, 2]
    assert mail.messages[0]["Subject"] == "Good day: Revenue is above 1,000.00: it is 1,000.01."


def test_an_alert_that_cannot_be_checked_says_so_and_stays_due(
    settings: Settings, api: StubServer, mail: MailServer
) -> None:
    """And holds up no other report."""
    api.answer = lambda path: (503, {}, b"{}") if path == "/graphql" else api_answer()(path)
    add(settings, alert=Alert("revenue", Condition.RISES, Decimal(0)))
    add(settings, name="Another")
    rounds(settings)
    assert len(mail.messages) == 1
    with connect(settings.database, "test") as connection:
        problems = connection.execute("select problem from reports order by id").fetchall()
    assert "does not answer" in problems[0][0]
    assert problems[1] == (None,)
    api.answer = api_answer()
    rounds(settings)
    assert "rose by more than 0.0 %" in str(mail.messages[-1]["Subject"])


def test_a_celery_worker_sends_reports(
    settings: Settings, valkey_url: str, mail: MailServer
) -> None:
    complete = settings.model_copy(update={"redis": RedisSettings(url=SecretStr(valkey_url))})
    add(complete)
    with running("worker", complete.to_env()) as started:
        enqueue(make_app(complete), SendReports())
        done = started.wait_for("job_done", job="shopx.send_reports")
    assert done[State.SENT.value] == 1
    assert len(mail.messages) == 1


def test_reports_are_managed_on_the_command_line(settings: Settings, mail: MailServer) -> None:
    env = settings.to_env()

    def shopx(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "shopx_core.cli", "report", *words],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    wanted = ("--to", BOSS, "--metric", "revenue", "--condition", "falls", "--threshold", "0.2")
    number = shopx("create", "Revenue falls", *wanted).strip()
    assert "Revenue falls" in shopx("list")
    shopx("send", number)
    rounds(settings)
    assert len(mail.messages) == 1
    assert "sent" in shopx("history", number)
    shopx("pause", number)
    assert "paused" in shopx("list")
    shopx("delete", number)
    assert "Revenue falls" not in shopx("list")
