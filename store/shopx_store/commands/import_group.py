"""`shopx import FILE …`, and the commands beside it: list, show, undo, inspect."""

from typing import Any

import typer
from typer.core import TyperGroup

from shopx_store.commands import import_, import_inspect, import_runs

_DEFAULT = "sales"


class _Group(TyperGroup):
    """Takes words that begin with none of its commands as those of the default one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the default command's name."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


command = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="Import sales: `shopx import FILE`, or `shopx import MAPPING --source SOURCE`. A file that"
    " is named like one of the commands is given as ./NAME.",
)
command.command(name=_DEFAULT)(import_.command)
command.command(name="inspect")(import_inspect.command)
command.command(name="list")(import_runs.list_)
command.command(name="show")(import_runs.show)
command.command(name="undo")(import_runs.undo)
