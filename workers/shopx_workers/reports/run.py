"""One round: what is due becomes deliveries, and each delivery that waits is attempted."""

import datetime as dt
import json
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from shopx_core import logging
from shopx_core.clients.outbound import OutboundPolicy
from shopx_core.domain.reports import Channel, Definition, State, shown_target
from shopx_core.errors import ShopxError, Unavailable
from shopx_core.settings import Settings
from shopx_core.speech import Speech
from shopx_core.texts import loads, say
from shopx_store.reports.statements import COLUMNS, definition_of
from shopx_workers.reports import messages, outbox, smtp, webhook
from shopx_workers.reports.figures import Api
from shopx_workers.reports.outbox import Delivery
from shopx_workers.reports.outcome import HandOver, NotSent, Outcome, Result

_REPORT: Final = f"select {COLUMNS} from reports where id = %s"

_log = logging.get(__name__)


def send_due(connection: psycopg.Connection, settings: Settings) -> dict[str, Any]:
    """Send what is due and what waits.

    Args:
        connection: In autocommit mode; its session holds the locks of deliveries.
        settings: Where the API and the mail server are.

    Returns:
        How many reports were due, and how many deliveries ended in each state.
    """
    lost = outbox.recover(connection)
    if lost:
        _log.warning("report_outcomes_unknown", deliveries=lost)
    speech = _speech(settings)
    api = Api(settings, connection)

    def check(definition: Definition) -> tuple[bool | None, str | None]:
        alert = definition.alert
        if alert is None:
            return None, None
        observed = api.observe(definition, alert)
        met = alert.holds(observed.value, observed.change)
        return met, messages.alert_text(alert, observed, speech)

    zone = ZoneInfo(settings.reporting.timezone)
    due = outbox.schedule_due(connection, now=dt.datetime.now(dt.UTC), zone=zone, check=check)
    counts: dict[State, int] = {}
    for delivery in outbox.taken(connection):
        state = _attempt(connection, settings, api, delivery)
        counts[state] = counts.get(state, 0) + 1
    return {"due": due} | {state.value: number for state, number in counts.items()}


def _attempt(
    connection: psycopg.Connection, settings: Settings, api: Api, delivery: Delivery
) -> State:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_REPORT, (delivery.report_id,)).fetchone()
    if row is None:
        # It was deleted a moment ago, and the delivery with it.
        return State.FAILED
    definition = definition_of(row, row["filters"])
    try:
        outcome = _sent(connection, settings, api, delivery, definition)
    except NotSent as ended:
        outcome = ended.outcome
    except Unavailable as error:
        outcome = Outcome(Result.LATER, error.message)
    except ShopxError as error:
        outcome = Outcome(Result.REFUSED, error.message)
    state = outbox.end(connection, delivery, outcome, dt.datetime.now(dt.UTC))
    _log.info(
        "report_attempted",
        report=delivery.report_id,
        delivery=delivery.id,
        target=shown_target(definition.channel, delivery.target),
        state=state.value,
        attempt=delivery.attempts,
        detail=outcome.detail,
    )
    return state


def _sent(
    connection: psycopg.Connection,
    settings: Settings,
    api: Api,
    delivery: Delivery,
    definition: Definition,
) -> Outcome:
    """Make the message, open the connection, note that the hand-over begins, and hand over."""
    hand_over = _connected(settings, api, delivery, definition)
    try:
        outbox.begin_hand_over(connection, delivery)
        return hand_over.send()
    finally:
        hand_over.close()


def _speech(settings: Settings) -> Speech:
    """Messages are in the language of the dashboard: who reads them is not known."""
    return Speech(settings.reporting.language or "en")


def _connected(
    settings: Settings, api: Api, delivery: Delivery, definition: Definition
) -> HandOver:
    reports = settings.reports
    speech = _speech(settings)
    document, files = api.page(definition, speech.language)
    observed = None if delivery.observed is None else loads(delivery.observed)
    text = messages.summary(definition, document, observed, speech)
    key = str(delivery.key)
    if definition.channel is Channel.EMAIL:
        subject = f"{definition.name}: {document['file']}"
        if observed is not None:
            subject = f"{definition.name}: {speech(observed)}"
        message = messages.email(
            sender=reports.smtp_from or "",
            recipient=delivery.target,
            subject=subject,
            text=text,
            files=files,
            key=key,
            now=dt.datetime.now(dt.UTC),
        )
        return smtp.connect(reports, delivery.target, message)
    headers = {"Content-Type": "application/json", "User-Agent": "ShopX-Analytics"}
    if definition.channel is Channel.SLACK:
        body = json.dumps(messages.slack(text)).encode()
    else:
        if reports.signing_key is None:
            raise NotSent(
                Result.REFUSED,
                say(
                    "delivery.no-key",
                    "Webhooks need a key that signs them: set spec.reports.webhooks.secretRef.",
                ),
            )
        given = messages.webhook(
            definition,
            text=text,
            document=document,
            files=files,
            key=key,
            due_at=delivery.due_at,
        )
        body = json.dumps(given).encode()
        headers |= webhook.signed(reports.signing_key.get_secret_value(), key, body)
    return webhook.connect(delivery.target, body, headers, OutboundPolicy.of(reports.permitted))
