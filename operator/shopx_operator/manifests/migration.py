"""The Job that brings the database to the release: schema, reporting terms, first token.

Its name has a digest of everything that its result depends on. So another release, database, token
or other reporting terms mean another Job, and the same ones mean the Job that has already run (a
Job can be made and removed, but not changed). Pods of a release start after its Job succeeded.
Running it again takes a second and changes nothing.

A database that was migrated before, and is empty now, has lost its data: its volume was replaced,
or its server. The Job then refuses to make a new schema, unless the spec says so.

A release may have a migration that is not compatible with the release before. Its Job then changes
nothing and ends with an exit code of its own; the Job of `exclusive_job` runs while nothing else
uses the database.
"""

import hashlib
import json
import shlex
from typing import Final

from shopx_core.errors import MaintenanceNeeded
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import components, config, names, secrets
from shopx_operator.manifests.context import TOKEN_KEY, Context, Object
from shopx_operator.manifests.endpoints import endpoint
from shopx_operator.manifests.pods import Pod, app_container, resources, template

COMPONENT: Final = components.MIGRATE.name
FIRST_TOKEN_NAME: Final = "operator"  # noqa: S105 -- how it is listed
_TOKEN_FILES: Final = "/etc/shopx-token"  # noqa: S105 -- a folder
_TRIES: Final = 2
"""Retries after the first attempt, within a minute; the operator makes a new Job later."""
_TRIES_OF_ROTATION: Final = 5
"""Within five minutes."""
_LONGEST_SECONDS: Final = 6 * 3600
"""Rewriting a large table takes hours; a Job that takes longer is stuck."""

NEEDS_MAINTENANCE: Final = "PodFailurePolicy"
"""The reason of a failed check Job if the migration must run alone: its policy has one rule."""

# The last line has the revision; the operator reads it from the termination log.
_MIGRATE: Final = "shopx migrate"
_MAINTENANCE: Final = " --maintenance"
_EXISTING: Final = " --existing"


def token(context: Context) -> SecretReference:
    """Where the first API token is stored."""
    return SecretReference(name=context.child("token"), key=TOKEN_KEY)


def address(context: Context) -> str:
    """The address of the database, without credentials; empty while it is unknown."""
    url = endpoint(context.value(config.database(context)) or "")
    return f"{url.address}{url.path}"


def identity(context: Context) -> str:
    """A digest of everything that the result of the migration depends on."""
    url = endpoint(context.value(config.database(context)) or "")
    read = [token(context)]
    if context.spec.database.bundled is None:
        # The new password of an external database may be wrong: the Job tries it, and reports it,
        # before any working pod is replaced.
        read += config.read_by(context, reads=True, with_redis=False)
    facts = [
        # Image, reporting terms, overrides; and `restartedAt`, by which a user asks for a retry.
        _template(context, _MIGRATE),
        # The bundled server takes a new password by itself, and stays the same database.
        [url.address, url.path, url.user],
        context.secret_digest(read),
        # Another volume is another database; so is the permission to begin with an empty one.
        *([context.facts.volume] if context.facts.volume else ()),
        *(["initialize"] if context.spec.database.initialize else ()),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:10]


def name(context: Context) -> str:
    """The Job's name."""
    return context.child(f"{COMPONENT}-{identity(context)}")


def exclusive_name(context: Context) -> str:
    """The name of the Job that runs alone on the database."""
    return context.child(f"{COMPONENT}-{identity(context)}-alone")


def objects(context: Context) -> list[Object]:
    """The Job that runs while the release before serves."""
    job = context.object("batch/v1", "Job", COMPONENT, COMPONENT, name=name(context))
    job["spec"] = _spec(_template(context, _command(context)), _tries(context)) | {
        "podFailurePolicy": {
            "rules": [
                {
                    # Another attempt would have the same result.
                    "action": "FailJob",
                    "onExitCodes": {"operator": "In", "values": [MaintenanceNeeded.exit_code]},
                }
            ]
        }
    }
    return [job]


def exclusive_job(context: Context) -> Object:
    """The Job that runs while nothing else uses the database."""
    labels = {names.LABEL_EXCLUSIVE: "true"}
    job = context.object(
        "batch/v1", "Job", COMPONENT, COMPONENT, name=exclusive_name(context), labels=labels
    )
    # Each attempt takes the dashboard away for longer, so a user decides on another one.
    job["spec"] = _spec(_template(context, _command(context) + _MAINTENANCE), 0)
    return job


def _register(context: Context) -> str:
    """The command that makes the drawn token known; one that is known stays unchanged."""
    words = ["shopx", "token", "register", FIRST_TOKEN_NAME]
    # Those of a token that was rotated, and of a dashboard that was deleted over a kept database.
    words += ["--secret-file", f"{_TOKEN_FILES}/{TOKEN_KEY}", "--revoke-others"]
    words += context.spec.auth.first_token.options()
    return shlex.join(words)


def _command(context: Context) -> str:
    migrated = context.facts.migrated_database
    had_data = bool(migrated) and migrated == address(context)
    return _MIGRATE + (_EXISTING if had_data and not context.spec.database.initialize else "")


def _tries(context: Context) -> int:
    """More while a password is rotated: the kubelet brings it to the server within two minutes."""
    values = context.facts.secrets.get(context.child("database"), {})
    return _TRIES_OF_ROTATION if secrets.PREVIOUS_KEY in values else _TRIES


def _spec(pods: Object, tries: int) -> Object:
    return {
        "backoffLimit": tries,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "template": pods,
    }


def _template(context: Context, migrate: str) -> Object:
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=components.MIGRATE.account,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["/bin/sh", "-c", f"{migrate} > /dev/termination-log && {_register(context)}"],
                    resources(context.spec.jobs.resources, SIZES[context.spec.size].fold),
                    env=config.environment(context, "migrate", reads=True, with_redis=False),
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
            overrides=context.spec.jobs.pod_template,
            restart_policy="Never",
        ),
    )
