"""Whether the API server serves the version of dashboards that this operator reads and writes.

An operator that is newer than the CustomResourceDefinition would find no dashboard, and take that
for an empty cluster. It waits instead, and ends: the pod does not become ready, so that the rolling
update keeps the operator before it, which serves on.
"""

import asyncio
import contextlib
from typing import Final

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_operator.manifests.kinds import DASHBOARD
from shopx_operator.runtime.client import ApiClient

_TRIES: Final = 15
PAUSE_SECONDS: Final = 2.0
"""Between two tries: a definition that was just applied is served within seconds."""

_log = logging.get(__name__)


async def until_served(
    kubernetes: ApiClient, stopping: asyncio.Event, pause: float = PAUSE_SECONDS
) -> None:
    """Wait until dashboards are served in the operator's version, or until a signal.

    Args:
        kubernetes: The API server.
        stopping: Set by a signal.
        pause: Seconds between two tries.

    Raises:
        Unavailable: They are not, after 15 tries.
    """
    for number in range(_TRIES):
        if stopping.is_set() or await kubernetes.knows(DASHBOARD):
            return
        if number == 0:
            _log.warning("version_not_served", version=DASHBOARD.api_version)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
    raise Unavailable(
        f"The API server does not serve {DASHBOARD.api_version}: the CustomResourceDefinition"
        f" {DASHBOARD.plural}.{DASHBOARD.group} is absent, or older than this operator.",
        hint="Upgrade it first: kubectl apply --server-side --force-conflicts -k crds",
    )
