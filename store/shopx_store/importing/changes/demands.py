"""What a database must have so that its changes can be followed, and the SQL for it. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.changes.tracing import Effect, Role, Tables
from shopx_store.importing.inputs import PostgresInput
from shopx_store.importing.mapping import Mapping as ImportMapping

OLDEST: Final = 13
"""PostgreSQL's version: those before cannot publish a partitioned table's changes as its own."""
_KINDS: Final = {
    "v": say("follow.view", "a view"),
    "m": say("follow.materialized-view", "a materialized view"),
    "f": say("follow.foreign-table", "a foreign table"),
}
_NO_TABLE: Final = say("follow.kind-unknown", "no table")
_PLAIN: Final = "rp"
_RESERVED: Final = frozenset(
    {
        *("all", "and", "any", "as", "asc", "case", "cast", "check", "column", "default", "desc"),
        *("distinct", "end", "from", "grant", "group", "having", "in", "into", "limit", "offset"),
        *("on", "or", "order", "primary", "references", "select", "table", "then", "to", "union"),
        *("unique", "user", "using", "when", "where", "window", "with"),
    }
)
"""Those of SQL's words that a table might be called."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its database describes it.

    Attributes:
        kind: Of `pg_class.relkind`.
        is_logged: Whether its changes are in the write-ahead log.
        has_children: Whether others inherit from it, whose rows it also shows.
        may_read: Whether the role may.
        columns: Their types, domains as what they are of.
        told: The columns whose values a deleted row has: of its replica identity.
        parts: It and its partitions, where a deleted row does not have all of its values.
    """

    id: int
    kind: str
    is_logged: bool
    has_children: bool
    may_read: bool
    columns: Mapping[str, str]
    told: frozenset[str]
    parts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Published:
    """A table in a publication; columns `None` = all."""

    columns: frozenset[str] | None
    is_filtered: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication.

    Attributes:
        is_whole: Whether it publishes all four kinds of changes.
        via_root: Whether changes of partitions are published as their table's.
        tables: By schema and name.
        made: Changes when it, or one of its parts, is made anew.
    """

    is_whole: bool
    via_root: bool
    tables: Mapping[tuple[str, str], Published]
    made: str


@dataclass(frozen=True, slots=True)
class Database:
    """A database, as far as following its changes needs to know.

    Attributes:
        user: The role.
        may_replicate: Whether it has the right; `None` = not known before it is tried.
        is_standby: Whether another server is its primary.
        system: Identifies the cluster, also after a failover.
        timeline: Differs after a failover, or a restore.
    """

    version: int
    user: str
    may_replicate: bool | None
    wal_level: str
    is_standby: bool
    system: str
    timeline: str
    tables: Mapping[str, Table | None]
    """Of each input."""
    publication: Publication | None


def columns_of(database: Database) -> Tables:
    """The columns of each input's table."""
    return {name: {} if one is None else one.columns for name, one in database.tables.items()}


def expect_server(database: Database) -> None:
    """Require a server whose changes can be followed.

    Raises:
        InvalidInput: It is not set up so; the message says how to.
    """
    if database.version < OLDEST:
        raise InvalidInput(
            say(
                "follow.old-server",
                "The database is PostgreSQL {version}, and changes are followed from {oldest} on.",
                version=str(database.version),
                oldest=str(OLDEST),
            )
        )
    if database.is_standby:
        raise InvalidInput(
            say("follow.standby", "The database is a standby, which keeps no changes for others."),
            hint=say("follow.name-primary", "Name the primary in the feed's address."),
        )
    if database.wal_level != "logical":
        raise InvalidInput(
            say(
                "follow.wal-level",
                "The database has wal_level {level}, and changes are followed with logical alone.",
                level=database.wal_level,
            ),
            hint=say(
                "follow.set-wal-level",
                "As a superuser: {statement}; then restart PostgreSQL (at a provider, set its"
                " parameter such as rds.logical_replication).",
                statement=SET_WAL_LEVEL,
            ),
        )
    if database.may_replicate is False:
        raise InvalidInput(
            say(
                "follow.role-may-not",
                "The role {user} may not follow changes.",
                user=repr(database.user),
            ),
            hint=as_superuser(grant_replication(database.user)),
        )


