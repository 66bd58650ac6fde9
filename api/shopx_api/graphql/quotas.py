"""What one caller may have computed: an allowance of cost, by token, user or address.

Only what is computed counts: cached answers are as good as free. Each compute process counts for
itself, so a caller of several units has the allowance of each.
"""

import math
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from shopx_api.auth.principal import Principal
from shopx_api.auth.rate_limits import Allowance, RateLimits
from shopx_core.errors import RateLimited
from shopx_core.settings import ApiSettings

Header = tuple[bytes, bytes]


class Quotas:
    """Counts what callers have computed.

    Args:
        settings: The allowance; without `quota` there is none.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._networks = settings.quota_exempt
        self._window = settings.quota_window
        self._quota = settings.quota
        allowance = Allowance(rate=(self._quota or 1) / self._window, burst=self._quota or 1)
        self._limits = RateLimits(allowance)

    def take(
        self, principal: Principal, client: Sequence[Any] | None, cost: float, now: float
    ) -> None:
        """Take the cost of an operation from its caller's allowance.

        Args:
            principal: The caller.
            client: Its address and port.
            cost: Of the operation.
            now: Monotonic seconds.

        Raises:
            RateLimited: The allowance does not have as much.
        """
        address = str(client[0]) if client else ""
        if self._quota is None or self._is_exempt(address):
            return
        key = principal.caller(address)
        wait = self._limits.take(key, now, max(cost, 1.0))
        if wait:
            seconds = max(1, math.ceil(wait))
            raise RateLimited(
                f"This caller has had a cost of {self._quota} computed within {self._window:g} s.",
                hint=f"Send it again in {seconds} s; cached answers are not counted.",
                seconds=seconds,
                limit=self._quota,
                window=self._window,
                remaining=math.floor(self._limits.left(key, now)),
            )

    def _is_exempt(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in self._networks)


def rate_limit_headers(error: RateLimited) -> list[Header]:
    """The headers of a refusal, by draft-ietf-httpapi-ratelimit-headers."""
    seconds = error.details["seconds"]
    made = [(b"retry-after", b"%d" % seconds)]
    if "limit" in error.details:
        limit, window = error.details["limit"], math.ceil(error.details["window"])
        remaining = error.details["remaining"]
        made.append((b"ratelimit-policy", b'"cost";q=%d;w=%d' % (limit, window)))
        made.append((b"ratelimit", b'"cost";r=%d;t=%d' % (remaining, seconds)))
    return made
