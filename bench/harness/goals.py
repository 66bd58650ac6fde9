"""The goals of a benchmark: one line each, and the exit code."""

import operator
from collections.abc import Callable

_HOLDS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


class Goals:
    """Prints each goal as `goal NAME value target met|short`, and keeps whether all are met."""

    def __init__(self) -> None:
        self.all_met = True

    def at_most(self, name: str, value: float | None, target: float) -> None:
        """A goal for a value that should be small; `None` = it could not be measured: short."""
        self._judge(name, value, "<=", target)

    def at_least(self, name: str, value: float | None, target: float) -> None:
        """A goal for a value that should be large; `None` = it could not be measured: short."""
        self._judge(name, value, ">=", target)

    def _judge(self, name: str, value: float | None, sign: str, target: float) -> None:
        met = value is not None and _HOLDS[sign](value, target)
        self.all_met &= met
        shown = "unknown" if value is None else f"{value:.4g}"
        print(f"goal {name} {shown} {sign}{target:g} {'met' if met else 'short'}", flush=True)
