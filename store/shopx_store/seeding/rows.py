"""Chunks of demand as rows of the ledger's tables, in COPY's binary format."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shopx_store.seeding import copy_binary
from shopx_store.seeding.demand import Chunk

Ints = NDArray[np.int64]
Uints = NDArray[np.uint64]

ORDERS = (
    "copy orders (id, ordered_at, source_id, key, document, customer_id, rep_id, region_id,"
    " channel_id, currency) from stdin (format binary)"
)
ORDER_KEYS = "copy order_keys (source_id, key, order_id, ordered_at) from stdin (format binary)"
ORDER_ITEMS = (
    "copy order_items (id, booked_at, kind, is_return, order_id, line_no, reverses, identity,"
    " source_id, product_id, customer_id, rep_id, region_id, channel_id, currency, quantity, gross,"
    " discount, cost) from stdin (format binary)"
)


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of the reference rows, by the indices that demand uses."""

    source: int
    customers_from: int
    """Customer 0's; the others follow."""
    products: Ints
    reps: Ints
    regions: Ints
    channels: Ints
    currencies: NDArray[np.bytes_]

    @classmethod
    def of(
        cls,
        *,
        source: int,
        customers_from: int,
        products: Sequence[int],
        reps: Sequence[int],
        regions: Sequence[int],
        channels: Sequence[int],
        currencies: Sequence[str],
    ) -> Self:
        """From plain sequences."""
        return cls(
            source=source,
            customers_from=customers_from,
            products=np.array(products, dtype=np.int64),
            reps=np.array(reps, dtype=np.int64),
            regions=np.array(regions, dtype=np.int64),
            channels=np.array(channels, dtype=np.int64),
            currencies=np.array([code.encode() for code in currencies], dtype="S3"),
        )


def encode(
    chunk: Chunk,
    ids: Ids,
    seed: int,
    order_ids: Sequence[int],
    sale_ids: Sequence[int],
    return_ids: Sequence[int],
) -> Iterator[tuple[str, list[bytes]]]:
    """The COPY statements of a chunk, each with its bytes in pieces.

    Args:
        chunk: The orders.
        ids: Of what they refer to.
        seed: Goes into the lines' identities.
        order_ids: One for each order.
        sale_ids: One for each line.
        return_ids: One for each line that came back.
    """
    order = np.array(order_ids, dtype=np.int64)
    sale = np.array(sale_ids, dtype=np.int64)
    keys = _keys(chunk.first, len(order))
    known = chunk.customer >= 0
    every = np.arange(len(order))
    yield ORDERS, _framed(_orders(chunk, ids, order, keys, part) for part in _parts(every, known))
    key_fields = [
        copy_binary.int8(ids.source),
        copy_binary.texts(keys),
        copy_binary.int8(order),
        copy_binary.timestamps(chunk.ordered_at),
    ]
    yield ORDER_KEYS, _framed([copy_binary.rows(key_fields, len(order))])
    lines = np.arange(len(sale))
    back = np.flatnonzero(chunk.returned_at > 0)
    own = np.zeros(len(sale), dtype=np.int64)
    own[back] = np.array(return_ids, dtype=np.int64)
    anonymous = known[chunk.order]
    sales = [_lines(chunk, ids, seed, order, sale, None, p) for p in _parts(lines, anonymous)]
    returns = [_lines(chunk, ids, seed, order, sale, own, p) for p in _parts(back, anonymous[back])]
    yield ORDER_ITEMS, _framed([*sales, *returns])


def _framed(blocks: Iterable[bytes]) -> list[bytes]:
    return [copy_binary.SIGNATURE, *blocks, copy_binary.TRAILER]


def _parts(index: Ints, known: NDArray[np.bool_]) -> Iterator[tuple[Ints, bool]]:
    """Rows with a customer and rows without one: each kind has a layout of its own."""
    for has_customer in (True, False):
        part = index[known == has_customer]
        if len(part):
            yield part, has_customer


