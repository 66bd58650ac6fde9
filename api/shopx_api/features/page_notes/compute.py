"""Who may keep what about the pages, and what can be kept: pure."""

import datetime as dt
from typing import Final

from shopx_api.auth.principal import Principal, PrincipalKind
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import Forbidden, InvalidInput, Unauthenticated
from shopx_core.texts import say

MAX_NAME: Final = 100
MAX_PATH: Final = 4000
MAX_TEXT: Final = 300


def owner_of(principal: Principal) -> str | None:
    """Whose views a caller's are: of a token or of a proxy's user; `None` for anonymous callers."""
    if principal.kind is PrincipalKind.ANONYMOUS:
        return None
    if principal.token_id is not None:
        return f"token {principal.token_id}"
    return f"user {principal.name}"


def required_owner(principal: Principal) -> str:
    """The same for writes.

    Raises:
        Unauthenticated: The caller is anonymous, and could not find or remove it again.
        Forbidden: The caller may not read.
    """
    owner = owner_of(principal)
    if owner is None:
        raise Unauthenticated(
            say(
                "notes.views-annotations-need-caller",
                "Views and annotations need a caller with a name.",
            ),
            hint=say(
                "notes.send-token-shopx-token", "Send a token: `shopx token create NAME` makes one."
            ),
        )
    principal.require(Scope.READ)
    return owner


def require_writing_for_all(principal: Principal) -> str:
    """The owner of what every reader sees: a proxy's user, or a token with the scope INGEST.

    A token that only reads may be on a screen in a corridor.

    Raises:
        Unauthenticated: The caller is anonymous.
        Forbidden: The token only reads.
    """
    owner = required_owner(principal)
    if principal.kind is PrincipalKind.TOKEN:
        principal.require(Scope.INGEST)
    return owner


def check_removal(principal: Principal, owner: str, what: str) -> None:
    """Allow owners and admins to remove something.

    Raises:
        Forbidden: It is another's.
    """
    if owner_of(principal) != owner and Scope.ADMIN not in principal.scopes:
        raise Forbidden(
            say("notes.of-another", "This {what} is another's.", what=what),
            hint=say(
                "notes.owner-admin-can-remove",
                "Its owner, or an admin, can remove the {what}.",
                what=what,
            ),
        )


def clean_text(text: str, name: str, limit: int) -> str:
    """A text without spaces at its ends.

    Raises:
        InvalidInput: Nothing is left, it is too long, or it has control characters.
    """
    cleaned = text.strip()
    if not cleaned:
        raise InvalidInput(say("notes.empty", "`{name}` is empty.", name=name))
    if len(cleaned) > limit:
        raise InvalidInput(
            say(
                "notes.longer-characters",
                "`{name}` is longer than {limit} characters.",
                name=name,
                limit=limit,
            )
        )
    if not cleaned.isprintable():
        raise InvalidInput(
            say(
                "notes.control-characters-line-breaks",
                "`{name}` has control characters or line breaks.",
                name=name,
            )
        )
    return cleaned


def checked_path(path: str) -> str:
    """A path within the dashboard.

    Raises:
        InvalidInput: It could lead elsewhere.
    """
    cleaned = clean_text(path, "path", MAX_PATH)
    # Browsers read "//host" and "/\\host" as another host.
    if not cleaned.startswith("/") or cleaned[1:2] in {"/", "\\"}:
        raise InvalidInput(
            say("notes.path-page-dashboard", "`path` is not a page of the dashboard."),
            hint=say("notes.pass-path-such-products", "Pass a path such as /products?range=7d."),
        )
    return cleaned


def check_days(first: dt.date, last: dt.date) -> None:
    """Refuse days that are no range.

    Raises:
        InvalidInput: The last day lies before the first.
    """
    if last < first:
        raise InvalidInput(
            say(
                "notes.last-day-lies-before",
                "The last day, {last}, lies before the first, {first}.",
                last=last,
                first=first,
            )
        )
