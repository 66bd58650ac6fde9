"""Report code that nothing uses, found by vulture; tests do not count as use.

Vulture looks for names. Frameworks read fields and methods of declarations by reflection, so these
are not reported in the modules of `DECLARATIONS`; functions, classes and imports there are.
"""

import fnmatch
import sys

import vulture.core

from shopx_tools import ROOT

SEARCHED = (
    "core", "store", "operator", "api", "workers", "migrations", "backup", "local", "kubectl",
    "client", "tools", "hack", "bench",
)  # fmt: skip
DECLARATIONS = (
    "api/shopx_api/types/*",  # Strawberry
    "api/shopx_api/features/*/fields.py",
    "api/shopx_api/features/*/panel.py",
    "api/shopx_api/features/*/types.py",
    "client/shopx_client/generated/*",  # Pydantic, and the users of the client
    "client/shopx_client/values.py",  # Pydantic
    "core/shopx_core/resource/v1beta1/*",  # the manifest, which Kubernetes reads
    "migrations/shopx_migrations/models/*",  # SQLAlchemy, for Alembic
    "migrations/shopx_migrations/versions/*",
    "tools/shopx_tools/generators/chart.py",  # Helm's values
)
DECORATORS = [
    "@strawberry.*", "@root_field", "@*validator", "@*.command", "@*.callback", "@kopf.*",
]  # fmt: skip
NAMES = [
    # Pydantic's and pydantic-settings' own.
    "model_config", "settings_customise_sources", "settings_cls", "*_settings", "_load_env_vars",
    # asyncio's protocols, context managers, and attributes of other libraries' objects.
    "sock", "connection_made", "data_received", "connection_lost", "trace", "get_reset_query",
    "do_GET", "log_message", "address_family", "daemon_threads", "handle_error", "protocol_version",
    "on_page_markdown",
    "server_version", "sys_version", "on_url", "on_header", "disconnected", "auth_flow",
    "ignore_aliases", "read_only", "itersize", "disabled", "standalone", "*_timeout", "__lt__",
    "decompressor",
    # Named in the text of a cast or an annotation.
    "TypeGuard", "RequestResponseCycle", "pd", "pl",
    # A value of the database's enumeration; fields that are read by name.
    "ADJUSTMENT", "oldest_job", "reverses",
    # Definitions in Python with which tests compare SQL, and what only tests read.
    "classify", "cumulative_share", "score_breaks", "recency_score", "expected_purchases_of_new",
    "reverse_confidence",
    "create_app", "create_inner_app", "own_port", "is_locked", "left_before",
]  # fmt: skip


def _is_declaration(item: vulture.core.Item) -> bool:
    """Whether a framework may read it by reflection."""
    path = str(item.filename.relative_to(ROOT))
    return item.typ in {"variable", "method", "attribute"} and any(
        fnmatch.fnmatch(path, pattern) for pattern in DECLARATIONS
    )


def main() -> int:
    """Print the findings; returns 1 when there are any."""
    searcher = vulture.Vulture(ignore_names=NAMES, ignore_decorators=DECORATORS)
    searcher.scavenge([str(ROOT / folder) for folder in SEARCHED])
    found = [item for item in searcher.get_unused_code() if not _is_declaration(item)]
    for item in found:
        where = f"{item.filename.relative_to(ROOT)}:{item.first_lineno}"
        print(f"{where}: unused {item.typ} {item.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
