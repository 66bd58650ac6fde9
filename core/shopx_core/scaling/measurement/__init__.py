"""From the text of `/metrics` to an `Observation`: pure functions of scrapes and time."""

from shopx_core.scaling.measurement.scrape import Scrape, SeriesSample, parse_scrape, scrape_of
from shopx_core.scaling.measurement.window import (
    History,
    ReplicaCounts,
    Windows,
    append_scrapes,
    observe,
)

__all__ = [
    "History",
    "ReplicaCounts",
    "Scrape",
    "SeriesSample",
    "Windows",
    "append_scrapes",
    "observe",
    "parse_scrape",
    "scrape_of",
]
