"""Reads from a cluster through kubectl."""

import base64
import binascii
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from shopx_core.errors import NotFound, Unavailable
from shopx_core.resource.v1beta1 import GROUP, PLURAL
from shopx_core.scaling import PersistedState
from shopx_core.scaling.measurement import Scrape, parse_scrape

_INSTANCE: Final = "app.kubernetes.io/instance"
_COMPONENT: Final = "app.kubernetes.io/component"
_SECONDS: Final = 30
_AT_ONCE: Final = 8
_METRICS_PORT: Final = 9100

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that kubectl can access.

    Args:
        options: Options of every call, such as `--context` and `--namespace`.
    """

    options: tuple[str, ...] = ()

    def dashboards(self, name: str | None) -> list[Object]:
        """One dashboard, or all dashboards of the namespace.

        Raises:
            NotFound: There is no dashboard of that name.
            Unavailable: kubectl cannot be run, or failed.
        """
        kind = f"{PLURAL}.{GROUP}"
        if name is not None:
            return [self._json("get", kind, name)]
        items: list[Object] = self._json("get", kind)["items"]
        return items

    def memory(self, name: str) -> PersistedState:
        """The memory of a dashboard's scaling.

        Raises:
            NotFound: There is no memory yet.
            Unavailable: The memory cannot be read.
        """
        selector = f"{_INSTANCE}={name},{GROUP}/memory=true"
        found = self._json("get", "configmaps", "-l", selector)["items"]
        if not found:
            raise NotFound(
                f"No decision about {name} is recorded.",
                hint="`kubectl get adash` shows whether it is ready; decisions follow in seconds.",
            )
        try:
            return PersistedState.from_bytes(base64.b64decode(found[0]["binaryData"]["memory"]))
        except (KeyError, ValueError, binascii.Error) as error:
            raise Unavailable(
                f"The memory of {name}'s scaling cannot be read: {error}.",
                hint="Use the same release of this command as of the operator.",
            ) from error

    def cronjob(self, name: str, component: str) -> str:
        """The CronJob of a dashboard's component.

        Raises:
            NotFound: There is none yet.
        """
        selector = f"{_INSTANCE}={name},{_COMPONENT}={component}"
        found = self._json("get", "cronjobs", "-l", selector)["items"]
        if not found:
            raise NotFound(
                f"{name} has no CronJob {component} yet.",
                hint="It follows the migration: `kubectl adash status` shows how far that is.",
            )
        made: str = found[0]["metadata"]["name"]
        return made

    def create_job(self, job: str, cronjob: str) -> None:
        """Start a run of a CronJob."""
        self._run("create", "job", job, f"--from=cronjob/{cronjob}")

    def wait_for_job(self, job: str) -> bool:
        """Whether a Job succeeds, once it has ended."""
        while True:
            for condition in self._json("get", "job", job).get("status", {}).get("conditions", ()):
                if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
                    return bool(condition["type"] == "Complete")
            time.sleep(2)

    def patch(self, name: str, patch: Object) -> None:
        """Merge into a dashboard."""
        kind = f"{PLURAL}.{GROUP}"
        self._run("patch", kind, name, "--type=merge", "-p", json.dumps(patch))

    def definition(self) -> Object:
        """The CustomResourceDefinition of dashboards.

        Raises:
            NotFound: The cluster has none.
            Unavailable: kubectl cannot be run, or failed.
        """
        return self._json("get", "customresourcedefinition", f"{PLURAL}.{GROUP}")

    def dashboards_everywhere(self, version: str) -> list[tuple[str, str]]:
        """Namespace and name of each dashboard of the cluster."""
        kind = f"{PLURAL}.{version}.{GROUP}"
        items = self._json("get", kind, "--all-namespaces")["items"]
        return [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in items]

    def rewrite(self, version: str, namespace: str, name: str) -> None:
        """Write a dashboard with no change, so that it is stored anew.

        By way of its status: no webhook that judges specs is asked.
        """
        kind = f"{PLURAL}.{version}.{GROUP}"
        where = ("--namespace", namespace, "--subresource=status")
        self._run("patch", kind, name, *where, "--type=merge", "-p", "{}")

    def prune_stored_versions(self, definition: Object, version: str) -> None:
        """Note that everything is stored in one version.

        Raises:
            Unavailable: The definition has changed since it was read, or may not be changed.
        """
        metadata = definition["metadata"]
        patch = {
            "metadata": {"resourceVersion": metadata["resourceVersion"]},
            "status": {"storedVersions": [version]},
        }
        words = ("--subresource=status", "--type=merge", "-p", json.dumps(patch))
        self._run("patch", "customresourcedefinition", metadata["name"], *words)

    def delete_volume(self, name: str) -> None:
        """Delete the claim of a dashboard's database, and the pod that holds it."""
        selector = f"{_INSTANCE}={name},{_COMPONENT}=database"
        self._run("delete", "pvc", "-l", selector, "--wait=false")
        self._run("delete", "pod", "-l", selector, "--wait=false")

    def scrapes(self, name: str) -> dict[str, Scrape]:
        """The metrics of the API pods, by pod; pods that do not answer are left out."""
        selector = f"{_INSTANCE}={name},{_COMPONENT}=api"
        pods = self._json("get", "pods", "-l", selector)["items"]
        names = [pod["metadata"]["name"] for pod in pods]
        spaces = [pod["metadata"]["namespace"] for pod in pods]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = zip(names, pool.map(self._scrape, spaces, names), strict=True)
            return {pod: scrape for pod, scrape in found if scrape is not None}

    def _scrape(self, namespace: str, pod: str) -> Scrape | None:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}:{_METRICS_PORT}/proxy/metrics?by=cache"
        try:
            return parse_scrape(self._run("get", "--raw", path), time.time())
        except (Unavailable, NotFound, ValueError):
            return None

    def _json(self, *words: str) -> Object:
        answer: Object = json.loads(self._run(*words, "-o", "json"))
        return answer

    def _run(self, *words: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 -- arguments of this module and the user's own
                ["kubectl", *words, *self.options],  # noqa: S607 -- the user's kubectl, from their PATH
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise Unavailable(
                "kubectl is not on the PATH.", hint="https://kubernetes.io/docs/tasks/tools/"
            ) from None
        except subprocess.TimeoutExpired:
            raise Unavailable(f"kubectl did not answer in {_SECONDS} s.") from None
        if done.returncode:
            message = done.stderr.strip().removeprefix("Error from server ")
            kind = NotFound if "NotFound" in message else Unavailable
            raise kind(f"kubectl: {message}")
        return done.stdout
