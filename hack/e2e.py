"""A kind cluster with the operator on it: for trying things, and for the tests that need one.

    e2e.py kind    a cluster to try things on, with a dashboard; e2e.py remove takes it away
    e2e.py test    a cluster of the tests' own, and tests/e2e (more arguments go to pytest)
    e2e.py up      the tests' cluster alone; it stays until e2e.py down
    e2e.py full    the same with tests/e2e/full, which takes longer: migrations that must be alone,
                   servers of others, documented commands, scaling, and 300 dashboards (writes
                   docs/operator-at-scale.md)
    e2e.py compare other autoscalers beside ours, under one load (bench/autoscalers.py)

Nothing but Python, Go and Debian's packages is needed, and root where no Docker engine runs: see
hack/kind-offline/README.md. Each cluster has its name and its kubeconfig, and no other is touched.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIND_OFFLINE = ROOT / "hack" / "kind-offline" / "up.sh"
CACHE = Path(
    os.environ.get("SHOPX_KIND_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shopx-kind"
)
SYSTEM = "shopx-system"
PUBLIC_BASE = "docker.io/library/python:3.13-slim-bookworm"
OFFLINE_BASE = "localhost/shopx-kind/debian"
REGISTRY = "localhost/shopx"
TARGETS = ("operator", "postgres", "valkey", "app")
RELEASES = {
    "next": "next.py",
    "broken": "broken.py",
    "alone": "alone.py",
    "alone-broken": "alone_broken.py",
}
"""More releases of the application, for the tests of upgrades, by their migrations."""
GIB = 1024**3
MEMORY_GIB = 5
DISK_GIB = 12


@dataclass(frozen=True, slots=True)
class Cluster:
    """One kind cluster."""

    name: str
    port: int
    """Of this machine, where the ingress listens."""
    kubeconfig: Path | None
    """`None` = the person's own."""

    @property
    def context(self) -> str:
        """Its name in the kubeconfig."""
        return f"kind-{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """What commands about it run with."""
        # The plugin of kubectl is beside this Python.
        path = (str(CACHE / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        made = {**os.environ, "PATH": ":".join(path)}
        made |= {"DOCKER_BUILDKIT": "0", "SHOPX_E2E_CONTEXT": self.context}
        made |= {"SHOPX_E2E_PORT": str(self.port)}
        if self.kubeconfig is not None:
            made["KUBECONFIG"] = str(self.kubeconfig)
            made["KUBECACHEDIR"] = f"{self.kubeconfig}.cache"
        return made


TESTS = Cluster("shopx-e2e", 18080, CACHE / "shopx-e2e.kubeconfig")
TRYING = Cluster("shopx", 8080, None)


class Problem(Exception):  # noqa: N818 -- reads as what it is
    """Something went wrong; the message says what."""


def say(text: str) -> None:
    """One line about what happens."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Say what was done and how long it took."""
    began = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - began:.0f} s)")


def run(cluster: Cluster, *words: object) -> str:
    """Run a command; returns what it wrote to stdout.

    Raises:
        Problem: It failed.
    """
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        shown = " ".join(str(word) for word in words[:6])
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise Problem(f"`{shown}` ended with {done.returncode}:\n{said}")
    return done.stdout


def check_machine() -> None:
    """Refuse early what cannot work.

    Raises:
        Problem: This machine cannot run a cluster.
    """
    lacks = []
    if not sys.platform.startswith("linux"):
        lacks.append("it is not Linux")
    else:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        if memory < MEMORY_GIB:
            lacks.append(f"it has {memory:.1f} GiB of memory, {MEMORY_GIB} are needed")
    free = shutil.disk_usage(Path.home()).free / GIB
    if free < DISK_GIB:
        lacks.append(f"{free:.1f} GiB of disk are free, {DISK_GIB} are needed")
    engine = subprocess.run(
        ["docker", "info"] if shutil.which("docker") else ["false"],
        capture_output=True,
        check=False,
    )
    if engine.returncode:
        if os.geteuid() != 0:
            lacks.append("no Docker engine answers, and only root can start one")
        elif not (shutil.which("dockerd") or shutil.which("apt-get")):
            lacks.append("there is no Docker engine, and no apt-get to install one")
    if lacks:
        raise Problem(f"this machine cannot run a cluster: {'; '.join(lacks)}")


