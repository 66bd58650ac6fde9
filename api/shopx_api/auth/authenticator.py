"""Determines the principal of a request, by the configured mode."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from shopx_api.auth.principal import Principal, PrincipalKind, anonymous
from shopx_api.auth.tokens import TokenStore
from shopx_core.domain.api_tokens import Scope, Token
from shopx_core.errors import Unauthenticated
from shopx_core.logging import TOKEN_PREFIX
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
    Credentials of another scheme are a proxy's: they are ignored where the caller would be let in
    without, and where a trusted proxy names the user.

    Args:
        settings: The mode.
        tokens: Finds tokens.
    """

    def __init__(self, settings: AuthSettings, tokens: TokenStore) -> None:
        self._settings = settings
        self._tokens = tokens
        is_development = settings.mode == "development" and not settings.production
        self._open = settings.public or is_development
        self._anonymous = anonymous(may_read=self._open)
        self._user_header = settings.user_header.lower().encode()
        self._email_header = settings.email_header.lower().encode()
        self._groups_header = settings.groups_header.lower().encode()

    async def principal(self, scope: Mapping[str, Any]) -> Principal:
        """The caller of an ASGI request.

        Raises:
            Unauthenticated: The given credentials are not accepted.
        """
        named = self._named(scope)
        if isinstance(named, Principal):
            return named
        client = scope.get("client")
        token = await self._tokens.find(named, client[0] if client else "")
        if token is None:
            raise _REFUSED
        return _of(token)

    def known(self, scope: Mapping[str, Any]) -> Principal | None:
        """The same where that takes no look-up.

        `None` = `principal` decides: a token that has to be looked up, or a refusal.
        """
        try:
            named = self._named(scope)
        except Unauthenticated:
            return None
        if isinstance(named, Principal):
            return named
        token = self._tokens.remembered(named)
        return _of(token) if token is not None else None

    def _named(self, scope: Mapping[str, Any]) -> Principal | str:
        """The caller, or the secret of the token that names the caller.

        Raises:
            Unauthenticated: The given credentials are not accepted.
        """
        authorization = header(scope["headers"], b"authorization")
        if authorization is None:
            return self._user_of_proxy(scope) or self._anonymous
        scheme, _, secret = authorization.partition(" ")
        is_bearer = scheme.lower() == "bearer"
        if not (is_bearer and secret.strip().startswith(TOKEN_PREFIX)):
            user = self._user_of_proxy(scope)
            if user is not None:
                return user
        if not is_bearer:
            if self._open and not authorization.startswith(TOKEN_PREFIX):
                return self._anonymous
            raise Unauthenticated(
                f"The authorization scheme {_printable(scheme)[:20]!r} is not supported.",
                hint="Send `Authorization: Bearer shx_…`.",
            )
        return secret.strip()

    def _user_of_proxy(self, scope: Mapping[str, Any]) -> Principal | None:
        """The user that a trusted proxy names; `None` without one.

        `shopx_api.server.forwarded` has removed what others say.
        """
        if self._settings.mode != "proxy":
            return None
        user = header(scope["headers"], self._user_header)
        return self._user(scope["headers"], user) if user else None

    def _user(self, headers: Iterable[tuple[bytes, bytes]], user: str) -> Principal:
        email = header(headers, self._email_header)
        groups = header(headers, self._groups_header) or ""
        return Principal(
            PrincipalKind.PROXY,
            _printable(user)[:200],
            frozenset({Scope.READ}),
            email=_printable(email)[:200] if email else None,
            groups=tuple(_printable(group.strip()) for group in groups.split(",") if group.strip()),
        )


def _of(token: Token) -> Principal:
    return Principal(PrincipalKind.TOKEN, token.name, token.scopes, token.sources, token.id)


def _printable(text: str) -> str:
    """The text without control characters, which could forge log lines."""
    # A character of the category C is never printable.
    if text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")
