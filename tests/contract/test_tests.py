"""Every test asserts something: itself, or through a helper that says so by its name.

Names of such helpers: `assert_…`, `expect_…`, `until` and `until_…`, which waits and fails
when it waits too long. Each of them asserts, fails, or has a time limit, or calls one that does.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ASSERTING = re.compile(r"_?(assert_\w+|expect_\w+|until(_\w+)?)")
FAILING_CALLS = {"pytest.raises", "pytest.fail", "pytest.warns"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def _calls(function: Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def _fails_by_itself(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or any(
        call in FAILING_CALLS or call == "asyncio.timeout" for call in _calls(function)
    )


def _asserting_calls(function: Function) -> set[str]:
    names = {call.rpartition(".")[2] for call in _calls(function)}
    return {name for name in names if ASSERTING.fullmatch(name)} - {function.name}


FUNCTIONS = {path: list(_functions(path)) for path in sorted(TESTS.rglob("*.py"))}
HELPERS = [
    (path, function)
    for path, functions in FUNCTIONS.items()
    for function in functions
    if ASSERTING.fullmatch(function.name)
]
NAMES = {function.name for _, function in HELPERS}


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_test_asserts_something(path: Path) -> None:
    silent = [
        f"{path.relative_to(TESTS)}:{function.lineno} {function.name}"
        for function in FUNCTIONS[path]
        if function.name.startswith("test_")
        and not _fails_by_itself(function)
        and not _asserting_calls(function) & NAMES
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("path", "helper"),
    HELPERS,
    ids=[f"{path.relative_to(TESTS)}::{function.name}" for path, function in HELPERS],
)
def test_a_helper_with_such_a_name_asserts(path: Path, helper: Function) -> None:
    assert _fails_by_itself(helper) or _asserting_calls(helper) & NAMES, f"{path}: {helper.name}"
