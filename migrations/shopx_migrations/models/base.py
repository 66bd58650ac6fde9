"""The declarative base: one naming convention, and PostgreSQL types SQLAlchemy does not ship."""

from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

# Constraint names are part of the schema: migrations and error messages refer to them.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: never wraps, so it orders transactions for good."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


# Reflection (`alembic check`) must recognise the type, or every run reports drift.
ischema_names["xid8"] = Xid8


class Base(DeclarativeBase):
    """Every mapped table; relationships are declared `lazy="raise"`, so no query is accidental."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
