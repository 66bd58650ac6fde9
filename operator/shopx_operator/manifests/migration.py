"""The Job that brings the database to the release: schema, reporting terms, first token.

Its name carries a digest of all that it depends on, so another release, another database, other
reporting terms or another token mean another Job, and the same ones mean the Job that has already
run: a Job can be made and removed, never changed. Pods of a release start only after the Job of
that release succeeded. Running it again for nothing takes a second and changes nothing.

A release may bring a migration that the release before cannot live with. Its Job then changes
nothing and ends with an exit code of its own; `alone` is the Job for when nobody else uses the
database.
"""

import hashlib
import json
from typing import Final

from shopx_core.errors import MaintenanceNeeded
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1alpha1.pods import ComputeResources
from shopx_core.resource.v1alpha1.storage import SecretReference
from shopx_operator.manifests import components, config, names
from shopx_operator.manifests.context import TOKEN_KEY, Context, Object
from shopx_operator.manifests.endpoints import endpoint
from shopx_operator.manifests.pods import Pod, app_container, resources, template

COMPONENT: Final = components.MIGRATE.name
FIRST_TOKEN_NAME: Final = "operator"  # noqa: S105 -- how it is listed
_TOKEN_FILES: Final = "/etc/shopx-token"  # noqa: S105 -- a folder
_TRIES: Final = 2
"""More after the first, within a minute; the operator begins anew after some more."""
_LONGEST_SECONDS: Final = 6 * 3600
"""Rewriting a large table takes hours; what takes longer has got stuck."""

NEEDS_MAINTENANCE: Final = "PodFailurePolicy"
"""Why a Job failed that the release before could not have lived with: its policy has one rule."""

# The last line says the revision; it goes where the operator reads it.
_MIGRATE: Final = "shopx migrate > /dev/termination-log"
_MIGRATE_ALONE: Final = "shopx migrate --maintenance > /dev/termination-log"
_REGISTER: Final = (
    f" && shopx token register {FIRST_TOKEN_NAME} --scope read --scope ingest --scope admin"
    f" --secret-file {_TOKEN_FILES}/{TOKEN_KEY}"
)


def token(context: Context) -> SecretReference:
    """Where the first API token is."""
    return SecretReference(name=context.child("token"), key=TOKEN_KEY)


def identity(context: Context) -> str:
    """A digest of all that the result of the migration depends on."""
    url = endpoint(context.value(config.database(context)) or "")
    read = [token(context)]
    if context.spec.database.bundled is None:
        # Of somebody else's database a new password may be wrong: the Job tries it, and says so,
        # before any pod that works is replaced.
        read += config.read_by(context, reads=True, with_redis=False)
    facts = [
        # Image, reporting terms, overrides; and `restartedAt`, a person's way to say: try again.
        _template(context),
        # The bundled server takes its new password by itself, and is no new database.
        [url.address, url.path, url.user],
        context.secret_digest(read),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:10]


def name(context: Context) -> str:
    """The Job's name."""
    return context.child(f"{COMPONENT}-{identity(context)}")


def name_alone(context: Context) -> str:
    """The name of the Job that has the database for itself."""
    return context.child(f"{COMPONENT}-{identity(context)}-alone")


def objects(context: Context) -> list[Object]:
    """The Job that runs while the release before serves."""
    job = context.object("batch/v1", "Job", COMPONENT, COMPONENT, name=name(context))
    job["spec"] = _spec(_template(context), _TRIES) | {
        "podFailurePolicy": {
            "rules": [
                {
                    # Trying again would say the same.
                    "action": "FailJob",
                    "onExitCodes": {"operator": "In", "values": [MaintenanceNeeded.exit_code]},
                }
            ]
        }
    }
    return [job]


def alone(context: Context) -> Object:
    """The Job that runs while nobody else uses the database."""
    labels = {names.LABEL_ALONE: "true"}
    job = context.object(
        "batch/v1", "Job", COMPONENT, COMPONENT, name=name_alone(context), labels=labels
    )
    # Each try would keep the dashboard away for longer; a person decides on another.
    job["spec"] = _spec(_template(context, _MIGRATE_ALONE), 0)
    return job


def _spec(pods: Object, tries: int) -> Object:
    return {
        "backoffLimit": tries,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "template": pods,
    }


def _template(context: Context, migrate: str = _MIGRATE) -> Object:
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=components.MIGRATE.account,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["/bin/sh", "-c", migrate + _REGISTER],
                    resources(ComputeResources(), SIZES[context.spec.size].fold),
                    env=config.environment(
                        context, ["REPORTING", "PARTITIONS"], reads=True, with_redis=False
                    ),
                    volumeMounts=[{"name": "token", "mountPath": _TOKEN_FILES, "readOnly": True}],
                )
            ],
            volumes=[
                {
                    "name": "token",
                    "secret": {
                        "secretName": token(context).name,
                        "items": [{"key": TOKEN_KEY, "path": TOKEN_KEY}],
                    },
                }
            ],
            restart_policy="Never",
        ),
    )
