"""Determines the principal of a request, by the configured mode."""

import unicodedata
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from shopx_api.auth.principal import Principal, PrincipalKind, anonymous
from shopx_api.auth.tokens import TokenStore
from shopx_core.domain.api_tokens import Scope, Token
from shopx_core.errors import Unauthenticated
from shopx_core.settings import AuthSettings

_REFUSED = Unauthenticated(
    "The token is not accepted: unknown, expired or revoked.",
    hint="`shopx token create` makes a new one.",
)


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """A header of an ASGI scope by its lower-case name; `None` if absent.

    Raises:
        Unauthenticated: It is there more than once, so its value is ambiguous.
    """
    found = [value for key, value in headers if key == name]
    if len(found) > 1:
        raise Unauthenticated(f"The header {name.decode()} is there {len(found)} times.")
    return found[0].decode("latin-1").strip() if found else None


class Authenticator:
    """Authenticates callers.

    | mode | bearer token | trusted proxy's header | neither |
    | --- | --- | --- | --- |
    | development | its scopes | ignored | may read |
    | token | its scopes | ignored | nothing, or may read if `public` |
    | proxy | its scopes | may read | nothing, or may read if `public` |

    A token that is not accepted is refused even where none is needed, so that its owner notices.
    """

    def __init__(self, settings: AuthSettings, tokens: TokenStore) -> None:
        self._settings = settings
        self._tokens = tokens
        self._open = settings.public or settings.mode == "development"

    async def principal(self, scope: Mapping[str, Any]) -> Principal:
        """The caller of an ASGI request.

        Raises:
            Unauthenticated: The given credentials are not accepted.
        """
        authorization = header(scope["headers"], b"authorization")
        if authorization is not None:
            return await self._bearer(authorization)
        return self._without_token(scope)

    def known(self, scope: Mapping[str, Any]) -> Principal | None:
        """The same where that takes no look-up; `None` = it would, or the caller is refused."""
        try:
            authorization = header(scope["headers"], b"authorization")
            if authorization is None:
                return self._without_token(scope)
            token = self._tokens.remembered(_secret(authorization))
        except Unauthenticated:
            return None
        return _of(token) if token is not None else None

    async def _bearer(self, authorization: str) -> Principal:
        token = await self._tokens.find(_secret(authorization))
        if token is None:
            raise _REFUSED
        return _of(token)

    def _without_token(self, scope: Mapping[str, Any]) -> Principal:
        if self._settings.mode == "proxy" and self._is_trusted(scope):
            user = header(scope["headers"], self._settings.user_header.lower().encode())
            if user:
                return self._user(scope["headers"], user)
        return anonymous(may_read=self._open)

    def _is_trusted(self, scope: Mapping[str, Any]) -> bool:
        client = scope.get("client")
        if not client:
            return False
        try:
            address = ip_address(client[0])
        except ValueError:
            return False
        # A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self._settings.trusted_proxies)

    def _user(self, headers: Iterable[tuple[bytes, bytes]], user: str) -> Principal:
        email = header(headers, self._settings.email_header.lower().encode())
        groups = header(headers, self._settings.groups_header.lower().encode()) or ""
        return Principal(
            PrincipalKind.PROXY,
            _printable(user)[:200],
            frozenset({Scope.READ}),
            email=_printable(email)[:200] if email else None,
            groups=tuple(_printable(group.strip()) for group in groups.split(",") if group.strip()),
        )


def _secret(authorization: str) -> str:
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated(
            f"The authorization scheme {_printable(scheme)[:20]!r} is not supported.",
            hint="Send `Authorization: Bearer shx_…`.",
        )
    return secret.strip()


def _of(token: Token) -> Principal:
    return Principal(PrincipalKind.TOKEN, token.name, token.scopes, token_id=token.id)


def _printable(text: str) -> str:
    """The text without control characters, which could forge log lines."""
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")
