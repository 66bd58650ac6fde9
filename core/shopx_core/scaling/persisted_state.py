"""What the deciding process stores, and its form: compressed JSON."""

import json
import zlib
from dataclasses import dataclass, field
from typing import Final

from shopx_core.scaling.codec import decoded, encoded
from shopx_core.scaling.decision import DecisionRecord
from shopx_core.scaling.state import ScalingState

MAX_RECORDS: Final = 50
"""Records that are kept; the oldest are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistedState:
    """The state and the last records, which a restarted process continues from."""

    state: ScalingState = field(default_factory=ScalingState)
    records: tuple[DecisionRecord, ...] = ()
    """The last notable decisions, the newest last."""

    def to_bytes(self) -> bytes:
        """Compressed JSON, small enough for a ConfigMap."""
        text = json.dumps(encoded(self), separators=(",", ":"), allow_nan=False)
        return zlib.compress(text.encode(), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "PersistedState":
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: The data is damaged, or another release wrote it.
        """
        try:
            return decoded(cls, json.loads(zlib.decompress(data)))
        except (zlib.error, UnicodeDecodeError) as error:
            raise ValueError(f"the stored scaling state is damaged: {error}") from error
