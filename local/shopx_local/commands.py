"""The commands `shopx up`, `down`, `status`, `exec` and `explain`."""

from pathlib import Path
from typing import Annotated

import typer

from shopx_core.errors import InvalidConfiguration
from shopx_kubectl.cluster import Cluster
from shopx_kubectl.main import explain as explain_on
from shopx_kubectl.presentation import explanation
from shopx_local import control
from shopx_local.console import Console
from shopx_local.scaling import MEMORY_FILE, load
from shopx_local.up import Options
from shopx_local.up import up as run_up

Manifest = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="The manifest; default: dashboard.yaml in this folder."),
]
State = Annotated[
    Path | None,
    typer.Option(help="Where data are kept; default: .state/NAME beside the manifest."),
]

DEFAULT_MANIFEST = Path("dashboard.yaml")


def named_manifest(given: Path | None) -> Path:
    """The manifest that is named, or that of this folder.

    Raises:
        InvalidConfiguration: There is neither.
    """
    if given is not None:
        return given
    if DEFAULT_MANIFEST.exists():
        return DEFAULT_MANIFEST
    raise InvalidConfiguration(
        "No manifest is named, and this folder has no dashboard.yaml.",
        hint="Name one, such as -f examples/dashboard.yaml.",
    )


def up(
    file: Manifest = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65_535)] = 8000,
    state: State = None,
) -> None:
    """Run a dashboard on this machine until Ctrl-C; its data survive."""
    run_up(Options(named_manifest(file), host, port, state), Console())


def down(file: Manifest = None, state: State = None) -> None:
    """Stop the dashboard that `shopx up` runs from this manifest; its data stay."""
    control.down(control.state_of(named_manifest(file), state), Console())


def status(file: Manifest = None, state: State = None) -> None:
    """Show the running dashboard's processes; exit code 1 when one is not healthy."""
    found = control.health(control.state_of(named_manifest(file), state))
    control.show(found, Console())
    raise typer.Exit(0 if found.good else 1)


def execute(
    context: typer.Context,
    file: Manifest = None,
    state: State = None,
) -> None:
    """Run another shopx command on the running dashboard's database.

    For example: shopx exec -f examples/demo.yaml verify
    """
    if not context.args:
        raise InvalidConfiguration(
            "No command is given.", hint="For example: shopx exec -f examples/demo.yaml verify"
        )
    control.execute(control.state_of(named_manifest(file), state), context.args)


# The options are those of the other command.
execute.context_settings = {  # type: ignore[attr-defined]
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
}


def explain(
    name: Annotated[
        str | None,
        typer.Argument(help="A dashboard on the cluster of kubectl's context; absent = here."),
    ] = None,
    file: Manifest = None,
    state: State = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="The dashboard's, on a cluster.")
    ] = None,
    number: Annotated[
        list[int] | None, typer.Option(help="Explain this one of the timeline; repeatable.")
    ] = None,
) -> None:
    """Show the timeline of scaling and the reasoning; exit code 1 when it does not replay."""
    if name is not None:
        options = (f"--namespace={namespace}",) if namespace else ()
        raise typer.Exit(explain_on(Cluster(options), name, number))
    chosen = named_manifest(file)
    folder = control.state_of(chosen, state)
    text, same = explanation(folder.path.name, load(folder.path / MEMORY_FILE), number)
    typer.echo(text)
    raise typer.Exit(0 if same else 1)
