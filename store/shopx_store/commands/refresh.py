"""`shopx refresh`: recompute materialized views, as a CronJob does."""

from typing import Annotated

import typer

from shopx_core import logging
from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import InvalidInput, ShopxError
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.matviews.refresh import Refreshed, refresh


def command(
    views: Annotated[
        list[str] | None, typer.Argument(help="Which ones.", metavar="VIEW...", show_default=False)
    ] = None,
    *,
    all_views: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    concurrently: Annotated[
        bool,
        typer.Option(
            "--concurrently/--blocking",
            help="Do not block readers, at about twice the cost.",
        ),
    ] = True,
) -> None:
    """Refresh materialized views."""
    if bool(views) == all_views:
        raise InvalidInput(
            "No view is named.",
            hint=f"Name some of {', '.join(MATVIEWS)}, or give --all.",
        )
    failed = False
    settings = Settings.from_env()
    logging.configure("refresh", json=settings.log.json_lines, level=settings.log.command_level)
    with connect(settings.database, "shopx refresh") as connection:
        for view in views or MATVIEWS:
            try:
                done = refresh(connection, view, concurrently=concurrently)
            except ShopxError as error:
                # One view without a rate must not prevent the others' refresh.
                failed = True
                typer.echo(f"{view}: {error}", err=True)
                continue
            typer.echo(_line(view, done))
    if failed:
        raise typer.Exit(1)


def _line(view: str, done: tuple[Refreshed, ...] | None) -> str:
    if done is None:
        return f"{view}: another session is refreshing it, nothing to do"
    return "\n".join(f"{one.view}: refreshed in {one.seconds:.1f} s" for one in done)
