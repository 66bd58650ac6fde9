"""Instants as commands show them: in the time of the machine, with its offset from UTC."""

import datetime as dt


def local_time(at: dt.datetime) -> str:
    """The minute of an instant, such as 2026-01-31 10:30+01:00."""
    return at.astimezone().isoformat(sep=" ", timespec="minutes")
