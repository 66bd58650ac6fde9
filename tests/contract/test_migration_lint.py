"""The migrations pass the linter for changes that block a live database."""

import io
import subprocess
import sysconfig
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from shopx_migrations import runner

ROOT = Path(__file__).parents[2]
REVISIONS = sorted(
    (script.revision, script.down_revision or "base")
    for script in ScriptDirectory(str(Path(runner.__file__).parent)).walk_revisions()
)
EXCLUDED = [
    "prefer-bigint-over-int",  # line numbers and horizons in days do not reach two billion
    "prefer-bigint-over-smallint",  # nor does a day of the week reach 32,767
]
# The first release creates tables without writers: their indexes need not be concurrent.
# Alembic's own table of revisions, made with the first of them, is a varchar.
FIRST_RELEASE = {revision for revision, _ in REVISIONS if revision <= "008"}
NEW_TABLES = ["require-concurrent-index-creation", "prefer-text-field"]


@pytest.mark.parametrize(("revision", "down"), REVISIONS, ids=[r for r, _ in REVISIONS])
def test_a_migration_passes_the_linter(revision: str, down: str, tmp_path: Path) -> None:
    """No rule is broken that is not excluded with a reason."""
    text = io.StringIO()
    runner.sql(text, f"{down}:{revision}")
    file = tmp_path / f"{revision}.sql"
    file.write_text(text.getvalue())
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    excluded = EXCLUDED + (NEW_TABLES if revision in FIRST_RELEASE else [])
    result = subprocess.run(
        [squawk, "--reporter=gcc", "--pg-version=15.0", f"--exclude={','.join(excluded)}", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
