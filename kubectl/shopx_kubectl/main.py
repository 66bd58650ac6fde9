"""The plugin's command line."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from shopx_core.errors import InvalidInput, ShopxError
from shopx_core.scaling.measurement import Counts, Pace, observe, remembered
from shopx_kubectl import presentation
from shopx_kubectl.cluster import Cluster

_OPTIONS = ("namespace", "context", "kubeconfig")


def parser() -> argparse.ArgumentParser:
    """What it understands."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("-n", "--namespace", help="the dashboard's; default: the context's")
    shared.add_argument("--context", help="of the kubeconfig; default: the current one")
    shared.add_argument("--kubeconfig", help="another kubeconfig")
    made = argparse.ArgumentParser(
        prog="kubectl adash", description="What a ShopX dashboard does, and why."
    )
    commands = made.add_subparsers(dest="command", required=True)
    why = commands.add_parser(
        "explain", parents=[shared], help="the timeline of scaling, and the whole reasoning"
    )
    why.add_argument("name", help="the dashboard")
    why.add_argument(
        "--number", type=int, action="append", help="explain this one of the timeline; repeatable"
    )
    why.add_argument("--all", action="store_true", help="explain every one")
    state = commands.add_parser("status", parents=[shared], help="conditions, figures, decision")
    state.add_argument("name", nargs="?", help="the dashboard; default: one line for each")
    top = commands.add_parser("top", parents=[shared], help="what the API's pods do right now")
    top.add_argument("name", help="the dashboard")
    top.add_argument("--seconds", type=float, default=3.0, help="how long to look; default: 3")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; returns the exit code.

    Raises:
        ShopxError: It cannot be done.
    """
    given = [(name, getattr(arguments, name)) for name in _OPTIONS]
    cluster = Cluster(tuple(f"--{name}={value}" for name, value in given if value))
    if arguments.command == "explain":
        return explain(cluster, arguments.name, _chosen(arguments))
    if arguments.command == "status":
        found = cluster.dashboards(arguments.name)
        sys.stdout.write(
            f"{presentation.whole(found[0]) if arguments.name else presentation.overview(found)}\n"
        )
        return 0
    return _top(cluster, arguments.name, arguments.seconds)


def explain(cluster: Cluster, name: str, chosen: Sequence[int] | None) -> int:
    """Print why; exit code 1 when a record is not made again.

    Args:
        cluster: Where the dashboard is.
        name: The dashboard.
        chosen: Numbers of the timeline; `None` = the last one.
    """
    text, same = presentation.explanation(name, cluster.memory(name), chosen)
    sys.stdout.write(f"{text}\n")
    return 0 if same else 1


def _chosen(arguments: argparse.Namespace) -> Sequence[int] | None:
    if arguments.all:
        return range(1, 1000)
    numbers: list[int] | None = arguments.number
    return numbers


def _top(cluster: Cluster, name: str, seconds: float) -> int:
    (body,) = cluster.dashboards(name)
    first = cluster.pages(name)
    time.sleep(max(0.5, seconds))
    last = cluster.pages(name)
    now = time.time()
    pace = Pace(load=60.0 + seconds, latency=60.0 + seconds, fresh=60.0)
    history = remembered(remembered({}, first, last, now, pace), last, last, now, pace)
    status = body.get("status", {}).get("api", {})
    counts = Counts(
        api_replicas=status.get("desired", 0),
        api_ready=status.get("ready", 0),
        worker_replicas=0,
        worker_ready=0,
        cores=_cores(body),
    )
    told = observe(history, {}, counts, now, pace)
    sys.stdout.write(f"{presentation.live(name, told, first, last)}\n")
    return 0


def _cores(body: dict[str, object]) -> float:
    """CPU that one API pod asks for."""
    # The models take a moment to import, and only this needs them.
    from shopx_core.resource.manifest import parse_dashboard  # noqa: PLC0415 -- as said
    from shopx_core.resource.scaling import api_cores  # noqa: PLC0415 -- as said

    return api_cores(parse_dashboard({**body, "status": None}).spec)


def main(words: Sequence[str] | None = None) -> None:
    """The entry point of the console script `kubectl-adash`."""
    arguments = parser().parse_args(words)
    try:
        code = run(arguments)
        sys.stdout.flush()
    except ShopxError as error:
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        code = 2 if isinstance(error, InvalidInput) else 1
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough; say nothing more to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)
