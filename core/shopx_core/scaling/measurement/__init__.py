"""From what processes show at `/metrics` to an `Observation`: pure functions of texts and times."""

from shopx_core.scaling.measurement.page import Page, Sample, page, read
from shopx_core.scaling.measurement.window import Counts, History, Pace, observe, remembered

__all__ = [
    "Counts",
    "History",
    "Pace",
    "Page",
    "Sample",
    "observe",
    "page",
    "read",
    "remembered",
]
