"""What is known of the database before its migration: its volume, and whether it had data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
    return replace(
        context,
        facts=replace(
            context.facts,
            volume=live["metadata"].get("uid", "") if live is not None else "",
            migrated_database=status.get("databaseAddress", ""),
        ),
    )
