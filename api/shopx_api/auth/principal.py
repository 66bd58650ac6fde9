"""Callers and their scopes."""

from dataclasses import dataclass, field
from enum import StrEnum

from shopx_api.auth.rate_limits import source_of
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import Forbidden, Unauthenticated
from shopx_core.texts import say


class PrincipalKind(StrEnum):
    """How the caller was authenticated."""

    ANONYMOUS = "anonymous"
    TOKEN = "token"  # noqa: S105 -- a kind, not a secret
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request."""

    kind: PrincipalKind
    name: str
    """For logs and `viewer`; never a secret."""
    scopes: frozenset[Scope]
    sources: frozenset[str] | None = frozenset()
    """The sources that they may write as; `None` = every source."""
    token_id: int | None = None
    email: str | None = None
    groups: tuple[str, ...] = field(default=())

    @property
    def audience(self) -> str:
        """The callers who may share a response: equal texts see the same rows."""
        return "read" if Scope.READ in self.scopes else "none"

    def caller(self, address: str) -> str:
        """Whom queues and quotas count a request for: the token, the user, or the address.

        Args:
            address: Of the client; all of an IPv6 subscriber count as one.
        """
        if self.token_id is not None:
            return f"token {self.token_id}"
        if self.kind is PrincipalKind.PROXY:
            return f"user {self.name}"
        return f"address {source_of(address)}"

    def require(self, scope: Scope) -> None:
        """Require a scope.

        Raises:
            Unauthenticated: The caller is anonymous and lacks the scope.
            Forbidden: The caller is authenticated and lacks the scope.
        """
        if scope in self.scopes:
            return
        if self.kind is PrincipalKind.ANONYMOUS:
            raise Unauthenticated(
                say(
                    "auth.needs-token-scope",
                    "This needs a token with the scope {scope}.",
                    scope=scope,
                ),
                hint=say(
                    "auth.send-token",
                    "Send it as `Authorization: Bearer shx_…`; `shopx token create` makes one.",
                ),
            )
        raise Forbidden(
            say(
                "auth.lacks-scope",
                "{name} lacks the scope {scope}.",
                name=repr(self.name),
                scope=scope,
            ),
            hint=say(
                "auth.make-token-with-scope",
                "Make a token with it: shopx token create NAME --scope {scope}.",
                scope=scope,
            ),
            scope=scope.value,
        )

    def require_source(self, source: str) -> None:
        """Require the right to write as a source.

        Raises:
            Unauthenticated: The caller is anonymous.
            Forbidden: The caller may not write, or not as this source.
        """
        self.require(Scope.INGEST)
        if self.sources is not None and source not in self.sources:
            allowed = ", ".join(map(repr, sorted(self.sources)))
            raise Forbidden(
                say(
                    "auth.may-write-source-but",
                    "{name} may not write as the source {source}, but as {allowed}.",
                    name=repr(self.name),
                    source=repr(source),
                    allowed=allowed,
                ),
                hint=say(
                    "auth.name-own-source-make",
                    "Name its own source, or make a token: shopx token create NAME --scope"
                    " ingest --source {source}",
                    source=source,
                ),
                source=source,
            )

    def require_every_source(self) -> None:
        """Require the right to change what all sources share.

        Raises:
            Unauthenticated: The caller is anonymous.
            Forbidden: The caller may not write, or only as some sources.
        """
        self.require(Scope.INGEST)
        if self.sources is not None:
            raise Forbidden(
                say(
                    "auth.may-write-some-sources",
                    "{name} may write as some sources only, and this concerns all of them.",
                    name=repr(self.name),
                ),
                hint=say(
                    "auth.make-token-every-source",
                    "Make a token for it: shopx token create NAME --scope ingest --every-source.",
                ),
            )


def anonymous(*, may_read: bool) -> Principal:
    """A caller without credentials."""
    scopes = frozenset({Scope.READ}) if may_read else frozenset[Scope]()
    return Principal(PrincipalKind.ANONYMOUS, "anonymous", scopes)
