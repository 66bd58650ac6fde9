"""The command `shopx doctor`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shopx_core.errors import ShopxError
from shopx_local import doctor, plan
from shopx_local.account import unprivileged
from shopx_local.compose import project as project_of
from shopx_local.console import Console
from shopx_local.state import locate
from shopx_local.up import read_manifest


class Target(StrEnum):
    """Where the dashboard is to run."""

    UP = "up"
    COMPOSE = "compose"
    CLUSTER = "cluster"


def command(
    file: Annotated[Path, typer.Option("--file", "-f", help="The manifest.")],
    target: Annotated[Target, typer.Option(help="Where it is to run.")] = Target.UP,
    project: Annotated[
        Path | None, typer.Option(help="The rendered project's folder, for compose.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where `shopx up` would listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The same.", min=1, max=65_535)] = 8000,
) -> None:
    """Say what would keep a dashboard from running, and what to do; exit code 1 where anything is.

    It names what is old or ignored there, too, and changes nothing.
    """
    console = Console()
    manifest = read_manifest(file)
    problems: list[ShopxError]
    notes: list[str]
    match target:
        case Target.UP:
            notes = plan.notes(manifest)
            name = manifest.dashboard.metadata.name
            folder = locate(file, name, unprivileged(Path("/nonexistent")), None)
            problems = doctor.for_up(manifest, folder, host, port)
        case Target.COMPOSE:
            notes = project_of.ignored(manifest)
            problems = doctor.for_compose(manifest, project)
        case Target.CLUSTER:
            notes = [manifest.deprecation] if manifest.deprecation else []
            problems = doctor.for_cluster(manifest)
    for text in notes:
        console.note(text)
    for problem in problems:
        console.warn(problem.message)
        if problem.hint:
            console.line(f"  {problem.hint}")
    if problems:
        raise typer.Exit(1)
    console.step(f"nothing keeps {file} from running ({target.value})")
