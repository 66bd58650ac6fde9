"""Follows the changes of a shop's PostgreSQL database: an attempt reads the orders that changed.

The slot says which rows changed, and what is booked is read from the tables:

1. peek at the changes, which stay in the slot, and collect the keys of the orders concerned;
2. read these orders by the mapping, in one snapshot in which those changes are visible;
3. book them as complete orders; what is gone is taken back;
4. note how far the log is booked, and only then let the slot give it up.

Whatever is killed in between, the next attempt does the same again, which books nothing twice.
Where changes do not say which orders they concern, all of the tables are read, as the first time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import sql

from shopx_core.domain.feeds import followed_publication
from shopx_core.errors import ShopxError
from shopx_core.logging import get
from shopx_core.settings import ImportSettings
from shopx_core.texts import loads, say
from shopx_store.feeds import slots
from shopx_store.feeds.queue import Feed
from shopx_store.feeds.slots import FeedSlot
from shopx_store.importing import ledger_fields
from shopx_store.importing.changes import demands, shop_database
from shopx_store.importing.changes.demands import Database
from shopx_store.importing.changes.shop_database import MOST_CHANGES, SlotGoneError
from shopx_store.importing.changes.tracing import (
    FAMILIES,
    Concerned,
    Role,
    Tables,
    Tracer,
    expect_followable,
    order_columns,
    roles,
)
from shopx_store.importing.expressions import Columns
from shopx_store.importing.extent import Extent
from shopx_store.importing.feed_sources import database_address
from shopx_store.importing.functions import ValueType
from shopx_store.importing.inputs import Only, PostgresInput
from shopx_store.importing.ledger_fields import LedgerField
from shopx_store.importing.mapping import Mapping, Mode
from shopx_store.importing.publish_checks import DEFAULT_LIMIT, NO_LIMIT, MissingLimit
from shopx_store.importing.readers.sqlite import table_vector

MOST_ORDERS: Final = 100_000
"""Where more rows are concerned, reading all is quicker."""
_log = get(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an attempt is to read.

    Attributes:
        source: The address of the database, for the pipeline.
        mapping: How it is read; `None` = nothing that concerns it has changed.
        mode: A snapshot of all, or the orders that changed.
        orders: The keys of these; `None` = all.
        snapshot: The one to read.
        limit: How many lines may be taken back.
        finish: To be called after it was booked.
        is_more: Whether further changes wait.
    """

    source: str
    mapping: Mapping | None
    finish: Callable[[], None]
    mode: Mode = Mode.SNAPSHOT
    orders: frozenset[str] | None = None
    snapshot: str | None = None
    limit: MissingLimit = DEFAULT_LIMIT
    extent: Extent = field(default_factory=Extent)
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class _Shop:
    """What is known of the shop's database."""

    dsn: str
    database: Database
    tables: Tables
    roles: list[Role]

    @property
    def origin(self) -> str:
        """Differs where what is followed is another server, publication or table."""
        ids = (str(one.id) for one in self.database.tables.values() if one is not None)
        made = self.database.publication.made if self.database.publication else ""
        about = (self.database.system, self.database.timeline, made.replace(" ", "."))
        return " ".join((*about, ".".join(ids)))


@contextmanager
def following(
    connection: psycopg.Connection, feed: Feed, mapping: Mapping, settings: ImportSettings
) -> Iterator[Reading]:
    """What of a feed's database is to be read, for as long as that takes.

    Args:
        connection: The ledger's, in autocommit mode.
        feed: Follows changes.
        mapping: The feed's.
        settings: Where credentials are, and which networks may be reached.

    Raises:
        ShopxError: The changes cannot be followed; the message says what the database lacks.
    """
    expect_followable(mapping)
    slot = slots.of_feed(connection, feed.id)
    dsn = database_address(feed.address, feed.credential, settings)
    publication = followed_publication(feed.address) or ""
    with shop_database.connected(dsn) as session:
        shop = _described(session, mapping, dsn, publication)
        is_begun = slot.read_to is not None
        why = _reason(session, slot, shop) if is_begun else slot.why and loads(slot.why)
        if is_begun and why is None:
            until = shop_database.log_end(session)
            tracer = Tracer(mapping, shop.roles)
            try:
                for message in shop_database.peek(session, slot.name, publication, until):
                    tracer.take(message)
            except SlotGoneError as gone:
                why = say(
                    "slot.unreadable", "the slot's changes could not be read: {error}", error=gone
                )
            _measure(connection, session, slot)
        is_anew = not is_begun or why is not None
        if is_anew:
            slots.begin_anew(connection, slot, shop.origin, why)
            shop_database.drop_slot(session, slot.name)
    if is_anew:
        _log.info("feed_read_whole", feed=feed.name, reason=why)
        with shop_database.new_slot(dsn, slot.name) as (snapshot, position):

            def finish() -> None:
                slots.note_begun(connection, slot, position)
                slots.note_whole(connection, slot, why)
                with shop_database.connected(dsn) as session:
                    _measure(connection, session, slot)

            yield Reading(dsn, mapping, finish, snapshot=snapshot)
        return
    yield from _changes(connection, slot, shop, mapping, tracer.found, until)


