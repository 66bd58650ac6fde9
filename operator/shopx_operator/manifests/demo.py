"""Generated sales for trying a dashboard: seeded once, then a trickle of live orders."""

from typing import Final

from shopx_core.resource.presets import SIZES, Compute
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_core.resource.v1beta1.upkeep import Demo
from shopx_operator.manifests import components, config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import deployment

SEED: Final = components.SEED.name
TRICKLE: Final = components.TRICKLE.name
_TRICKLE_COMPUTE: Final = Compute("20m", "128Mi", "500m", "256Mi")


def objects(context: Context, demo: Demo) -> list[Object]:
    """The seeding Job, and a Deployment where the manifest asks for live orders."""
    made = []
    if demo.orders:
        made.append(_seed(context, demo))
    if demo.trickle is not None:
        made.append(_trickle(context, demo.trickle))
    return made


def _seed(context: Context, demo: Demo) -> Object:
    # A database that has orders is left alone: another number makes another Job, which finds
    # nothing to do.
    name = context.child(f"{SEED}-{demo.orders}-{demo.random_seed}")
    job = context.object("batch/v1", "Job", SEED, SEED, name=name)
    command = ["shopx", "seed", "--orders", str(demo.orders), "--seed", str(demo.random_seed)]
    job["spec"] = {
        "backoffLimit": 4,
        "template": template(
            context,
            Pod(
                component=SEED,
                account=components.SEED.account,
                containers=[
                    app_container(
                        context,
                        SEED,
                        [*command, "--if-empty"],
                        resources(context.spec.jobs.resources, SIZES[context.spec.size].workers),
                        env=config.environment(context, "job", with_redis=False),
                    )
                ],
                overrides=context.spec.jobs.pod_template,
                restart_policy="Never",
            ),
        ),
    }
    return job


def _trickle(context: Context, command: list[str]) -> Object:
    return deployment(
        context,
        TRICKLE,
        template(
            context,
            Pod(
                component=TRICKLE,
                account=components.TRICKLE.account,
                containers=[
                    app_container(
                        context,
                        TRICKLE,
                        ["shopx", *command],
                        resources(ComputeResources(), _TRICKLE_COMPUTE),
                        env=config.environment(context, "job", with_redis=False),
                    )
                ],
                overrides=context.spec.jobs.pod_template,
                secrets=config.read_by(context, with_redis=False),
            ),
        ),
    )
