"""`shopx token`: create, register, list and revoke API tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from shopx_core.domain.api_tokens import (
    Scope,
    Token,
    checked_name,
    digest,
    new_secret,
    parse_lifetime,
    parse_scopes,
    parse_sources,
)
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.settings import Settings
from shopx_store.commands.local_time import local_time
from shopx_store.connection import connect

command = typer.Typer(no_args_is_help=True, help="Create, list and revoke API tokens.")

_CREATE = """
insert into tokens (name, digest, scopes, sources, expires_at)
values (%s, %s, %s, %s, now() + %s) returning id, expires_at
"""
# A revoked token stays revoked when it is registered again.
_REGISTER = """
insert into tokens (name, digest, scopes, sources, expires_at)
values (%s, %s, %s, %s, now() + %s) on conflict (digest) do nothing
"""
_REVOKE_OTHERS = """
update tokens set revoked_at = now() where name = %s and digest <> %s and revoked_at is null
"""
_COLUMNS = "id, name, scopes, sources, created_at, expires_at, revoked_at"
_LIST = f"select {_COLUMNS} from tokens order by id"
_REVOKE = """
update tokens set revoked_at = coalesce(revoked_at, now()) where id = %s returning name
"""


_Name = Annotated[str, typer.Argument(help="What it is for; shown in lists and logs.")]
_Scopes = Annotated[
    list[str] | None,
    typer.Option(help="read, ingest or admin; repeat it for several. Default: read."),
]
_Sources = Annotated[
    list[str] | None,
    typer.Option(help="With the scope ingest: a source that it may write as; repeatable."),
]
_EverySource = Annotated[
    bool, typer.Option("--every-source", help="It may write as every source, and set rates.")
]
_Lifetime = Annotated[
    str | None, typer.Option(help="Its lifetime, such as 12h, 90d, 4w. Default: unlimited.")
]


@command.command()
def create(
    name: _Name,
    *,
    scope: _Scopes = None,
    source: _Sources = None,
    every_source: _EverySource = False,
    expires: _Lifetime = None,
) -> None:
    """Create a token. Its secret is printed to stdout, this once."""
    stored = _columns(name, scope, source, expires, every=every_source)
    secret = new_secret()
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        row: Any = connection.execute(_CREATE, stored.values(digest(secret))).fetchone()
    until = f"until {local_time(row[1])}" if row[1] else "without expiry"
    # The secret alone goes to stdout, so that a script can capture it.
    typer.echo(
        f"Token {row[0]} ({stored.name}), {until}. Keep it: it is not shown again.", err=True
    )
    typer.echo(secret)


@command.command()
def register(
    name: _Name,
    *,
    secret_file: Annotated[
        Path, typer.Option(help="A file with the token's secret.", exists=True, dir_okay=False)
    ],
    scope: _Scopes = None,
    source: _Sources = None,
    every_source: _EverySource = False,
    expires: _Lifetime = None,
    revoke_others: Annotated[
        bool, typer.Option("--revoke-others", help="Revoke the other tokens of this name.")
    ] = False,
) -> None:
    """Accept a token that was created elsewhere; a known token stays unchanged."""
    stored = _columns(name, scope, source, expires, every=every_source)
    secret = digest(secret_file.read_text(encoding="utf-8").strip())
    if secret is None:
        raise InvalidInput(
            f"{secret_file} holds no token.",
            hint="A token looks like one that `shopx token create` prints.",
        )
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        connection.execute(_REGISTER, stored.values(secret))
        if revoke_others:
            connection.execute(_REVOKE_OTHERS, [stored.name, secret])
    typer.echo(f"The token {stored.name} is registered.", err=True)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is stored of a token, without its secret."""

    name: str
    scopes: frozenset[Scope]
    sources: frozenset[str] | None
    lifetime: timedelta | None

    def values(self, secret: bytes | None) -> list[Any]:
        """The values of `_CREATE` and `_REGISTER`."""
        sources = None if self.sources is None else sorted(self.sources)
        return [self.name, secret, sorted(one.value for one in self.scopes), sources, self.lifetime]


def _columns(
    name: str,
    scope: list[str] | None,
    source: list[str] | None,
    expires: str | None,
    *,
    every: bool,
) -> _Columns:
    scopes = parse_scopes(scope or [Scope.READ.value])
    return _Columns(
        name=checked_name(name),
        scopes=scopes,
        sources=parse_sources(scopes, source or (), every=every),
        lifetime=parse_lifetime(expires) if expires is not None else None,
    )


@command.command(name="list")
def list_() -> None:
    """Show every token, without its secret."""
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        rows = connection.execute(_LIST).fetchall()
    now = datetime.now(UTC)
    table = Table()
    for column in ("id", "name", "scopes", "sources", "created", "expires", "state"):
        table.add_column(column)
    for row in rows:
        sources = None if row[3] is None else frozenset(row[3])
        token = Token(row[0], row[1], parse_scopes(row[2]), sources, row[4], row[5], row[6])
        table.add_row(
            str(token.id),
            token.name,
            ", ".join(scope.value for scope in Scope if scope in token.scopes),
            "every" if token.sources is None else ", ".join(sorted(token.sources)),
            local_time(token.created_at),
            local_time(token.expires_at) if token.expires_at else "never",
            _state(token, now),
        )
    Console(width=None if Console().is_terminal else 120).print(table)


@command.command()
def revoke(
    token: Annotated[int, typer.Argument(help="Its id, as `shopx token list` shows it.")],
) -> None:
    """Revoke a token; it takes effect everywhere within a second."""
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        row = connection.execute(_REVOKE, [token]).fetchone()
    if row is None:
        raise NotFound(f"There is no token {token}.", hint="`shopx token list` shows all.")
    typer.echo(f"Token {token} ({row[0]}) is revoked.")


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "active" if token.active(now) else "expired"
