"""Where the operator writes a dashboard's runtime tuning: the URLs, read from Secrets."""

from dataclasses import dataclass
from typing import Final

from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.endpoints import from_elsewhere
from shopx_operator.manifests.kinds import SECRET
from shopx_operator.manifests.secrets import decoded
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.runtime.client import ApiClient

SECRET_SECONDS: Final = 60.0
"""How long a Secret without the operator's label, which is not watched, is cached."""


@dataclass(frozen=True, slots=True)
class TuningTarget:
    """A dashboard's place in a Redis."""

    url: str
    """The Redis, as it is reached from outside the dashboard's namespace."""
    dsn: str
    """The database URL of the API's reads, which is a part of the names of its keys."""
    prefix: str
    """What all keys of the dashboard begin with."""


class TuningTargetFinder:
    """Finds the target of one dashboard.

    Args:
        kubernetes: The API server.
    """

    def __init__(self, kubernetes: ApiClient) -> None:
        self._kubernetes = kubernetes
        self._read: dict[str, tuple[float, Object | None]] = {}

    async def find(
        self, context: Context, observed: ObservedState, now: float
    ) -> TuningTarget | None:
        """The target; `None` while a Secret lacks a URL.

        Args:
            context: The dashboard.
            observed: Its children.
            now: Seconds since 1970.
        """
        values: dict[str, dict[str, str]] = {}
        for reference in config.read_by(context, reads=True):
            secret = observed.get("Secret", reference.name) or await self._secret(
                context.namespace, reference.name, now
            )
            values[reference.name] = decoded(secret) if secret else {}

        def value(reference: SecretReference | None) -> str | None:
            return values.get(reference.name, {}).get(reference.key) if reference else None

        url = value(config.redis(context))
        dsn = value(config.database_readonly(context)) or value(config.database(context))
        if not url or not dsn:
            return None
        return TuningTarget(
            from_elsewhere(url, context.namespace), dsn, config.redis_prefix(context)
        )

    async def _secret(self, namespace: str, name: str, now: float) -> Object | None:
        read = self._read.get(name)
        if read is None or now - read[0] > SECRET_SECONDS:
            read = self._read[name] = (now, await self._kubernetes.get(SECRET, namespace, name))
        return read[1]
