"""Cron schedules of five fields, as Kubernetes CronJobs and the workers' beat both read them.

One regular expression, built from the fields' bounds, serves the Pydantic models and the CRD's
schema, so a schedule is accepted on a laptop exactly when a cluster accepts it. Macros (`@hourly`)
and a sixth field are refused because one of the two readers does not know them.
"""

import re

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"


def _field(number: str, names: str = "") -> str:
    value = f"(?:{number}|{names})" if names else f"(?:{number})"
    step = r"(?:/[1-9][0-9]?)?"
    item = rf"(?:\*|{value}(?:-{value})?){step}"
    # Bounded repetition: the CRD's cost estimate and a reader's patience both have limits.
    return rf"{item}(?:,{item}){{0,30}}"


_FIELDS = (
    _field("[0-5]?[0-9]"),
    _field("[01]?[0-9]|2[0-3]"),
    _field("0?[1-9]|[12][0-9]|3[01]"),
    _field("0?[1-9]|1[0-2]", _MONTHS),
    _field("[0-6]", _DAYS),
)

PATTERN = "^" + " ".join(_FIELDS) + "$"
"""Accepts what both readers accept, except ranges that run backwards (see `backward_range`)."""

_ORDER = {
    name: number
    for names, first in ((_MONTHS, 1), (_DAYS, 0))
    for number, name in enumerate(names.split("|"), start=first)
}
_RANGE = re.compile(r"([A-Z]{3}|\d{1,2})-([A-Z]{3}|\d{1,2})")


def backward_range(schedule: str) -> str | None:
    """The first range whose end lies before its start, such as `FRI-MON`; `None` if there is none.

    A regular expression cannot compare numbers, and Kubernetes refuses such a range only when the
    CronJob is created, so this is asked separately.
    """
    for first, last in _RANGE.findall(schedule):
        low = _ORDER.get(first) if first in _ORDER else int(first)
        high = _ORDER.get(last) if last in _ORDER else int(last)
        if low is not None and high is not None and high < low:
            return f"{first}-{last}"
    return None
