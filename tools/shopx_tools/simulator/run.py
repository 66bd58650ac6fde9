"""One scenario with one policy."""

from dataclasses import dataclass

from shopx_tools.simulator.measure import Lens
from shopx_tools.simulator.policies.base import Policy
from shopx_tools.simulator.scenario import Scenario
from shopx_tools.simulator.score import Score
from shopx_tools.simulator.world import World

MOST_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Result:
    """How one run went."""

    scenario: Scenario
    policy: str
    score: Score
    requests: int


def run(scenario: Scenario, policy: Policy, seed: int) -> Result:
    """Simulate a scenario under a policy; the same seed gives the same run.

    Raises:
        ValueError: The scenario asks for more requests than a run may have.
    """
    world = World(scenario, seed)
    lens = Lens(world)
    for second in range(scenario.seconds):
        world.advance()
        if world.requests > MOST_REQUESTS:
            raise ValueError(f"{scenario.name}: over {MOST_REQUESTS} requests; make it shorter")
        if (second + 1) % policy.tick == 0:
            wish = policy.look(lens)
            if wish.bottleneck:
                world.score.bottleneck_at.append(world.now)
            if wish.tuning is not None and wish.tuning != world.tuning:
                world.set_tuning(wish.tuning)
            if wish.api is not None and wish.api != len(world.pods):
                world.scale_api(wish.api)
            if wish.workers is not None and wish.workers != world.workers.replicas:
                world.workers.scale(world.now, wish.workers)
    return Result(scenario, policy.name, world.score, world.requests)
