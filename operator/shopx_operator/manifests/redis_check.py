"""The Job that tries a changed URL of an external Redis, before pods that work are replaced."""

from typing import Final

from shopx_core.resource.presets import SIZES
from shopx_operator.manifests import components, config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template

COMPONENT: Final = components.REDIS_CHECK.name


def job(context: Context) -> Object:
    """The Job; its name has a digest of the URL."""
    name = context.child(f"{COMPONENT}-{context.secret_digest([config.redis(context)])[:10]}")
    made = context.object("batch/v1", "Job", COMPONENT, COMPONENT, name=name)
    made["spec"] = {
        "backoffLimit": 1,
        "activeDeadlineSeconds": 120,
        "template": template(
            context,
            Pod(
                component=COMPONENT,
                account=components.REDIS_CHECK.account,
                containers=[
                    app_container(
                        context,
                        COMPONENT,
                        ["python", "-m", "shopx_core.clients.redis_check"],
                        resources(context.spec.jobs.resources, SIZES[context.spec.size].fold),
                        env=config.environment(context, "workers", with_database=False),
                    )
                ],
                overrides=context.spec.jobs.pod_template,
                restart_policy="Never",
            ),
        ),
    }
    return made
