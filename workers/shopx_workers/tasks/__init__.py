"""The jobs: one module each, which loads, calls a pure function, and saves."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import psycopg

from shopx_core.jobs import (
    FitPredictions,
    Job,
    RefreshView,
    RunImportJob,
    SendReports,
    UpkeepPartitions,
)
from shopx_core.settings import Settings

Run = Callable[[psycopg.Connection, Job, Settings], dict[str, Any]]
"""Runs a job on a connection in autocommit mode; returns facts for the log."""

MODULES: Final[Mapping[type[Job], str]] = {
    RefreshView: "shopx_workers.tasks.refresh_view",
    UpkeepPartitions: "shopx_workers.tasks.upkeep_partitions",
    FitPredictions: "shopx_workers.tasks.fit_predictions",
    SendReports: "shopx_workers.tasks.send_reports",
    RunImportJob: "shopx_workers.tasks.run_import_job",
}


def handler(kind: type[Job]) -> Run:
    """The function of a job, imported when needed: SciPy takes a second and 60 MB."""
    return cast("Run", importlib.import_module(MODULES[kind]).run)
