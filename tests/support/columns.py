"""Reads from the columnar replica beside a reader of PostgreSQL."""

from typing import TYPE_CHECKING

from shopx_store.columns.engine import ColumnsEngine
from shopx_store.columns.moment import ReferenceVersions, read_moment
from shopx_store.columns.reading import ColumnsReading
from shopx_store.columns.references import ReferenceCache, References
from shopx_store.query.session import SnapshotReader

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection


async def columns_of(engine: ColumnsEngine, reader: SnapshotReader) -> ColumnsReading:
    """What answers the queries of a reader's transaction from an engine."""
    moment = await read_moment(reader.conn, reader.as_of, ReferenceVersions())

    async def connect() -> "Connection":
        return reader.conn

    return ColumnsReading(engine, moment, References(ReferenceCache(), moment.versions, connect))
