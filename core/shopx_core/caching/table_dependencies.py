"""The dependency tag of each table.

Statements declare the tags of what they read (`shopx_store.sql.Sql.reading`); a test compares each
declaration with the tables that a parser finds in the statement.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.matviews import MATVIEWS

TABLES: Final[Mapping[str, DependencyTag | None]] = MappingProxyType(
    {
        "order_items": DependencyTag.LEDGER,
        "orders": DependencyTag.LEDGER,
        "order_keys": DependencyTag.LEDGER,
        "import_runs": DependencyTag.LEDGER,
        "rollup_sales_quarter": DependencyTag.LEDGER,
        "rollup_sales_day": DependencyTag.LEDGER,
        "rollup_product_day": DependencyTag.LEDGER,
        "rollup_product_week": DependencyTag.LEDGER,
        "rollup_customer_day": DependencyTag.LEDGER,
        "rollup_customer": DependencyTag.LEDGER,
        "rollup_order": DependencyTag.LEDGER,
        "customer_day_cells": DependencyTag.LEDGER,
        "categories": DependencyTag.CATALOGUE,
        "products": DependencyTag.CATALOGUE,
        "customers": DependencyTag.CUSTOMERS,
        "sales_reps": DependencyTag.TEAM,
        "quotas": DependencyTag.TEAM,
        "regions": DependencyTag.TEAM,
        "channels": DependencyTag.TEAM,
        "sources": DependencyTag.CATALOGUE,
        "reporting": DependencyTag.TERMS,
        "rates": DependencyTag.TERMS,
        "currencies": DependencyTag.TERMS,
        "matview_refreshes": DependencyTag.VIEWS,
        "predictions": DependencyTag.VIEWS,
        "prediction_fits": DependencyTag.VIEWS,
        **{name: DependencyTag.VIEWS for view in MATVIEWS.values() for name in view.members},
        # They are read outside of snapshots, and never cached.
        "reports": None,
        "report_deliveries": None,
        # They say which lines the rollups already hold; no sum depends on that.
        "watermark": None,
        "folded_xids": None,
        # Operations that read them are never cached.
        "saved_views": None,
        "annotations": None,
        # Functions that return rows and read no table.
        "unnest": None,
        "generate_series": None,
        "pg_control_system": None,
    }
)
"""The tag of each table, view and row-returning function; `None` = no answer depends on it."""