def _described(session: psycopg.Connection, mapping: Mapping, dsn: str, publication: str) -> _Shop:
    """The shop's database, which has all that is needed."""
    database = shop_database.describe(session, mapping, publication)
    demands.expect_server(database)
    demands.expect_tables(database, mapping)
    tables = demands.columns_of(database)
    found = roles(mapping, tables)
    demands.expect_published(database, mapping, found, publication)
    return _Shop(dsn, database, tables, found)


def _reason(session: psycopg.Connection, slot: FeedSlot, shop: _Shop) -> str | None:
    """Why all has to be read; `None` = the slot has every change since what is booked."""
    found = shop_database.find_slot(session, slot.name)
    if found is None:
        return say("slot.gone", "the slot is gone: dropped there, or lost in a failover")
    if found.is_lost:
        return say(
            "slot.given-up",
            "the shop's server gave the slot up: its log had grown to max_slot_wal_keep_size, or"
            " the slot was idle for too long",
        )
    if slot.origin != shop.origin:
        return say(
            "slot.other-server",
            "the server, the publication or a table is another one than before",
        )
    if found.read_to > (slot.read_to or 0):
        return say(
            "slot.further", "the slot is further than what is booked: this dashboard was restored"
        )
    return None


def _changes(
    connection: psycopg.Connection,
    slot: FeedSlot,
    shop: _Shop,
    mapping: Mapping,
    found: Concerned,
    until: int,
) -> Iterator[Reading]:
    """What changed, as a reading."""
    is_more = found.seen >= MOST_CHANGES
    end = max(found.end, slot.read_to or 0, 0 if is_more else until)
    whole = found.everything
    many = say(
        "slot.many",
        "more than {most, number} orders or other rows are concerned at once",
        most=MOST_ORDERS,
    )
    if whole is None and found.names() > MOST_ORDERS:
        whole = many

    def finish() -> None:
        slots.note_read(connection, slot, end)
        if whole is not None:
            slots.note_whole(connection, slot, whole)
        with shop_database.connected(shop.dsn) as session:
            shop_database.advance(session, slot.name, end)
            _measure(connection, session, slot)

    if found.nothing:
        yield Reading(shop.dsn, None, finish, is_more=is_more)
        return
    with shop_database.snapshot_with(shop.dsn, found.transactions) as (session, snapshot):
        keys = found.orders
        if whole is None:
            keys = keys | _looking_up(session, mapping, shop, found)
            whole = many if len(keys) > MOST_ORDERS else None
        if whole is not None:
            _log.info("feed_read_whole", slot=slot.name, reason=whole)
            yield Reading(
                shop.dsn, mapping, finish, snapshot=snapshot, limit=NO_LIMIT, is_more=is_more
            )
            return
        columns = order_columns(mapping, shop.tables)
        yield Reading(
            shop.dsn,
            _of_rows(mapping, shop, found, keys, columns),
            finish,
            mode=Mode.REPLACE,
            orders=_ledger_keys(session, mapping, shop.tables, keys, columns),
            snapshot=snapshot,
            limit=NO_LIMIT,
            is_more=is_more,
        )


