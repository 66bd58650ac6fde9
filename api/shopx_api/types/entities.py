"""Entities by their global ids.

Each feature registers how its entities are loaded, so that a feature can load an entity of another
one without importing it, and so that `node(id)` needs no list of them.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shopx_api.data.context import Context
from shopx_api.types.node import Node, parse_id
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.texts import say

N = TypeVar("N", bound=Node)
Load = Callable[[Context, int], Awaitable[Node | None]]

_loads: dict[str, Load] = {}


def register_entity(type_name: str, load: Load) -> None:
    """Make a type loadable by its id.

    Args:
        type_name: The type within global ids.
        load: Loads the entity of a row id; `None` where there is none.
    """
    _loads[type_name] = load


async def load_entity(context: Context, type_name: str, row_id: int | None) -> Node | None:
    """Load an entity of a registered type; `None` where there is none."""
    return None if row_id is None else await _loads[type_name](context, row_id)


async def load_node(context: Context, global_id: str) -> Node | None:
    """Load any entity; `None` where there is none.

    Raises:
        InvalidInput: It is not an id, or its type cannot be looked up.
    """
    type_name, row_id = parse_id(global_id)
    if type_name not in _loads:
        raise InvalidInput(
            say(
                "request.cannot-looked-up-id",
                "A {type_name} cannot be looked up by its id.",
                type_name=type_name,
            )
        )
    return await _loads[type_name](context, row_id)


def existing(entity: N | None, global_id: str) -> N:
    """Return the entity.

    Raises:
        NotFound: It is `None`.
    """
    if entity is None:
        type_name, _ = parse_id(global_id)
        raise NotFound(
            say(
                "request.none-of-id",
                "There is no {type_name} {global_id}.",
                type_name=type_name,
                global_id=repr(global_id),
            ),
            id=global_id,
        )
    return entity