def base(cluster: Cluster) -> str:
    """The image that all images are built from."""
    reachable = subprocess.run(
        ["timeout", "20", "docker", "manifest", "inspect", PUBLIC_BASE],
        env=cluster.environment,
        capture_output=True,
        check=False,
    )
    return OFFLINE_BASE if reachable.returncode else PUBLIC_BASE


def build(cluster: Cluster, name: str, *options: object) -> str:
    """Build an image; returns its name with a tag that its content has alone."""
    untagged = f"{REGISTRY}/{name}:latest"
    run(cluster, "docker", "build", "-q", "-t", untagged, *options)
    found = run(cluster, "docker", "image", "inspect", "-f", "{{.Id}}", untagged).strip()
    tagged = f"{REGISTRY}/{name}:{found.removeprefix('sha256:')[:12]}"
    run(cluster, "docker", "tag", untagged, tagged)
    return tagged


def images(cluster: Cluster, *, releases: bool) -> dict[str, str]:
    """Build all images; returns their names by target.

    Args:
        cluster: Which.
        releases: Whether the tests' further releases are wanted too.
    """
    chosen = base(cluster)
    made = {}
    for target in TARGETS:
        with step(f"image {target}"):
            made[target] = build(
                *(cluster, target, "-f", "deploy/Dockerfile", "--target", target),
                *("--build-arg", f"BASE={chosen}", "."),
            )
    if releases:
        folder = ROOT / "tests" / "e2e" / "releases"
        for release, migration in RELEASES.items():
            # The same name as the application: a release is another tag of it.
            further = build(
                *(cluster, f"app-{release}", "--build-arg", f"FROM={made['app']}"),
                *("--build-arg", f"MIGRATION={migration}", folder),
            )
            made[release] = f"{made['app']}-{release}"
            run(cluster, "docker", "tag", further, made[release])
    forget_others(cluster, made)
    return made


def forget_others(cluster: Cluster, made: dict[str, str]) -> None:
    """Remove earlier builds of these images from the engine: a dozen of them fills a disk.

    Clusters have their own copies, and what is still used for building stays as `latest`.
    """
    named = run(cluster, "docker", "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    old = [
        name
        for name in named
        if name.startswith(f"{REGISTRY}/")
        and not name.endswith(":latest")
        and name not in made.values()
    ]
    if old:
        run(cluster, "docker", "image", "rm", *old)


def install(cluster: Cluster, made: dict[str, str]) -> None:
    """Install or upgrade the chart with these images."""
    values = {}
    for key, target in (
        ("image", "operator"),
        ("dashboards.app", "app"),
        ("dashboards.postgres", "postgres"),
        ("dashboards.redis", "valkey"),
    ):
        values[f"{key}.repository"], _, values[f"{key}.tag"] = made[target].rpartition(":")
    options = [word for key, value in values.items() for word in ("--set-string", f"{key}={value}")]
    with step("operator installed"):
        run(
            *(cluster, "helm", "upgrade", "--install", "shopx", "charts/shopx-operator"),
            *("--kube-context", cluster.context, "--namespace", SYSTEM, "--create-namespace"),
            *("--wait", "--timeout", "3m", *options),
        )


def offline(cluster: Cluster, *words: str) -> None:
    """Let hack/kind-offline/up.sh make what is missing, and say what it does.

    Raises:
        Problem: It failed.
    """
    made = subprocess.run(
        [KIND_OFFLINE, *words], env=cluster.environment, stdin=subprocess.DEVNULL, check=False
    )
    if made.returncode:
        raise Problem(f"hack/kind-offline/up.sh {words[0]} failed")