SET_WAL_LEVEL: Final = "alter system set wal_level = 'logical'"


def as_superuser(statement: str) -> str:
    """What to run, and as which role."""
    return say("follow.as-superuser", "As a superuser: {statement}", statement=statement)


def grant_replication(user: str) -> str:
    """The statement that gives a role the right."""
    return f"alter role {quoted(user)} replication;"


def expect_tables(database: Database, mapping: ImportMapping) -> None:
    """Require tables whose changes can be followed.

    Raises:
        InvalidInput: One is missing, or is none.
    """
    for name, spec in _specs(mapping):
        shown, table = f"{spec.schema_}.{spec.table}", database.tables[name]
        if table is None:
            raise InvalidInput(
                say("follow.no-table", "The database has no table {table}.", table=shown),
                hint=say(
                    "follow.correct-table",
                    "Correct `schema` and `table` of the input in the mapping.",
                ),
            )
        if table.kind not in _PLAIN:
            raise InvalidInput(
                say(
                    "follow.is-no-table",
                    "{table} is {kind}, whose changes are not told.",
                    table=shown,
                    kind=_KINDS.get(table.kind, _NO_TABLE),
                ),
                hint=say(
                    "follow.map-tables",
                    "Map the tables that it reads; or do not follow changes.",
                ),
            )
        if not table.is_logged or table.has_children:
            raise InvalidInput(
                say(
                    "follow.unlogged",
                    "{table} is not logged, so not all of its changes are told.",
                    table=shown,
                )
                if not table.is_logged
                else say(
                    "follow.inherited",
                    "{table} has tables that inherit from it, so not all of its changes are told.",
                    table=shown,
                ),
                hint=say(
                    "follow.not-followed",
                    "Do not follow changes: the tables are read whole then.",
                ),
            )


def expect_published(
    database: Database, mapping: ImportMapping, roles: Sequence[Role], name: str
) -> None:
    """Require rights, a publication, and replica identities.

    Args:
        database: As it is.
        mapping: Names the tables.
        roles: What their rows are.
        name: The publication's.

    Raises:
        InvalidInput: Something is missing; the hint has the SQL for all of it.
    """
    missing: list[str] = []
    statements: list[str] = []
    unreadable = _tables(mapping, lambda one: not _of(database, one).may_read)
    if unreadable:
        missing.append(say("follow.right-to-read", "the right to read {tables}", tables=unreadable))
        schemas = ", ".join(sorted({one.partition(".")[0] for one in unreadable}))
        user = quoted(database.user)
        statements.append(f"grant usage on schema {schemas} to {user};")
        statements.append(f"grant select on {', '.join(unreadable)} to {user};")
    for shown, (column, parts) in dict(_silent(database, mapping, roles)).items():
        missing.append(
            say(
                "follow.identity-with",
                "a replica identity of {table} with {column}",
                table=shown,
                column=column,
            )
            if column
            else say(
                "follow.identity",
                "a replica identity of {table} (it has no primary key)",
                table=shown,
            )
        )
        statements += [f"alter table {part} replica identity full;" for part in parts]
    statements += _publishing(database, mapping, roles, name, missing)
    if statements:
        raise InvalidInput(
            say("follow.lacks", "The database lacks {missing}.", missing=reduce(_also, missing)),
            hint=say(
                "follow.as-owner",
                "As the tables' owner: {statements}",
                statements=" ".join(statements),
            ),
        )


def _also(one: str, other: str) -> str:
    return say("follow.also", "{one}; {other}", one=one, other=other)


