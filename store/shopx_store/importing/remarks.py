"""What a report of an import says in sentences, besides its numbers."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from shopx_core.texts import say
from shopx_store.importing.pipeline import Report


def remarks(report: Report) -> Iterator[str]:
    """Sentences about what was read otherwise than it may be meant."""
    staged, published = report.staging, report.published
    if staged.ambiguous:
        yield say(
            "remark.ambiguous",
            "{orders, plural, one {# order has} other {# orders have}} rows that disagree on the"
            " customer, rep, region or channel; the first row's counts.",
            orders=staged.ambiguous,
        )
    if staged.undecided:
        yield say(
            "remark.undecided",
            "{orders, plural, one {# order has} other {# orders have}} rows that disagree on"
            " `order.where`; the first row that says something decides for the whole order. A"
            " condition on lines is `line.where`.",
            orders=staged.undecided,
        )
    if staged.spread:
        yield say(
            "remark.spread",
            "{orders, plural, one {# order has} other {# orders have}} lines of several times, up"
            " to {span} apart: all are booked at the order's earliest. If they are sales of their"
            " own, give them keys of their own (`order.key`).",
            orders=staged.spread,
            span=_span(staged.widest),
        )
    if published.without_rate:
        yield say(
            "remark.without-rate",
            "No exchange rate is known for {currencies}: figures need one for every currency but"
            " the reporting one. `shopx rates list` has the commands.",
            currencies=list(published.without_rate),
        )
    yield from report.notes
    yield from (say("remark.empty", "{label} has no row.", label=label) for label in report.empty)


_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def _span(span: dt.timedelta | None) -> str:
    seconds = int((span or dt.timedelta()).total_seconds())
    if seconds >= 2 * _DAY:
        return say("remark.days", "{days, number} days", days=seconds // _DAY)
    if seconds >= 2 * _HOUR:
        return say("remark.hours", "{hours, number} hours", hours=seconds // _HOUR)
    if seconds >= 2 * _MINUTE:
        return say("remark.minutes", "{minutes, number} minutes", minutes=seconds // _MINUTE)
    return say("remark.seconds", "{seconds, number} seconds", seconds=seconds)
