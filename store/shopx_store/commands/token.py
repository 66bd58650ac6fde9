"""`shopx token`: create, register, list and revoke API tokens."""

from datetime import UTC, datetime
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
)
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.settings import Settings
from shopx_store.connection import connect

command = typer.Typer(no_args_is_help=True, help="Create, list and revoke API tokens.")

_CREATE = """
insert into tokens (name, digest, scopes, expires_at)
values (%s, %s, %s, now() + %s) returning id, expires_at
"""
# A revoked token stays revoked when it is registered again.
_REGISTER = """
insert into tokens (name, digest, scopes) values (%s, %s, %s) on conflict (digest) do nothing
"""
_COLUMNS = "id, name, scopes, created_at, expires_at, revoked_at"
_LIST = f"select {_COLUMNS} from tokens order by id"
_REVOKE = """
update tokens set revoked_at = coalesce(revoked_at, now()) where id = %s returning name
"""


@command.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for; shown in lists and logs.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, ingest or admin; repeat it for several. Default: read."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="Its lifetime, such as 12h, 90d, 4w. Default: unlimited.")
    ] = None,
) -> None:
    """Create a token. Its secret is printed to stdout, this once."""
    scopes = parse_scopes(scope or [Scope.READ.value])
    lifetime = parse_lifetime(expires) if expires is not None else None
    checked = checked_name(name)
    secret = new_secret()
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        row: Any = connection.execute(
            _CREATE, [checked, digest(secret), sorted(one.value for one in scopes), lifetime]
        ).fetchone()
    until = f"until {row[1]:%Y-%m-%d %H:%M} UTC" if row[1] else "without expiry"
    # The secret alone goes to stdout, so that a script can capture it.
    typer.echo(f"Token {row[0]} ({checked}), {until}. Keep it: it is not shown again.", err=True)
    typer.echo(secret)


@command.command()
def register(
    name: Annotated[str, typer.Argument(help="What it is for; shown in lists and logs.")],
    *,
    secret_file: Annotated[
        Path, typer.Option(help="A file with the token's secret.", exists=True, dir_okay=False)
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, ingest or admin; repeat it for several. Default: read."),
    ] = None,
) -> None:
    """Accept a token that was created elsewhere; a known token stays unchanged."""
    scopes = parse_scopes(scope or [Scope.READ.value])
    checked = checked_name(name)
    stored = digest(secret_file.read_text(encoding="utf-8").strip())
    if stored is None:
        raise InvalidInput(
            f"{secret_file} holds no token.",
            hint="A token looks like one that `shopx token create` prints.",
        )
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        connection.execute(_REGISTER, [checked, stored, sorted(one.value for one in scopes)])
    typer.echo(f"The token {checked} is registered.", err=True)


@command.command(name="list")
def list_() -> None:
    """Show every token, without its secret."""
    settings = Settings.from_env()
    with connect(settings.database, "shopx token") as connection:
        rows = connection.execute(_LIST).fetchall()
    now = datetime.now(UTC)
    table = Table()
    for column in ("id", "name", "scopes", "created", "expires", "state"):
        table.add_column(column)
    for row in rows:
        token = Token(row[0], row[1], parse_scopes(row[2]), row[3], row[4], row[5])
        table.add_row(
            str(token.id),
            token.name,
            ", ".join(scope.value for scope in Scope if scope in token.scopes),
            f"{token.created_at:%Y-%m-%d %H:%M}",
            f"{token.expires_at:%Y-%m-%d %H:%M}" if token.expires_at else "never",
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
