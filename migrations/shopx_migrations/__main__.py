"""`python -m shopx_migrations`: bring the database that SHOPX_DATABASE_DSN names to this build."""

import logging
import os
import sys

from shopx_migrations import runner


def main() -> int:
    """Upgrade to head; the exit code is non-zero, with the reason, where that fails."""
    dsn = os.environ.get("SHOPX_DATABASE_DSN")
    if not dsn:
        sys.stderr.write(
            "SHOPX_DATABASE_DSN is not set: name the database as postgresql://user:password@host/db\n"
        )
        return 2
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    runner.upgrade(dsn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