def _keys(first: int, count: int) -> NDArray[np.bytes_]:
    """Order keys of one width: S and ten digits."""
    numbers = np.arange(first + 1, first + count + 1, dtype=np.int64)
    digits = np.empty((count, 11), dtype=np.uint8)
    digits[:, 0] = ord("S")
    for place in range(10, 0, -1):
        numbers, digit = np.divmod(numbers, 10)
        digits[:, place] = digit + ord("0")
    return np.ascontiguousarray(digits).view("S11").reshape(count)


def _customer(chunk: Chunk, ids: Ids, orders: Ints, *, known: bool) -> copy_binary.Field:
    return (
        copy_binary.int8(chunk.customer[orders] + ids.customers_from)
        if known
        else copy_binary.null()
    )


def _dimensions(chunk: Chunk, ids: Ids, orders: Ints, *, known: bool) -> list[copy_binary.Field]:
    return [
        _customer(chunk, ids, orders, known=known),
        copy_binary.int8(ids.reps[chunk.rep[orders]]),
        copy_binary.int8(ids.regions[chunk.region[orders]]),
        copy_binary.int8(ids.channels[chunk.channel[orders]]),
        copy_binary.texts(ids.currencies[chunk.currency[orders]]),
    ]


def _orders(
    chunk: Chunk, ids: Ids, order: Ints, keys: NDArray[np.bytes_], part: tuple[Ints, bool]
) -> bytes:
    index, known = part
    fields = [
        copy_binary.int8(order[index]),
        copy_binary.timestamps(chunk.ordered_at[index]),
        copy_binary.int8(ids.source),
        copy_binary.texts(keys[index]),
        copy_binary.label("sale"),
        *_dimensions(chunk, ids, index, known=known),
    ]
    return copy_binary.rows(fields, len(index))


def _lines(
    chunk: Chunk,
    ids: Ids,
    seed: int,
    order: Ints,
    sale: Ints,
    returns: Ints | None,
    part: tuple[Ints, bool],
) -> bytes:
    """Sale lines, or with `returns` (their ids by line) the lines that take them back."""
    index, known = part
    orders = chunk.order[index]
    sign = 1 if returns is None else -1
    at = chunk.ordered_at[orders] if returns is None else chunk.returned_at[index]
    number = (chunk.first + orders) * 64 + chunk.line_no[index]
    fields = [
        copy_binary.int8(sale[index] if returns is None else returns[index]),
        copy_binary.timestamps(at),
        copy_binary.label("sale" if returns is None else "return"),
        copy_binary.truth(returns is not None),
        copy_binary.int8(order[orders]),
        # A return's number follows those of the sales.
        copy_binary.int4(chunk.line_no[index] + (0 if returns is None else 32)),
        copy_binary.null() if returns is None else copy_binary.int8(sale[index]),
        copy_binary.uuids(*_identity(seed, ids.source, number, back=returns is not None)),
        copy_binary.int8(ids.source),
        copy_binary.int8(ids.products[chunk.product[index]]),
        *_dimensions(chunk, ids, orders, known=known),
        copy_binary.whole(sign * chunk.quantity[index]),
        copy_binary.cents(sign * chunk.gross[index]),
        copy_binary.cents(sign * chunk.discount[index]),
        copy_binary.cents(sign * chunk.cost[index]),
    ]
    return copy_binary.rows(fields, len(index))


def _identity(seed: int, source: int, number: Ints, *, back: bool) -> tuple[Uints, Uints]:
    """A line's identity: its number, mixed so that identities are spread, and its seeding."""
    high = np.full(len(number), (seed * 2 + int(back)) % 2**64, dtype=np.uint64)
    high ^= np.uint64(source << 48 & 2**64 - 1)
    return _mix(high), _mix(number.astype(np.uint64))


def _mix(values: Uints) -> Uints:
    """SplitMix64's finaliser, a bijection (Steele, Lea, Flood: "Fast splittable PRNGs", 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ (values >> np.uint64(31)), dtype=np.uint64)
