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
from shopx_workers.reports.figures import File, Observed

UNKNOWN: Final = "unknown"
_WORDS: Final = {
    Condition.ABOVE: "is above",
    Condition.BELOW: "is below",
    Condition.RISES: "rose by more than",
    Condition.FALLS: "fell by more than",
}


def alert_text(alert: Alert, observed: Observed) -> str:
    """What an alert says, with the exact figures."""
    metric = METRICS[alert.metric]
    is_change = alert.condition in (Condition.RISES, Condition.FALLS)
    unit = Unit.RATIO if is_change else metric.unit
    said = f"{metric.title} {_WORDS[alert.condition]} {_shown(alert.threshold, unit)}"
    said += f": it is {_shown(observed.value, metric.unit)}"
    if is_change:
        before = _shown(observed.previous, metric.unit)
        said += f", before {before} ({_shown(observed.change, Unit.RATIO)})"
    return f"{said}."


def _shown(value: Decimal | None, unit: Unit) -> str:
    if value is None:
        return UNKNOWN
    if unit is Unit.RATIO:
        return f"{value * 100:.1f} %"
    return f"{value:,.2f}" if unit is Unit.MONEY else f"{value:,f}"


def summary(definition: Definition, document: Mapping[str, Any], observed: str | None) -> str:
    """The message as plain text: what it is of, and the key figures with their change."""
    lines = [definition.name, ""]
    if observed is not None:
        lines += [observed, ""]
    lines += [f"{name}: {', '.join(values)}" for name, *values in document["facts"]]
    for section in document["sections"]:
        if section["kind"] != "figures":
            continue
        lines.append("")
        for row in section["rows"]:
            lines.append(f"{row['title']}: {_figure(row)}")
    return "\n".join(lines)


def _figure(row: Mapping[str, Any]) -> str:
    unit = Unit(row["unit"])
    shown = _shown(_number(row["value"]), unit)
    if row["previous"] is None:
        return shown
    change = _number(row["ratio"])
    before = f"before {_shown(_number(row['previous']), unit)}"
    return f"{shown} ({before})" if change is None else f"{shown} ({before}, {change * 100:+.1f} %)"


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
