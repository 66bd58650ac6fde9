"""Many items in requests that the API takes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from shopx_client.values import Input

I = TypeVar("I", bound=Input)  # noqa: E741, an item

MOST_BYTES: Final = 3 * 1024 * 1024
"""Of the items of a request: the API takes bodies of 4 MiB with a token that may ingest."""


def _size(item: Input) -> int:
    return len(item.model_dump_json(by_alias=True, exclude_none=True).encode()) + 1


def batches(
    items: Iterable[I], most: int, *, size: Callable[[Any], int] = _size
) -> Iterator[list[I]]:
    """Cut items into lists that fit, in order; an item that is too large is alone in its list.

    Args:
        items: Read as they are needed.
        most: How many the API takes at once.
        size: Bytes of an item.
    """
    batch: list[I] = []
    room = MOST_BYTES
    for item in items:
        needed = size(item)
        if batch and (len(batch) == most or needed > room):
            yield batch
            batch, room = [], MOST_BYTES
        batch.append(item)
        room -= needed
    if batch:
        yield batch
