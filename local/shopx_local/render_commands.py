"""The commands `shopx render compose` and `shopx render nginx`."""

from pathlib import Path
from typing import Annotated

import typer

from shopx_core.errors import Unavailable
from shopx_core.resource.v1beta1.access import base_path
from shopx_local import nginx
from shopx_local.compose import project, values
from shopx_local.console import Console
from shopx_local.up import read_manifest

command = typer.Typer(no_args_is_help=True)

Manifest = Annotated[Path, typer.Option("--file", "-f", help="The manifest.")]


@command.command("compose")
def compose(
    file: Manifest,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The project's folder; default: print compose.yaml."),
    ] = None,
) -> None:
    """Render a compose project: Nginx in front of three or more API containers."""
    made = project.render(read_manifest(file))
    console = Console()
    for note in made.notes:
        console.note(note)
    if output is None:
        typer.echo(made.files["compose.yaml"], nl=False)
        return
    _write(output, {**made.files, ".env.example": values.example()})
    console.step(f"{output} has the project; scripts/deploy.sh {output} starts it")


@command.command("nginx")
def nginx_for_processes(
    file: Manifest,
    output: Annotated[Path, typer.Option("--output", "-o", help="The configuration's folder.")],
    upstream: Annotated[
        list[str] | None, typer.Option(help="An API's host and port; repeatable.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65_535)] = 80,
    tls: Annotated[
        Path | None, typer.Option(help="A folder with fullchain.pem and privkey.pem.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Where Nginx may write.")] = Path("/var/lib/nginx"),
) -> None:
    """Render the configuration of an Nginx in front of `shopx up`."""
    spec = read_manifest(file).dashboard.spec
    front = nginx.Front(
        upstreams=upstream or ["127.0.0.1:8000"],
        folder=str(output.resolve()),
        work=str(work),
        access_log=str(work / "access.log"),
        port=port,
        tls_port=443 if tls is not None else None,
        tls_folder=str(tls.resolve()) if tls is not None else "",
        server_name=spec.ingress.host if spec.ingress is not None else "_",
        base_path=base_path(spec),
        trusted=spec.auth.proxy.trusted_sources if spec.auth.proxy else (),
        identity_headers=nginx.identity_headers(spec),
    )
    _write(output, nginx.files(front))


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"{error.filename or folder} cannot be written: {error.strerror}.",
            hint="Name another folder with --output.",
        ) from None
