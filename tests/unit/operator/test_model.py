"""Whatever happened before: a valid manifest in a well world ends where a new dashboard does.

The long form: `SHOPX_MODEL_STEPS=10000 SHOPX_MODEL_SEEDS=1,2,3`.
"""

import copy
import os
import random
from typing import Final

import pytest

from tests.support.ill_world import EDITS, IllWorld, healthy

STEPS: Final = int(os.environ.get("SHOPX_MODEL_STEPS", "100"))
SEEDS: Final = [int(seed) for seed in os.environ.get("SHOPX_MODEL_SEEDS", "1,2").split(",")]
HEALED_EVERY: Final = 50
"""Steps, so that a long run shows near which one it went wrong."""


@pytest.mark.timeout(0 if STEPS > 1000 else 120)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_mistake_heals_and_no_illness_is_ready(seed: int) -> None:
    world = IllWorld(random.Random(seed))
    happened: list[str] = []
    for number in range(1, STEPS + 1):
        happened.append(world.step())
        # The controllers see what the operator did last, and it sees what they do.
        world.settle()
        assert not (world.ill and world.ready), (number, world.ill, happened[-5:])
        if number % HEALED_EVERY == 0 or number == STEPS:
            well = [EDITS[0], EDITS[3], EDITS[6], EDITS[7], EDITS[-1]]
            valid = copy.deepcopy(world.chance.choice(well))
            world.heal(valid)
            status = world.cluster.status["conditions"]
            assert world.ready, (number, happened[-HEALED_EVERY:], status)
            assert world.state() == healthy(valid, world).state(), (number, happened[-20:])
