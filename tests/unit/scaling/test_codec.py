"""Records as JSON."""

import json
import math
from dataclasses import replace

import pytest

from shopx_core.scaling import DecisionRecord, ScalingSpec, ScalingState, dumps, evaluate, loads
from tests.unit.scaling.timeline import HEALTHY


def plain_record() -> dict[str, object]:
    decision, _ = evaluate(HEALTHY, ScalingSpec(), ScalingState(), 5.0)
    text = dumps(
        DecisionRecord(
            observation=HEALTHY,
            spec=ScalingSpec(),
            state=ScalingState(),
            now=5.0,
            decision=decision,
        )
    )
    data: dict[str, object] = json.loads(text)
    return data


def test_a_record_is_small_enough_to_keep_fifty_of_them() -> None:
    """A ConfigMap holds 1 MiB."""
    assert len(json.dumps(plain_record())) * 50 < 2**20 / 4


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("observation", "api_replicas"),
            "2",
            r"DecisionRecord\.observation\.api_replicas: expected",
        ),
        (("observation", "cpu"), True, r"DecisionRecord\.observation\.cpu: expected a number"),
        (("state", "samples"), 1, r"DecisionRecord\.state\.samples: expected a list"),
        (("spec", "api"), 1, r"DecisionRecord\.spec\.api: expected an object"),
        (("spec", "surprise"), 1, r"DecisionRecord\.spec: unknown surprise"),
        (("decision", "rule"), "Magic", r"not a valid ScalingRule"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_no_record_says_where(path: tuple[str, str], value: object, message: str) -> None:
    data = plain_record()
    holder = data[path[0]]
    assert isinstance(holder, dict)
    holder[path[1]] = value
    with pytest.raises(ValueError, match=message):
        loads(json.dumps(data))


def test_a_missing_field_says_so() -> None:
    data = plain_record()
    del data["now"]
    with pytest.raises(ValueError, match="now"):
        loads(json.dumps(data))


def test_a_broken_figure_survives() -> None:
    seen = replace(HEALTHY, cpu=math.nan, rps=-math.inf)
    decision, _ = evaluate(seen, ScalingSpec(), ScalingState(), 5.0)
    again = loads(
        dumps(
            DecisionRecord(
                observation=seen,
                spec=ScalingSpec(),
                state=ScalingState(),
                now=5.0,
                decision=decision,
            )
        )
    )
    assert again.observation.cpu is not None
    assert math.isnan(again.observation.cpu)
    assert again.observation.rps == -math.inf
