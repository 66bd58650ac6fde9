"""The Secrets that the operator makes: generated once, kept, and followed when users change them.

Generated values (passwords, the first API token) are read back from the cluster at every reconcile;
values that follow from them (URLs, configuration) are derived again. So a password is rotated by
editing it or by taking it out of its Secret, and the pods restart because their digest of it
changes.

The database has two roles that log in. Its new password is that of the other role, and the one
before stays valid until no pod uses it any more (`shopx_operator.planning.rotation`).
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from shopx_core.containers.postgres_files import ALTERNATE, ROLE
from shopx_core.containers.servers import DATABASE, POSTGRES_PORT, REDIS_PORT
from shopx_core.domain.api_tokens import new_secret
from shopx_core.resource.v1beta1.spec import columns_enabled
from shopx_operator.manifests import names, sentinels
from shopx_operator.manifests.context import (
    DSN_KEY,
    PASSWORD_KEY,
    SALT_KEY,
    TOKEN_KEY,
    URL_KEY,
    Context,
    Object,
)
from shopx_operator.manifests.endpoints import password

REDIS_CONFIG_KEY: Final = "valkey.conf"

USERNAME_KEY: Final = "username"
ACCEPTED_KEY: Final = "accepted-password"
"""The password of the role that pods use; `password` is the one that the user wants."""
PREVIOUS_KEY: Final = "previous-password"
"""The password of the other role, while pods may still use it."""

REPLICATION_KEYS: Final = ("replication-password", "patroni-password")
"""Of the role that replicas use, and of the commands that Patroni takes."""

PARTS: Final = ("backup", "columns", "database", "redis", "replication", "token")
"""The ends of the names of all Secrets that the operator may have made."""

Draw = Callable[[], str]
"""Generates a secret of at least 256 bits, of letters, digits, `-` and `_`."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One Secret: the generated values, and those that follow from them."""

    part: str
    drawn: Mapping[str, Draw | None]
    """By key; `None` = the caller's own generator."""


def _kept(context: Context) -> list[_Kept]:
    made = [_Kept("token", {TOKEN_KEY: new_secret, SALT_KEY: None})]
    if context.spec.database.bundled is not None:
        made.append(_Kept("database", {PASSWORD_KEY: None}))
    if context.replicated:
        made.append(_Kept("replication", dict.fromkeys(REPLICATION_KEYS)))
    if context.spec.backup is not None:
        made.append(_Kept("backup", {PASSWORD_KEY: None}))
    if context.spec.cache.redis.bundled is not None:
        made.append(_Kept("redis", {PASSWORD_KEY: None}))
    if columns_enabled(context.spec):
        made.append(_Kept("columns", {TOKEN_KEY: None}))
    return made


def complete(context: Context, draw: Draw) -> dict[str, dict[str, str]]:
    """The values of all Secrets that the dashboard reads; missing ones are generated.

    Args:
        context: The dashboard, with the Secrets of the cluster.
        draw: Generates a random value.
    """
    values = {name: dict(keys) for name, keys in context.facts.secrets.items()}
    for secret in _kept(context):
        known = values.setdefault(context.child(secret.part), {})
        for key, own in secret.drawn.items():
            if not known.get(key):
                known[key] = (own or draw)()
        if secret.part == "database":
            _rotate(known)
        known |= _derived(context, secret.part, known)
    return values


def _rotate(known: dict[str, str]) -> None:
    """Begin a rotation, if another password is wanted and none is under way."""
    # Without the key the Secret is new, or of a release with one role: the URL has its password.
    accepted = known.setdefault(
        ACCEPTED_KEY, password(known.get(DSN_KEY, "")) or known[PASSWORD_KEY]
    )
    username = known.setdefault(USERNAME_KEY, ROLE)
    if known[PASSWORD_KEY] != accepted and PREVIOUS_KEY not in known:
        known[PREVIOUS_KEY] = accepted
        known[ACCEPTED_KEY] = known[PASSWORD_KEY]
        known[USERNAME_KEY] = ALTERNATE if username == ROLE else ROLE


def _derived(context: Context, part: str, known: Mapping[str, str]) -> dict[str, str]:
    if part in ("backup", "columns", "replication", "token"):
        return {}
    quoted = quote(known[ACCEPTED_KEY if part == "database" else PASSWORD_KEY], safe="")
    host = f"{context.child(part)}.{context.namespace}.svc"
    if part == "database":
        user = known[USERNAME_KEY]
        url = f"postgresql://{user}:{quoted}@{host}:{POSTGRES_PORT}/{DATABASE}"
        kept = (USERNAME_KEY, ACCEPTED_KEY, PREVIOUS_KEY)
        return {key: known[key] for key in kept if key in known} | {DSN_KEY: url}
    escaped = known[PASSWORD_KEY].replace("\\", "\\\\").replace('"', '\\"')
    # In a file, because every user of the node can see a command line.
    if sentinels.replicated(context):
        config = f'requirepass "{escaped}"\nmasterauth "{escaped}"\n'
        return {URL_KEY: sentinels.url(context, known[PASSWORD_KEY]), REDIS_CONFIG_KEY: config}
    return {
        URL_KEY: f"redis://:{quoted}@{host}:{REDIS_PORT}/0",
        REDIS_CONFIG_KEY: f'requirepass "{escaped}"\n',
    }


def objects(context: Context) -> list[Object]:
    """The Secrets; `context.facts.secrets` must be complete."""
    return [_object(context, secret) for secret in _kept(context)]


def _object(context: Context, secret: _Kept) -> Object:
    holds_data = secret.part == "database"
    made = context.object(
        "v1",
        "Secret",
        secret.part,
        secret.part,
        labels={names.LABEL_DATA: "true"} if holds_data else None,
        # Kept data are useless without their password.
        owned=not holds_data or context.spec.deletion_policy == "Delete",
    )
    known = context.facts.secrets[context.child(secret.part)]
    keys = [*secret.drawn, *_derived(context, secret.part, known)]
    made["type"] = "Opaque"
    made["data"] = {key: base64.b64encode(known[key].encode()).decode() for key in sorted(keys)}
    return made


def decoded(secret: Object) -> dict[str, str]:
    """The values of a Secret in the cluster; one that is not UTF-8 text counts as missing."""
    values = {}
    for key, encoded in secret.get("data", {}).items():
        try:
            values[key] = base64.b64decode(encoded).decode()
        except ValueError:
            continue
    return values
