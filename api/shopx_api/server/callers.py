"""Who asks: the authenticator's principals, as the response cache must know them."""

from shopx_api.asgi import CALLER, Scope
from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.principal import Principal
from shopx_api.auth.rate_limits import source_of
from shopx_api.compute.call import Response, failure
from shopx_api.graphql.errors import expected
from shopx_api.response_cache.callers import MAX_STRANGERS_BODY
from shopx_core.caching.keys import Audience
from shopx_core.domain.api_tokens import Scope as AccessScope
from shopx_core.errors import InvalidInput, RateLimited, Unauthenticated
from shopx_core.settings import Settings


class FrontCallers:
    """Implements `response_cache.callers.Callers`.

    Args:
        settings: The unit's settings.
        authenticator: Finds principals.
    """

    def __init__(self, settings: Settings, authenticator: Authenticator) -> None:
        self._reporting = settings.reporting
        self._authenticator = authenticator
        self._audiences: dict[str, Audience] = {}

    def known(self, scope: Scope) -> Audience | None:
        """See `Callers.known`."""
        principal = self._authenticator.known(scope)
        if principal is None:
            return None
        scope[CALLER] = principal.caller(_address(scope))
        return self._audience(principal)

    async def audience(self, scope: Scope) -> Audience | None:
        """See `Callers.audience`."""
        scope[CALLER] = source_of(_address(scope))
        try:
            principal = await self._authenticator.principal(scope)
        except Exception as error:
            if expected(error) is None:
                raise
            return None  # the endpoint reports why
        scope[CALLER] = principal.caller(_address(scope))
        return self._audience(principal)

    async def objection(self, scope: Scope) -> Response | None:
        """See `Callers.objection`: only batches are long, and those who may send them are known."""
        try:
            principal = await self._authenticator.principal(scope)
        except Exception as error:
            known = expected(error)
            if known is None:
                raise
            if isinstance(known, RateLimited):
                return failure(known, 429)
            return failure(known, 401 if isinstance(known, Unauthenticated) else 503)
        if AccessScope.INGEST in principal.scopes:
            return None
        too_long = InvalidInput(
            f"The body is larger than {MAX_STRANGERS_BODY} bytes.",
            hint="Only batches of a token with the scope ingest may be larger.",
        )
        return failure(too_long, 413)

    def _audience(self, principal: Principal) -> Audience | None:
        if AccessScope.READ not in principal.scopes:
            return None
        name = principal.audience
        known = self._audiences.get(name)
        if known is None:
            reporting = self._reporting
            known = self._audiences[name] = Audience(
                permissions=name, zone=reporting.timezone, currency=reporting.currency
            )
        return known


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
