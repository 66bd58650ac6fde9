"""What scaling remembers, in a ConfigMap: an operator that is restarted goes on where it was.

Each write says which version it follows, so an operator that was replaced without noticing, and
wakes up again, is refused before it does anything.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from shopx_core import logging
from shopx_core.scaling import Memory, summary
from shopx_operator.manifests import names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.kinds import CONFIG_MAP
from shopx_operator.runtime.client import CONFLICT, Kubernetes, Refused

PART: Final = "scaling"
MEMORY_KEY: Final = "memory"
TIMELINE_KEY: Final = "timeline"

_log = logging.get(__name__)


class Overtaken(Exception):  # noqa: N818 -- reads as what happened
    """Somebody else wrote it in the meantime."""


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory as it was read or written."""

    memory: Memory
    known: tuple[str, str] | None
    """The ConfigMap's uid and version; `None` = there is none yet."""


def config_map(context: Context, memory: Memory) -> Object:
    """The ConfigMap of a memory, with its timeline in words for people."""
    made = context.object("v1", "ConfigMap", PART, PART, labels={names.LABEL_MEMORY: "true"})
    made["binaryData"] = {MEMORY_KEY: base64.b64encode(memory.to_bytes()).decode()}
    made["data"] = {
        TIMELINE_KEY: "".join(f"{summary(record.decision)}\n" for record in memory.records)
    }
    return made


def memory_of(body: Object) -> Memory:
    """What a ConfigMap remembers; nothing, when it cannot be read."""
    try:
        return Memory.from_bytes(base64.b64decode(body.get("binaryData", {})[MEMORY_KEY]))
    except (KeyError, ValueError, binascii.Error) as error:
        # Another release's, or damaged by hand: scaling begins anew, carefully.
        _log.warning("memory_unreadable", reason=str(error))
        return Memory()


async def load(kubernetes: Kubernetes, context: Context) -> StoredMemory:
    """Read a dashboard's memory."""
    body = await kubernetes.get(CONFIG_MAP, context.namespace, context.child(PART))
    if body is None:
        return StoredMemory(Memory(), None)
    return StoredMemory(memory_of(body), _known(body))


async def save(
    kubernetes: Kubernetes, context: Context, memory: Memory, kept: StoredMemory
) -> StoredMemory:
    """Write a dashboard's memory after the one that is known.

    Raises:
        Overtaken: Another one is there.
        Refused: The API server does not take it.
    """
    wanted = config_map(context, memory)
    try:
        if kept.known is None:
            written = await kubernetes.create(CONFIG_MAP, wanted)
        else:
            # The version tells a change, and the uid a removal: without it the object would be
            # made anew, with what somebody wanted to be forgotten.
            wanted["metadata"]["uid"], wanted["metadata"]["resourceVersion"] = kept.known
            written = await kubernetes.apply(CONFIG_MAP, wanted)
    except Refused as refused:
        if refused.status == CONFLICT:
            raise Overtaken from refused
        raise
    return StoredMemory(memory, _known(written))


def _known(body: Object) -> tuple[str, str]:
    return body["metadata"]["uid"], body["metadata"]["resourceVersion"]
