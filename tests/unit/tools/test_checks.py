"""One line per check, all checks run, and the last line adds up pytest's closing lines."""

import sys

import pytest

from shopx_tools import checks

# Stands for the task runner: the task's name says what it prints and how it ends.
RUNNER = """
import sys
name = sys.argv[1]
print("output of", *sys.argv[1:])
if name.startswith("pytest"):
    print("3 passed, 1 skipped in 1.50s")
if name == "failing":
    print("Error: expected 3\\n    at page.ts\\nE   assert 2 == 3\\nmore")
if name == "skipped":
    print("there is no browser")
sys.exit({"failing": 1, "skipped": 77}.get(name, 0))
"""


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks without the repository's own."""
    monkeypatch.setattr(checks, "RUNNER", (sys.executable, "-c", RUNNER))
    monkeypatch.delenv("CI", raising=False)


def test_passing_checks_print_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert checks.main(["first,second", "third"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split(" (")[0] for line in lines) == ["✓ first", "✓ second", "✓ third"]


def test_later_stages_run_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """The output of the failed check is shown, and the exit code is not 0."""
    assert checks.main(["failing,first", "pytest"]) == 1
    text = capsys.readouterr().out
    assert "✗ failing (" in text
    assert "output of failing\n" in text
    assert "output of first" not in text
    assert "✓ pytest (" in text
    assert text.endswith(
        "failing: Error: expected 3\nfailing: E   assert 2 == 3\n"
        "failed: failing\n3 passed, 1 skipped in 1.50s\n"
    )


def test_a_skipped_check_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert checks.main(["skipped"]) == 0
    assert capsys.readouterr().out == "- skipped skipped: there is no browser\n"


def test_a_skipped_check_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert checks.main(["skipped"]) == 1
    assert capsys.readouterr().out.endswith("failed: skipped\n")


def test_a_streamed_task_gets_its_arguments_and_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert checks.main(["pytest", "--stream", "pytest-on-a-cluster", "-k", "name"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "output of pytest-on-a-cluster -k name" in lines
    assert lines[-1] == "6 passed, 2 skipped in 3.00s"


def test_closing_lines_add_up() -> None:
    """The last line counts the tests of all runs of pytest."""
    lines = ["2613 passed, 3 skipped in 412.50s (0:06:52)", "1 failed, 97 passed in 700.25s"]
    assert checks.add_up(lines) == "2710 passed, 3 skipped, 1 failed in 1112.75s"
    assert checks.add_up(lines[1:]) == "1 failed, 97 passed in 700.25s"
