"""Posts events of a dashboard."""

import datetime as dt

from shopx_core import logging
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import EVENT
from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.status.events import Event, event_object

_log = logging.get(__name__)


async def post_event(
    kubernetes: ApiClient, event: Event, dashboard: Object, now: dt.datetime, identity: str
) -> None:
    """Post an event; a refusal, such as a full quota of events, is only logged.

    Args:
        kubernetes: The API server.
        event: The event.
        dashboard: The dashboard.
        now: The present, aware.
        identity: The replica that reports it.
    """
    time = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        await kubernetes.create(EVENT, event_object(event, dashboard, time, identity))
    except ApiError as error:
        _log.warning("event_refused", reason=error.message)