def _looking_up(
    session: psycopg.Connection, mapping: Mapping, shop: _Shop, found: Concerned
) -> set[str]:
    """The keys of the orders whose rows look up what has changed."""
    keys: set[str] = set()
    columns = order_columns(mapping, shop.tables)
    for role in shop.roles:
        sought = found.sought.get(role.input)
        if not sought:
            continue
        for via in role.vias:
            spec = mapping.inputs[via.input]
            assert isinstance(spec, PostgresInput)  # noqa: S101 -- a followable mapping's
            family = FAMILIES[shop.tables[via.input][via.column]]
            names = (columns[via.input], spec.schema_, spec.table, via.column)
            parts: list[sql.Composable] = [sql.Identifier(name) for name in names]
            parts.append(shop_database.keys_as(family))
            query = sql.SQL("select distinct {}::text from {}.{} where {} in ({})").format(*parts)
            keys.update(key for (key,) in session.execute(query, ([*sought],)) if key is not None)
    return keys


def _of_rows(
    mapping: Mapping, shop: _Shop, found: Concerned, keys: set[str], columns: dict[str, str]
) -> Mapping:
    """The mapping, of which the rows with these keys are read alone."""
    inputs = dict(mapping.inputs)
    for name, spec in mapping.inputs.items():
        column = columns.get(name)
        is_whole = name in found.every or name in mapping.looked_up
        if not isinstance(spec, PostgresInput) or (column is None and is_whole):
            # Which keys are looked up, only the rows say.
            continue
        wanted = keys if column is not None else found.rows.get(name, set())
        if column is None:
            column = next(
                (role.column for role in shop.roles if role.input == name and role.column), None
            )
        only = Only(column=None)
        if column is not None and wanted:
            family = FAMILIES[shop.tables[name][column]]
            only = Only(column=column, kind=family, keys=tuple(sorted(wanted)))
        inputs[name] = spec.reading_only(only)
    return mapping.model_copy(update={"inputs": inputs})


def _ledger_keys(
    session: psycopg.Connection,
    mapping: Mapping,
    tables: Tables,
    keys: set[str],
    columns: dict[str, str],
) -> frozenset[str]:
    """The keys of orders as the ledger has them."""
    name = mapping.order_input
    expression = mapping.order.key or mapping.line.key
    assert expression is not None  # noqa: S101 -- a followable mapping has one
    family = FAMILIES[tables[name][columns[name]]]
    query = shop_database.keys_as(family)
    values = tuple(value for (value,) in session.execute(query, ([*keys],)))
    vector = table_vector(values, frozenset(mapping.inputs[name].null), columns[name])
    field_ = LedgerField("order.key", expression, ValueType.TEXT, ledger_fields.plain_text)
    read = field_.vector(Columns({expression.column or "": vector}, len(values)))
    return frozenset(key for key in read.iterate() if isinstance(key, str))


def _measure(connection: psycopg.Connection, session: psycopg.Connection, slot: FeedSlot) -> None:
    """Note how much of the log waits."""
    found = shop_database.find_slot(session, slot.name)
    if found is not None:
        slots.note_size(connection, slot, found.unread, found.kept)


def tend_slots(connection: psycopg.Connection, settings: ImportSettings) -> None:
    """Measure the slots, and drop those whose feeds were removed or paused.

    Args:
        connection: The ledger's, in autocommit mode.
        settings: Where credentials are, and which networks may be reached.
    """
    for slot in slots.unused(connection):
        try:
            dsn = database_address(slot.address, slot.credential, settings)
            with shop_database.connected(dsn) as session:
                shop_database.drop_slot(session, slot.name)
        except (ShopxError, psycopg.Error) as error:
            told = error if isinstance(error, ShopxError) else ShopxError(str(error))
            if slots.note_kept(connection, slot, told):
                slots.forget(connection, slot)
                _log.warning("feed_slot_left", slot=slot.name, address=slot.address)
        else:
            slots.forget(connection, slot)
            _log.info("feed_slot_dropped", slot=slot.name)
    for slot in slots.watched(connection):
        try:
            dsn = database_address(slot.address, slot.credential, settings)
            with shop_database.connected(dsn) as session:
                _measure(connection, session, slot)
        except (ShopxError, psycopg.Error) as error:
            _log.warning("feed_slot_not_measured", slot=slot.name, reason=str(error))
