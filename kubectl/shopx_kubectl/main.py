"""The plugin's command line."""

import argparse
import datetime as dt
import os
import sys
import time
from collections.abc import Sequence

from shopx_core.errors import InvalidInput, ShopxError
from shopx_core.scaling.measurement import ReplicaCounts, Windows, append_scrapes, observe
from shopx_kubectl import backups, presentation, storage
from shopx_kubectl.cluster import Cluster

_OPTIONS = ("namespace", "context", "kubeconfig")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "-n", "--namespace", help="the dashboard's namespace; default: the context's"
    )
    shared.add_argument("--context", help="a context of the kubeconfig; default: the current one")
    shared.add_argument("--kubeconfig", help="another kubeconfig")
    made = argparse.ArgumentParser(
        prog="kubectl adash",
        description="The state and the scaling decisions of a ShopX dashboard.",
    )
    commands = made.add_subparsers(dest="command", required=True)
    why = commands.add_parser(
        "explain", parents=[shared], help="the timeline of scaling, with reasons"
    )
    why.add_argument("name", help="the dashboard")
    why.add_argument(
        "--number", type=int, action="append", help="explain this entry of the timeline; repeatable"
    )
    why.add_argument("--all", action="store_true", help="explain every entry")
    state = commands.add_parser(
        "status", parents=[shared], help="conditions, metrics, last decision"
    )
    state.add_argument("name", nargs="?", help="the dashboard; default: one line per dashboard")
    top = commands.add_parser("top", parents=[shared], help="the current activity of the API pods")
    top.add_argument("name", help="the dashboard")
    top.add_argument("--seconds", type=float, default=3.0, help="how long to measure; default: 3")
    backup = commands.add_parser("backup", parents=[shared], help="take a base backup now")
    backup.add_argument("name", help="the dashboard")
    backup.add_argument(
        "--check", action="store_true", help="restore and verify the newest one instead"
    )
    backup.add_argument("--no-wait", action="store_true", help="do not wait for its end")
    restore = commands.add_parser(
        "restore", parents=[shared], help="restore the database from its backups"
    )
    restore.add_argument("name", help="the dashboard that gets the data")
    restore.add_argument("--from", dest="source", help="another dashboard's backups")
    restore.add_argument("--to", help="a moment, such as 2026-01-31T13:45:00Z; default: the newest")
    restore.add_argument(
        "--discard-volume", action="store_true", help="delete the present volume, and its data"
    )
    commands.add_parser(
        "migrate-storage",
        parents=[shared],
        help="after an upgrade of the CustomResourceDefinition: store all dashboards anew",
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run a command; returns the exit code.

    Raises:
        ShopxError: The command failed.
    """
    given = [(name, getattr(arguments, name)) for name in _OPTIONS]
    if arguments.command == "migrate-storage":
        # Of all namespaces, whichever is the current one.
        given = [(name, value) for name, value in given if name != "namespace"]
    cluster = Cluster(tuple(f"--{name}={value}" for name, value in given if value))
    if arguments.command == "explain":
        return explain(cluster, arguments.name, _chosen(arguments))
    if arguments.command == "status":
        found = cluster.dashboards(arguments.name)
        one = arguments.name is not None
        text = presentation.dashboard_status(found[0]) if one else presentation.overview(found)
        sys.stdout.write(f"{text}\n")
        return 0
    if arguments.command == "backup":
        return _backup(cluster, arguments)
    if arguments.command == "restore":
        text = backups.restore(
            cluster,
            arguments.name,
            source=arguments.source,
            target=arguments.to,
            discard=arguments.discard_volume,
            now=dt.datetime.now(dt.UTC),
        )
        sys.stdout.write(f"{text}\n")
        return 0
    if arguments.command == "migrate-storage":
        sys.stdout.write(f"{storage.migrate(cluster)}\n")
        return 0
    return _top(cluster, arguments.name, arguments.seconds)


def _backup(cluster: Cluster, arguments: argparse.Namespace) -> int:
    job = backups.backup(cluster, arguments.name, dt.datetime.now(dt.UTC), check=arguments.check)
    sys.stdout.write(f"job/{job} is created\n")
    if arguments.no_wait:
        return 0
    good = cluster.wait_for_job(job)
    why = "" if good else f"; kubectl logs job/{job} --all-containers says why"
    sys.stdout.write(f"job/{job} {'succeeded' if good else 'failed'}{why}\n")
    return 0 if good else 1


def explain(cluster: Cluster, name: str, chosen: Sequence[int] | None) -> int:
    """Print the reasons; exit code 1 if a record does not replay to its decision.

    Args:
        cluster: The cluster of the dashboard.
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
    first = cluster.scrapes(name)
    time.sleep(max(0.5, seconds))
    last = cluster.scrapes(name)
    now = time.time()
    windows = Windows(load=60.0 + seconds, latency=60.0 + seconds, fresh=60.0)
    history = append_scrapes(
        append_scrapes({}, first, last, now, windows), last, last, now, windows
    )
    status = body.get("status", {}).get("api", {})
    counts = ReplicaCounts(
        api_replicas=status.get("desired", 0),
        api_ready=status.get("ready", 0),
        worker_replicas=0,
        worker_ready=0,
        cores=_cores(body),
    )
    observation = observe(history, {}, counts, now, windows)
    sys.stdout.write(f"{presentation.pod_activity(name, observation, first, last)}\n")
    return 0


def _cores(body: dict[str, object]) -> float:
    """The CPU request of one API pod."""
    # Slow to import, and needed by this command alone.
    from shopx_core.resource.manifest import parse_dashboard  # noqa: PLC0415 -- as above
    from shopx_core.resource.scaling import api_cores  # noqa: PLC0415 -- as above

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
        # The reader (`head`, a closed pager) has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)
