"""Asking a cluster, through kubectl."""

import base64
import binascii
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from shopx_core.errors import NotFound, Unavailable
from shopx_core.resource.v1alpha1 import GROUP, PLURAL
from shopx_core.scaling import Memory
from shopx_core.scaling.measurement import Page, read

_INSTANCE: Final = "app.kubernetes.io/instance"
_COMPONENT: Final = "app.kubernetes.io/component"
_SECONDS: Final = 30
_AT_ONCE: Final = 8
_API_PORT: Final = 8000

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as kubectl reaches it.

    Args:
        options: What every call gets, such as `--context` and `--namespace`.
    """

    options: tuple[str, ...] = ()

    def dashboards(self, name: str | None) -> list[Object]:
        """One dashboard, or all of the namespace.

        Raises:
            NotFound: There is none of that name.
            Unavailable: kubectl cannot be run, or says why not.
        """
        kind = f"{PLURAL}.{GROUP}"
        if name is not None:
            return [self._json("get", kind, name)]
        items: list[Object] = self._json("get", kind)["items"]
        return items

    def memory(self, name: str) -> Memory:
        """What scaling remembers of a dashboard.

        Raises:
            NotFound: Nothing yet.
            Unavailable: It cannot be read.
        """
        selector = f"{_INSTANCE}={name},{GROUP}/memory=true"
        found = self._json("get", "configmaps", "-l", selector)["items"]
        if not found:
            raise NotFound(
                f"No decision about {name} is kept.",
                hint="`kubectl get adash` says whether it serves; the first comes seconds after.",
            )
        try:
            return Memory.unpacked(base64.b64decode(found[0]["binaryData"]["memory"]))
        except (KeyError, ValueError, binascii.Error) as error:
            raise Unavailable(
                f"What scaling remembers of {name} cannot be read: {error}.",
                hint="Use the release of this command that the operator has.",
            ) from error

    def pages(self, name: str) -> dict[str, Page]:
        """What the API's pods show right now; who does not answer is left out."""
        selector = f"{_INSTANCE}={name},{_COMPONENT}=api"
        pods = self._json("get", "pods", "-l", selector)["items"]
        names = [pod["metadata"]["name"] for pod in pods]
        spaces = [pod["metadata"]["namespace"] for pod in pods]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(self._page, spaces, names)
            return {pod: page for pod, page in zip(names, found, strict=True) if page is not None}

    def _page(self, namespace: str, pod: str) -> Page | None:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}:{_API_PORT}/proxy/metrics?by=cache"
        try:
            return read(self._run("get", "--raw", path), time.time())
        except (Unavailable, NotFound, ValueError):
            return None

    def _json(self, *words: str) -> Object:
        answer: Object = json.loads(self._run(*words, "-o", "json"))
        return answer

    def _run(self, *words: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 -- kubectl with words of this module and the person's own
                ["kubectl", *words, *self.options],  # noqa: S607 -- the person's kubectl, from their PATH
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
            said = done.stderr.strip().removeprefix("Error from server ")
            kind = NotFound if "NotFound" in said else Unavailable
            raise kind(f"kubectl: {said}")
        return done.stdout
