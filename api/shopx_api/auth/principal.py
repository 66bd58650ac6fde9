"""Callers and their scopes."""

from dataclasses import dataclass, field
from enum import StrEnum

from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import Forbidden, Unauthenticated


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
    token_id: int | None = None
    email: str | None = None
    groups: tuple[str, ...] = field(default=())

    @property
    def audience(self) -> str:
        """The callers who may share a response: equal texts see the same rows."""
        return "read" if Scope.READ in self.scopes else "none"

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
                f"This needs a token with the scope {scope}.",
                hint="Send it as `Authorization: Bearer shx_…`; `shopx token create` makes one.",
            )
        raise Forbidden(
            f"{self.name!r} lacks the scope {scope}.",
            hint=f"Make a token with it: shopx token create NAME --scope {scope}.",
            scope=scope.value,
        )


def anonymous(*, may_read: bool) -> Principal:
    """A caller without credentials."""
    scopes = frozenset({Scope.READ}) if may_read else frozenset[Scope]()
    return Principal(PrincipalKind.ANONYMOUS, "anonymous", scopes)
