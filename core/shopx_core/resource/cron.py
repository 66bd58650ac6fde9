"""Cron schedules of five fields, as both Kubernetes CronJobs and the workers' scheduler read them.

One regular expression, built from the bounds of the fields, serves the Pydantic models and the
CRD's schema, so both accept the same schedules. Macros (`@hourly`) and a sixth field are rejected,
because not both readers support them.
"""

import re

from shopx_core.errors import InvalidInput

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"


def _field(number: str, names: str = "") -> str:
    value = f"(?:{number}|{names})" if names else f"(?:{number})"
    step = r"(?:/[1-9][0-9]?)?"
    item = rf"(?:\*|{value}(?:-{value})?){step}"
    # Bounded repetition: the CRD's cost estimate has a limit.
    return rf"{item}(?:,{item}){{0,30}}"


_FIELDS = (
    _field("[0-5]?[0-9]"),
    _field("[01]?[0-9]|2[0-3]"),
    _field("0?[1-9]|[12][0-9]|3[01]"),
    _field("0?[1-9]|1[0-2]", _MONTHS),
    _field("[0-6]", _DAYS),
)

PATTERN = "^" + " ".join(_FIELDS) + "$"
"""Accepts what both readers accept, and also backward ranges (see `backward_range`)."""

WORDS = "is no cron schedule of five fields, such as `7 * * * *` (hourly at :07)"
"""What to say of a schedule that `PATTERN` refuses."""


def matches(schedule: str) -> bool:
    """Whether both readers take a text as a schedule, backward ranges apart."""
    return re.fullmatch(PATTERN, schedule) is not None


_ORDER = {
    name: number
    for names, first in ((_MONTHS, 1), (_DAYS, 0))
    for number, name in enumerate(names.split("|"), start=first)
}
_RANGE = re.compile(r"([A-Z]{3}|\d{1,2})-([A-Z]{3}|\d{1,2})")


def backward_range(schedule: str) -> str | None:
    """The first range that ends before it starts, such as `FRI-MON`; `None` = none.

    A regular expression cannot compare numbers, and Kubernetes rejects such a range only when the
    CronJob is created, so this is checked separately.
    """
    for first, last in _RANGE.findall(schedule):
        low = _ORDER.get(first) if first in _ORDER else int(first)
        high = _ORDER.get(last) if last in _ORDER else int(last)
        if low is not None and high is not None and high < low:
            return f"{first}-{last}"
    return None


def check(schedule: str) -> None:
    """Refuse a text that is no schedule for both readers.

    Raises:
        InvalidInput: It has another form, or a range that runs backwards.
    """
    if not matches(schedule) or backward_range(schedule) is not None:
        raise InvalidInput(
            f"{schedule[:100]!r} {WORDS}.",
            hint="Write minute, hour, day of month, month, day of week.",
        )
