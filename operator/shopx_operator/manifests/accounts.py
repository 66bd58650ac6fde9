"""ServiceAccounts: one a component, without any right and without a token in the pods."""

from typing import Final

from shopx_operator.manifests import api, database, fold, migration, redis, workers
from shopx_operator.manifests.context import Context, Object

_ALWAYS: Final = (api.COMPONENT, fold.COMPONENT, workers.COMPONENT, migration.ACCOUNT)


def objects(context: Context) -> list[Object]:
    """The accounts of all components that this dashboard has."""
    parts = list(_ALWAYS)
    if context.spec.database.bundled is not None:
        parts.append(database.COMPONENT)
    if context.spec.cache.redis.bundled is not None:
        parts.append(redis.COMPONENT)
    made = []
    for part in parts:
        account = context.object("v1", "ServiceAccount", part, part)
        account["automountServiceAccountToken"] = False
        made.append(account)
    return made
