"""The `shopx` command."""

import sys
from types import ModuleType

import pytest
import typer

from shopx_core import cli
from shopx_core.cli import COMMANDS, Command, main
from shopx_core.errors import Conflict, InvalidInput


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    return int(caught.value.code or 0)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A table of commands whose targets are in a module of the test's own."""
    module = ModuleType("shopx_test_commands")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    rows = [
        Command("one", f"{module.__name__}:one", "workers", "One.", "P"),
        Command("many", f"{module.__name__}:many", "workers", "Many.", "P"),
        Command("lame", "absent_package.x:y", "workers", "Lame.", "P"),
    ]
    monkeypatch.setattr(cli, "COMMANDS", tuple(rows))
    return module


def test_help_names_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(sys.modules)
    assert _run("--help") == 0
    shown = capsys.readouterr().out
    assert all(command.name in shown for command in COMMANDS)
    assert not {"numpy", "sqlalchemy", "celery"} & (set(sys.modules) - before)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_registered_command_exists(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(command.name, "--help") == 0
    assert "Usage" in capsys.readouterr().out


def test_expected_failure_is_two_lines_without_traceback_or_secret(
    commands: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def one() -> None:
        raise Conflict("postgresql://u:hunter2@h/d is taken.", hint="Take another.")

    vars(commands)["one"] = one
    assert _run("one") == 1
    shown = capsys.readouterr().err
    assert shown == "error: postgresql://u:***@h/d is taken.\nhint: Take another.\n"


def test_exit_codes_tell_wrong_input_from_failure(commands: ModuleType) -> None:
    def one(code: int = 0) -> None:
        if code == 2:
            raise InvalidInput("no")
        raise typer.Exit(code)

    vars(commands)["one"] = one
    assert _run("one") == 0
    assert _run("one", "--code", "3") == 3
    assert _run("one", "--code", "2") == 2


def test_a_group_has_subcommands(commands: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    group = typer.Typer()

    @group.command("first")
    def first() -> None:
        typer.echo("ran")

    @group.command("second")
    def second() -> None:
        """Never run."""

    vars(commands)["many"] = group
    assert _run("many", "first") == 0
    assert capsys.readouterr().out == "ran\n"


def test_missing_extra_is_named(
    commands: ModuleType,  # noqa: ARG001 -- installs the table
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run("lame") == 2
    assert "pip install 'shopx-analytics[workers]'" in capsys.readouterr().err


def test_without_typer_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    assert _run("status") == 2
    assert "shopx-analytics[local]" in capsys.readouterr().err
