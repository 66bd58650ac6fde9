"""Who shares cached responses, and who may send a long body."""

from typing import Any, cast

import pytest

from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.principal import Principal, PrincipalKind, anonymous
from shopx_api.server.callers import FrontCallers
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import ShopxError, Unauthenticated, Unavailable
from shopx_core.settings import Settings


class Known:
    """An authenticator that finds one principal, or refuses."""

    def __init__(self, found: Principal | ShopxError) -> None:
        self._found = found

    def known(self, _scope: Any) -> Principal | None:
        """See `Authenticator.known`."""
        return self._found if isinstance(self._found, Principal) else None

    async def principal(self, _scope: Any) -> Principal:
        """See `Authenticator.principal`."""
        if isinstance(self._found, ShopxError):
            raise self._found
        return self._found


def callers(found: Principal | ShopxError) -> FrontCallers:
    settings = Settings.from_env({"SHOPX_DATABASE_DSN": "postgresql://db.invalid/shopx"})
    return FrontCallers(settings, cast("Authenticator", Known(found)))


def token(*scopes: Scope) -> Principal:
    return Principal(PrincipalKind.TOKEN, "t", frozenset(scopes))


@pytest.mark.parametrize(
    ("found", "shares", "status"),
    [
        (token(Scope.READ), True, 413),
        (token(Scope.INGEST), False, None),
        (token(Scope.READ, Scope.INGEST), True, None),
        (anonymous(may_read=True), True, 413),
        (anonymous(may_read=False), False, 413),
        (Unauthenticated("The token is not accepted."), False, 401),
        (Unavailable("The database is unreachable."), False, 503),
    ],
    ids=["reader", "writer", "both", "open", "stranger", "refused", "unknown"],
)
async def test_who_shares_responses_and_who_sends_long_bodies(
    found: Principal | ShopxError, *, shares: bool, status: int | None
) -> None:
    """Without a look-up the same is known; the refusal says how to authenticate, or to return."""
    asked = callers(found)
    audience = await asked.audience({})
    assert (audience is not None) == shares
    assert asked.known({}) == audience
    objection = await asked.objection({})
    assert (None if objection is None else objection.status) == status
    names = {name for name, _ in objection.headers} if objection is not None else set()
    assert (b"www-authenticate" in names) == (status == 401)
    assert (b"retry-after" in names) == (status == 503)