def _publishing(
    database: Database,
    mapping: ImportMapping,
    roles: Sequence[Role],
    name: str,
    missing: list[str],
) -> Iterator[str]:
    """The statements that make or mend the publication; says what is missing."""
    found = database.publication
    wanted = _tables(mapping, lambda _: True)
    if found is None:
        missing.append(say("follow.publication", "the publication {name}", name=name))
        yield (
            f"create publication {quoted(name)} for table {', '.join(wanted)}"
            " with (publish_via_partition_root = true);"
        )
        return
    if not found.is_whole:
        missing.append(
            say(
                "follow.all-kinds",
                "inserts, updates, deletes and truncates in the publication {name}",
                name=name,
            )
        )
        yield (
            f"alter publication {quoted(name)} set (publish = 'insert, update, delete, truncate');"
        )
    if not found.via_root and any(
        table is not None and table.kind == "p" for table in database.tables.values()
    ):
        missing.append(
            say(
                "follow.partitions",
                "the tables of partitions in the publication {name}",
                name=name,
            )
        )
        yield f"alter publication {quoted(name)} set (publish_via_partition_root = true);"
        return
    absent, narrowed = _not_published(mapping, roles, found)
    if absent:
        missing.append(
            say(
                "follow.tables",
                "{tables} in the publication {name}",
                tables=absent,
                name=name,
            )
        )
    if narrowed:
        missing.append(
            say(
                "follow.narrowed",
                "{tables} without conditions and lists of columns in the publication {name}",
                tables=narrowed,
                name=name,
            )
        )
    if narrowed:
        yield f"alter publication {quoted(name)} drop table {', '.join(narrowed)};"
    if absent or narrowed:
        yield f"alter publication {quoted(name)} add table {', '.join([*absent, *narrowed])};"


def _not_published(
    mapping: ImportMapping, roles: Sequence[Role], publication: Publication
) -> tuple[list[str], list[str]]:
    """The tables that a publication lacks, and those of which it publishes too little."""
    absent, narrowed = [], []
    for name, spec in _specs(mapping):
        table = publication.tables.get((spec.schema_, spec.table))
        keys = {role.column for role in roles if role.input == name and role.column}
        if table is None:
            absent.append(_shown(spec))
        elif table.is_filtered or (table.columns is not None and not keys <= table.columns):
            narrowed.append(_shown(spec))
    return list(dict.fromkeys(absent)), list(dict.fromkeys(narrowed))


def _silent(
    database: Database, mapping: ImportMapping, roles: Sequence[Role]
) -> Iterator[tuple[str, tuple[str, Sequence[str]]]]:
    """Tables of which a deleted row would not say what it was.

    Yields:
        The table, the column that it should say (empty = it has no key), and its parts.
    """
    for role in roles:
        table, spec = _of(database, role.input), mapping.inputs[role.input]
        if not isinstance(spec, PostgresInput):
            continue
        if role.effect is not Effect.ROW and role.column is not None:
            if role.column not in table.told:
                yield _shown(spec), (role.column, table.parts)
        elif not table.told:
            # PostgreSQL would refuse the shop's own updates once the table is published.
            yield _shown(spec), ("", table.parts)


def _of(database: Database, name: str) -> Table:
    table = database.tables[name]
    if table is None:
        raise LookupError(name)
    return table


def _specs(mapping: ImportMapping) -> Iterator[tuple[str, PostgresInput]]:
    for name, spec in mapping.inputs.items():
        if isinstance(spec, PostgresInput):
            yield name, spec


def _tables(mapping: ImportMapping, wanted: Callable[[str], bool]) -> list[str]:
    return list(dict.fromkeys(_shown(spec) for name, spec in _specs(mapping) if wanted(name)))


def _shown(spec: PostgresInput) -> str:
    return f"{quoted(spec.schema_)}.{quoted(spec.table)}"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    if name.isascii() and name.isidentifier() and name == name.lower() and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'
