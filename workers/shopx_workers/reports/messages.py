"""What is sent: an e-mail, Slack's JSON, a webhook's JSON. Pure."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

from shopx_core.domain.metrics import METRICS, Unit
from shopx_core.domain.reports import Alert, Condition, Definition
from shopx_core.speech import Speech
from shopx_core.texts import Text, say
from shopx_workers.reports.figures import File, Observed

UNKNOWN: Final = say("alert.unknown", "unknown")


def alert_text(alert: Alert, observed: Observed, speech: Speech) -> str:
    """What an alert says, with the exact figures as a language writes them."""
    metric = METRICS[alert.metric]
    title = Text(metric.title, f"metric.{metric.id.upper()}.title", {})
    is_change = alert.condition in (Condition.RISES, Condition.FALLS)
    threshold = _shown(alert.threshold, Unit.RATIO if is_change else metric.unit, speech)
    value = _shown(observed.value, metric.unit, speech)
    before = _shown(observed.previous, metric.unit, speech)
    change = _shown(observed.change, Unit.RATIO, speech)
    match alert.condition:
        case Condition.ABOVE:
            return say(
                "alert.above",
                "{title} is above {threshold}: it is {value}.",
                title=title,
                threshold=threshold,
                value=value,
            )
        case Condition.BELOW:
            return say(
                "alert.below",
                "{title} is below {threshold}: it is {value}.",
                title=title,
                threshold=threshold,
                value=value,
            )
        case Condition.RISES:
            return say(
                "alert.rises",
                "{title} rose by more than {threshold}: it is {value}, before {before} ({change}).",
                title=title,
                threshold=threshold,
                value=value,
                before=before,
                change=change,
            )
        case Condition.FALLS:
            return say(
                "alert.falls",
                "{title} fell by more than {threshold}: it is {value}, before {before} ({change}).",
                title=title,
                threshold=threshold,
                value=value,
                before=before,
                change=change,
            )


def _shown(value: Decimal | None, unit: Unit, speech: Speech) -> str:
    if value is None:
        return speech(UNKNOWN)
    if unit is Unit.RATIO:
        return speech.number(f"{value * 100:.1f} %")
    return speech.number(f"{value:,.2f}" if unit is Unit.MONEY else f"{value:,f}")


def summary(
    definition: Definition, document: Mapping[str, Any], observed: str | None, speech: Speech
) -> str:
    """The message as plain text: what it is of, and the key figures with their change.

    Args:
        definition: The report.
        document: Its page, in the language of `speech`.
        observed: What its alert says.
        speech: Says the rest.
    """
    lines = [definition.name, ""]
    if observed is not None:
        lines += [speech(observed), ""]
    lines += [f"{name}: {', '.join(values)}" for name, *values in document["facts"]]
    for section in document["sections"]:
        if section["kind"] != "figures":
            continue
        lines.append("")
        for row in section["rows"]:
            lines.append(f"{row['title']}: {_figure(row, speech)}")
    return "\n".join(lines)


def _figure(row: Mapping[str, Any], speech: Speech) -> str:
    unit = Unit(row["unit"])
    shown = _shown(_number(row["value"]), unit, speech)
    if row["previous"] is None:
        return shown
    change = _number(row["ratio"])
    before = speech(
        say(
            "alert.before",
            "before {before}",
            before=_shown(_number(row["previous"]), unit, speech),
        )
    )
    if change is None:
        return f"{shown} ({before})"
    return f"{shown} ({before}, {speech.number(f'{change * 100:+.1f} %')})"


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def email(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    files: Sequence[File],
    key: str,
    now: dt.datetime,
) -> EmailMessage:
    """An e-mail; its Message-ID is the same in every attempt."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    # Nobody's out-of-office reply is wanted (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for file in files:
        kind, _, subtype = file.media.partition(";")[0].partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message


def slack(text: str) -> dict[str, Any]:
    """Slack's incoming webhook; it takes no files."""
    # Slack's three control characters.
    for char, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, escaped)
    return {"text": text}


def webhook(
    definition: Definition,
    *,
    text: str,
    document: Mapping[str, Any],
    files: Sequence[File],
    key: str,
    due_at: dt.datetime,
) -> dict[str, Any]:
    """A generic webhook: the document as the API made it, and the files in base64."""
    return {
        "type": "alert.met" if definition.alert else "report.due",
        "id": key,
        "timestamp": due_at.isoformat(),
        "data": {
            "name": definition.name,
            "text": text,
            "document": document,
            "files": [
                {
                    "name": file.name,
                    "contentType": file.media,
                    "content": base64.b64encode(file.content).decode(),
                }
                for file in files
            ],
        },
    }