def up(cluster: Cluster) -> str:
    """Make what is missing: cluster, ingress, images, operator; returns the release's version."""
    check_machine()
    began = time.monotonic()
    CACHE.mkdir(parents=True, exist_ok=True)
    offline(cluster, "engine")
    with ThreadPoolExecutor() as pool:
        # Images can be built while the cluster's pods start.
        ingress = pool.submit(offline, cluster, "ingress", cluster.name, str(cluster.port))
        names = images(cluster, releases=cluster is TESTS)
        ingress.result()
    with step("images loaded"):
        run(cluster, "kind", "load", "docker-image", "--name", cluster.name, *names.values())
    install(cluster, names)
    say(f"the cluster {cluster.name} is ready ({time.monotonic() - began:.0f} s)")
    return names["app"].rpartition(":")[2]


def down(cluster: Cluster) -> None:
    """Remove a cluster; images and tools stay for the next one."""
    run(cluster, "kind", "delete", "cluster", "--name", cluster.name)
    say(f"the cluster {cluster.name} is removed")


def exists(cluster: Cluster) -> bool:
    """Whether a cluster was there before."""
    kind = CACHE / "bin" / "kind"
    if not kind.exists():
        return False
    done = subprocess.run(
        [kind, "get", "clusters"], env=cluster.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return cluster.name in done.stdout.split()


def test(words: list[str]) -> int:
    """Bring the tests' cluster up, run them, and remove it unless it was there before."""
    stays = exists(TESTS)
    version = up(TESTS)
    # What kubectl remembers from before the chart was installed, or of an earlier cluster.
    shutil.rmtree(TESTS.environment["KUBECACHEDIR"], ignore_errors=True)
    try:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist"),
                *words,
            ],
            cwd=ROOT,
            env=TESTS.environment | {"SHOPX_E2E_VERSION": version},
            check=False,
        ).returncode
    finally:
        if not stays:
            down(TESTS)


def compare(words: list[str]) -> int:
    """Put other autoscalers on the tests' cluster, and run them and ours side by side."""
    stays = exists(TESTS)
    up(TESTS)
    try:
        with step("other autoscalers"):
            offline(TESTS, "autoscalers", TESTS.name)
        return subprocess.run(
            [sys.executable, "bench/autoscalers.py", *words],
            cwd=ROOT,
            env=TESTS.environment | {"SHOPX_VEGETA": str(CACHE / "autoscalers" / "vegeta")},
            check=False,
        ).returncode
    finally:
        if not stays:
            down(TESTS)


def kind() -> None:
    """A cluster with everything on it, for trying things."""
    up(TRYING)
    manifest = ROOT / "examples" / "kind.yaml"
    kubectl = (TRYING, "kubectl", "--context", TRYING.context)
    run(*kubectl, "apply", "-f", manifest)
    with step("dashboard ready"):
        run(*kubectl, "wait", "--for=condition=Ready", "adash/demo", "--timeout=5m")
    say(f"open http://demo.localhost:{TRYING.port}")
    say("remove everything: .venv/bin/python hack/e2e.py remove")


def chosen(words: list[str], otherwise: str) -> list[str]:
    """The folder of the tests, unless some are named."""
    return [] if any(word.startswith("tests/") for word in words) else [otherwise]


def main(words: list[str]) -> int:
    """Run one command."""
    command, *rest = words or ["test"]
    match command:
        case "kind":
            kind()
        case "remove":
            down(TRYING)
        case "test":
            return test([*chosen(rest, "tests/e2e"), "--ignore=tests/e2e/full", *rest])
        case "full":
            return test([*chosen(rest, "tests/e2e/full"), *rest])
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
    except Problem as problem:
        sys.exit(f"error: {problem}")
