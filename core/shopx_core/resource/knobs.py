"""Fields of the spec that configure a tuning knob, with default, bounds and text of `KNOBS`."""

from typing import Any

from pydantic import Field

from shopx_core.caching.tuning import KNOBS
from shopx_core.resource.rules import Rule, duration_within

_HOUR = 3600


def duration_knob(name: str) -> Any:
    """The default and description of a `Duration`; its bounds are `duration_rule`."""
    knob = KNOBS[name]
    bounds = f"{_text(knob.min)} to {_text(knob.max)}"
    return Field(default=_text(knob.default), description=f"{knob.description}, {bounds}.")


def duration_rule(field: str, name: str) -> Rule:
    """The rule that a `Duration` lies within the bounds of a knob.

    Args:
        field: The field's name, camelCase.
        name: The knob.
    """
    return duration_within(field, _text(KNOBS[name].min), _text(KNOBS[name].max))


def count_knob(name: str) -> Any:
    """The default, bounds and description of a whole number."""
    knob = KNOBS[name]
    return Field(default=knob.default, ge=knob.min, le=knob.max, description=f"{knob.description}.")


def _text(seconds: float) -> str:
    if seconds and seconds % _HOUR == 0:
        return f"{seconds / _HOUR:g}h"
    return f"{seconds:g}s"
