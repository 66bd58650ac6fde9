"""What a report of an import says in sentences, besides its numbers."""

import datetime as dt
from collections.abc import Iterator

from shopx_store.importing.pipeline import Report


def remarks(report: Report) -> Iterator[str]:
    """Sentences about what was read otherwise than it may be meant."""
    staged, published = report.staging, report.published
    if staged.ambiguous:
        yield (
            f"{staged.ambiguous:,} orders have rows that disagree on the customer, rep,"
            " region or channel; the first row's counts."
        )
    if staged.undecided:
        yield (
            f"{staged.undecided:,} orders have rows that disagree on `order.where`; the"
            " first row that says something decides for the whole order. A condition on lines is"
            " `line.where`."
        )
    if staged.spread:
        yield (
            f"{staged.spread:,} orders have lines of several times, up to"
            f" {_span(staged.widest)} apart: all are booked at the order's earliest. If"
            " they are sales of their own, give them keys of their own (`order.key`)."
        )
    if published.without_rate:
        yield (
            f"No exchange rate is known for {', '.join(published.without_rate)}: figures need one"
            " for every currency but the reporting one. `shopx rates list` has the commands."
        )
    yield from report.notes
    yield from (f"{label} has no row." for label in report.empty)


def _span(span: dt.timedelta | None) -> str:
    seconds = int((span or dt.timedelta()).total_seconds())
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds} seconds"
