"""The images of a cluster, built by the machine's Docker engine."""

from collections.abc import Sequence

from shopx_tools import ROOT
from shopx_tools.kind_cluster.cluster import Cluster, step

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


def build_images(
    cluster: Cluster, targets: Sequence[str] = TARGETS, *, releases: bool = False
) -> dict[str, str]:
    """Build images; returns their names by target.

    Args:
        cluster: Which.
        targets: Of deploy/Dockerfile.
        releases: Whether to build the tests' further releases too.
    """
    base = _base(cluster)
    made = {}
    for target in targets:
        with step(f"image {target}"):
            made[target] = _build(
                *(cluster, target, "-f", "deploy/Dockerfile", "--target", target),
                *("--build-arg", f"BASE={base}", "."),
            )
    if releases:
        folder = ROOT / "tests" / "e2e" / "releases"
        for release, migration in RELEASES.items():
            # The same name as the application: a release is another tag of it.
            further = _build(
                *(cluster, f"app-{release}", "--build-arg", f"FROM={made['app']}"),
                *("--build-arg", f"MIGRATION={migration}", folder),
            )
            made[release] = f"{made['app']}-{release}"
            cluster.run("docker", "tag", further, made[release])
    _remove_earlier(cluster, made)
    return made


def _base(cluster: Cluster) -> str:
    """The image that all images are built from."""
    inspect = ("docker", "manifest", "inspect", PUBLIC_BASE)
    return PUBLIC_BASE if cluster.succeeds("timeout", "20", *inspect) else OFFLINE_BASE


def _build(cluster: Cluster, name: str, *options: object) -> str:
    """Build an image; returns its name, tagged with a digest of its content."""
    untagged = f"{REGISTRY}/{name}:latest"
    cluster.run("docker", "build", "-q", "-t", untagged, *options)
    found = cluster.run("docker", "image", "inspect", "-f", "{{.Id}}", untagged).strip()
    tagged = f"{REGISTRY}/{name}:{found.removeprefix('sha256:')[:12]}"
    cluster.run("docker", "tag", untagged, tagged)
    return tagged


def _remove_earlier(cluster: Cluster, made: dict[str, str]) -> None:
    """Remove earlier builds of these images from the engine: a dozen of them fills a disk.

    Clusters have their own copies, and `latest` keeps the layers that the next build reuses.
    """
    named = cluster.run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    old = [
        name
        for name in named
        if name.startswith(tuple(f"{REGISTRY}/{target}:" for target in made))
        and not name.endswith(":latest")
        and name not in made.values()
    ]
    if old:
        cluster.run("docker", "image", "rm", *old)
