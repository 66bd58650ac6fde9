"""A kind cluster with the operator on it: `python -m shopx_tools.kind_cluster COMMAND`.

    kind      a cluster to try things on, with a dashboard (`make kind`)
    remove    remove it
    test      a cluster of the tests' own, and tests/e2e (`make e2e`; more arguments go to pytest)
    full      the same with tests/e2e/full, which takes longer: maintenance, external servers,
              documented commands, scaling, and 300 dashboards (writes docs/operator-at-scale.md)
    compare   other autoscalers beside ours, under one load (bench/autoscalers.py)
    up, down  the tests' cluster alone; it stays until `down`

Needs Python, Go and Debian's packages, and root where no Docker engine runs: see
hack/kind-offline/README.md.
"""

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from shopx_tools import ROOT
from shopx_tools.kind_cluster.cluster import (
    CACHE,
    PLAYGROUND,
    TESTS,
    Cluster,
    ClusterError,
    say,
    step,
)
from shopx_tools.kind_cluster.images import build_images
from shopx_tools.kind_cluster.machine import check_machine

KIND_OFFLINE = ROOT / "hack" / "kind-offline" / "up.sh"
SYSTEM = "shopx-system"


def up(cluster: Cluster) -> str:
    """Make what is missing: cluster, ingress, images, operator; returns the release's version."""
    check_machine()
    began = time.monotonic()
    CACHE.mkdir(parents=True, exist_ok=True)
    _kind_offline(cluster, "engine")
    with ThreadPoolExecutor() as pool:
        # Images are built while the cluster's pods start.
        ingress = pool.submit(_kind_offline, cluster, "ingress", cluster.name, str(cluster.port))
        images = build_images(cluster, releases=cluster is TESTS)
        ingress.result()
    with step("images loaded"):
        cluster.run("kind", "load", "docker-image", "--name", cluster.name, *images.values())
    _install(cluster, images)
    say(f"the cluster {cluster.name} is ready ({time.monotonic() - began:.0f} s)")
    return images["app"].rpartition(":")[2]


def _kind_offline(cluster: Cluster, *words: str) -> None:
    """Run hack/kind-offline/up.sh, with its output shown.

    Raises:
        ClusterError: It failed.
    """
    done = subprocess.run(
        [KIND_OFFLINE, *words], env=cluster.environment, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise ClusterError(f"hack/kind-offline/up.sh {words[0]} failed")


def _install(cluster: Cluster, images: dict[str, str]) -> None:
    """Install or upgrade the chart with these images."""
    values = {}
    for key, target in (
        ("image", "operator"),
        ("dashboards.app", "app"),
        ("dashboards.postgres", "postgres"),
        ("dashboards.redis", "valkey"),
    ):
        values[f"{key}.repository"], _, values[f"{key}.tag"] = images[target].rpartition(":")
    options = [word for key, value in values.items() for word in ("--set-string", f"{key}={value}")]
    # What the tests of fields set beyond what is harmless.
    options += ["--set", "permitted.podFields={spec.serviceAccountName}"]
    with step("operator installed"):
        cluster.run(
            *("helm", "upgrade", "--install", "shopx", "charts/shopx-operator"),
            *("--kube-context", cluster.context, "--namespace", SYSTEM, "--create-namespace"),
            *("--wait", "--timeout", "3m", *options),
        )


def down(cluster: Cluster) -> None:
    """Remove a cluster; images and tools stay for the next one."""
    cluster.run("kind", "delete", "cluster", "--name", cluster.name)
    say(f"the cluster {cluster.name} is removed")


def _exists(cluster: Cluster) -> bool:
    return cluster.succeeds("sh", "-c", f"kind get clusters | grep -qx {cluster.name}")


def test(arguments: list[str]) -> int:
    """Run pytest on the tests' cluster, which is removed unless it was there before."""
    stays = _exists(TESTS)
    version = up(TESTS)
    # kubectl's discovery cache may be of an earlier cluster, or older than the chart.
    shutil.rmtree(TESTS.environment["KUBECACHEDIR"], ignore_errors=True)
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist")
    try:
        return subprocess.run(
            [*pytest, *arguments],
            cwd=ROOT,
            env=TESTS.environment | {"SHOPX_E2E_VERSION": version},
            check=False,
        ).returncode
    finally:
        if not stays:
            down(TESTS)


def compare(arguments: list[str]) -> int:
    """Put other autoscalers on the tests' cluster, and run them and ours side by side."""
    stays = _exists(TESTS)
    up(TESTS)
    try:
        with step("other autoscalers"):
            _kind_offline(TESTS, "autoscalers", TESTS.name)
        return subprocess.run(
            [sys.executable, "bench/autoscalers.py", *arguments],
            cwd=ROOT,
            env=TESTS.environment | {"SHOPX_VEGETA": str(CACHE / "autoscalers" / "vegeta")},
            check=False,
        ).returncode
    finally:
        if not stays:
            down(TESTS)


def kind() -> None:
    """A cluster to try things on, with a dashboard."""
    up(PLAYGROUND)
    kubectl = ("kubectl", "--context", PLAYGROUND.context)
    PLAYGROUND.run(*kubectl, "apply", "-f", ROOT / "examples" / "kind.yaml")
    with step("dashboard ready"):
        PLAYGROUND.run(*kubectl, "wait", "--for=condition=Ready", "adash/demo", "--timeout=5m")
    say(f"open http://demo.localhost:{PLAYGROUND.port}")
    say("remove everything: make kind ARGS=remove")


def _or_folder(arguments: list[str], folder: str) -> list[str]:
    """The arguments, with a folder of tests in front unless they name tests."""
    named = any(argument.startswith("tests/") for argument in arguments)
    return arguments if named else [folder, *arguments]


def main(arguments: list[str]) -> int:
    """Run one command."""
    command, *rest = arguments or ["test"]
    match command:
        case "kind":
            kind()
        case "remove":
            down(PLAYGROUND)
        case "test":
            return test([*_or_folder(rest, "tests/e2e"), "--ignore=tests/e2e/full"])
        case "full":
            return test(_or_folder(rest, "tests/e2e/full"))
        case "compare":
            return compare(rest)
        case "up":
            up(TESTS)
        case "down":
            down(TESTS)
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ClusterError as error:
        sys.exit(f"error: {error}")
