"""The stored memory of scaling: a ConfigMap, from which a restarted operator continues.

Each write names the version that it follows. So the API server refuses an operator that was
replaced without noticing, before that operator changes anything.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from shopx_core import logging
from shopx_core.scaling import PersistedState, summary
from shopx_operator.manifests import names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.kinds import CONFIG_MAP
from shopx_operator.runtime.client import CONFLICT, ApiClient, ApiError

PART: Final = "scaling"
MEMORY_KEY: Final = "memory"
TIMELINE_KEY: Final = "timeline"

_log = logging.get(__name__)


class MemoryConflict(Exception):  # noqa: N818 -- reads as what happened
    """Another write came first."""


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory as it was read or written."""

    memory: PersistedState
    version: tuple[str, str] | None
    """The ConfigMap's uid and resourceVersion; `None` = there is none yet."""


def config_map(context: Context, memory: PersistedState) -> Object:
    """The ConfigMap of a memory, with its timeline as text for people."""
    made = context.object("v1", "ConfigMap", PART, PART, labels={names.LABEL_MEMORY: "true"})
    made["binaryData"] = {MEMORY_KEY: base64.b64encode(memory.to_bytes()).decode()}
    made["data"] = {
        TIMELINE_KEY: "".join(f"{summary(record.decision)}\n" for record in memory.records)
    }
    return made


def memory_of(body: Object) -> PersistedState:
    """The memory in a ConfigMap; an empty one, when it cannot be read."""
    try:
        return PersistedState.from_bytes(base64.b64decode(body.get("binaryData", {})[MEMORY_KEY]))
    except (KeyError, ValueError, binascii.Error) as error:
        # It is of another release or was edited by hand: scaling starts from an empty memory.
        _log.warning("memory_rejected", reason=str(error))
        return PersistedState()


async def load(kubernetes: ApiClient, context: Context) -> StoredMemory:
    """Read a dashboard's memory."""
    body = await kubernetes.get(CONFIG_MAP, context.namespace, context.child(PART))
    if body is None:
        return StoredMemory(PersistedState(), None)
    return StoredMemory(memory_of(body), _version(body))


async def save(
    kubernetes: ApiClient, context: Context, memory: PersistedState, kept: StoredMemory
) -> StoredMemory:
    """Write a dashboard's memory, if the stored one is still the known one.

    Raises:
        MemoryConflict: The stored one has changed or was removed.
        ApiError: The API server refused it.
    """
    wanted = config_map(context, memory)
    try:
        if kept.version is None:
            written = await kubernetes.create(CONFIG_MAP, wanted)
        else:
            # The version detects a change and the uid a removal: without the uid, apply would make
            # a removed object anew, with the memory that a user wanted to delete.
            wanted["metadata"]["uid"], wanted["metadata"]["resourceVersion"] = kept.version
            written = await kubernetes.apply(CONFIG_MAP, wanted)
    except ApiError as error:
        if error.status == CONFLICT:
            raise MemoryConflict from error
        raise
    return StoredMemory(memory, _version(written))


def _version(body: Object) -> tuple[str, str]:
    return body["metadata"]["uid"], body["metadata"]["resourceVersion"]
