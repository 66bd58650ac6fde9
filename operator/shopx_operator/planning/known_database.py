"""What is known of the database before rendering: its volume, its past data and its backups."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopx_operator.manifests import archive
from shopx_operator.manifests.context import Context
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.volume import claim


def with_database(context: Context, observed: ObservedState, status: Mapping[str, Any]) -> Context:
    """The context with these facts.

    Args:
        context: The dashboard.
        observed: The observed state.
        status: The dashboard's, as stored.
    """
    live = claim(context, observed)
    known = status.get("backup", {})
    backup = context.spec.backup
    if backup is None or known.get("destination") != archive.described(context, backup):
        known = {}
    return replace(
        context,
        facts=replace(
            context.facts,
            volume=live["metadata"].get("uid", "") if live is not None else "",
            migrated_database=status.get("databaseAddress", ""),
            last_backup=known.get("lastBackupTime", ""),
            last_verified=known.get("lastVerifiedTime", ""),
        ),
    )
