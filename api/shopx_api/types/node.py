"""Global object identification: one opaque id for every entity, as Relay specifies.

An id is base64url of `Type:number`. The type makes the id of a product used for a customer an error
instead of another row.
"""

import base64
import binascii
from collections.abc import Iterable

import strawberry

from shopx_core.errors import InvalidInput
from shopx_core.texts import say

MAX_ID = 2**63 - 1


@strawberry.interface(description="An object with a global id.")
class Node:
    """Relay's Node; the id is a plain attribute, because a resolver would cost more."""

    id: strawberry.ID = strawberry.field(
        description="Opaque global id, the same on every page and for every reader."
    )


def global_id(type_name: str, number: int) -> strawberry.ID:
    """Make the global id of a row; number 0 = none ("no sales rep")."""
    raw = f"{type_name}:{number}".encode()
    return strawberry.ID(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def parse_id(value: str) -> tuple[str, int]:
    """Split a global id into its type's name and its number.

    Raises:
        InvalidInput: It is not a global id.
    """
    try:
        # Checks that b64decode leaves out: every id has exactly one spelling.
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        type_name, _, number = raw.decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        type_name, number = "", ""
    if (
        not (type_name.isidentifier() and number.isdecimal() and number.isascii())
        or int(number[:20]) > MAX_ID
        or global_id(type_name, int(number)) != value
    ):
        raise InvalidInput(
            say("request.no-id", "{value} is not an id.", value=repr(value[:60])),
            hint=say(
                "request.pass-ids-unchanged-api", "Pass ids unchanged, as this API returned them."
            ),
        )
    return type_name, int(number)


def row_id(value: str, type_name: str) -> int:
    """The number of a global id that must be of one type.

    Raises:
        InvalidInput: It is not an id, or of another type.
    """
    found, number = parse_id(value)
    if found != type_name:
        raise InvalidInput(
            say(
                "request.id-of-other",
                "{value} is the id of a {found}, not of a {type_name}.",
                value=repr(value),
                found=found,
                type_name=type_name,
            )
        )
    return number


def row_ids(values: Iterable[str] | None, type_name: str) -> tuple[int, ...]:
    """The numbers of global ids of one type, sorted and without repeats.

    Raises:
        InvalidInput: One of them is not an id, or of another type.
    """
    return tuple(sorted({row_id(value, type_name) for value in values or ()}))
