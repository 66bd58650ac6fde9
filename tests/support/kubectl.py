"""kubectl in tests."""

import base64
import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
RESTRICTED = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}


class KubectlError(AssertionError):
    """A command failed; the message is its output."""


def run(*words: str, stdin: str | None = None, timeout: float = 120) -> str:
    """Run a command in the repository; returns its stdout.

    Raises:
        KubectlError: It failed.
    """
    done = subprocess.run(
        words,
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        raise KubectlError(f"{' '.join(words[:20])}: {done.stderr.strip()}\n{done.stdout[-2000:]}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with a context and a namespace."""

    context: str
    namespace: str = "default"

    def __call__(self, *words: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Run kubectl; returns its stdout."""
        where = ("--context", self.context, "--namespace", self.namespace)
        return run("kubectl", *where, *words, stdin=stdin, timeout=timeout)

    def helm(self, *words: str, stdin: str | None = None, timeout: float = 200) -> str:
        """Run helm; returns its stdout."""
        where = ("--kube-context", self.context, "--namespace", self.namespace)
        return run("helm", *where, *words, stdin=stdin, timeout=timeout)

    def within(self, namespace: str) -> "Kubectl":
        """The same in another namespace."""
        return Kubectl(self.context, namespace)

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object; `None` when there is none."""
        text = self("get", kind, name, "-o", "json", "--ignore-not-found")
        found: dict[str, Any] | None = json.loads(text) if text else None
        return found

    def all_of(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        """All objects of a kind."""
        words = ["-l", selector] if selector else []
        items: list[dict[str, Any]] = json.loads(self("get", kind, "-o", "json", *words))["items"]
        return items

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects."""
        self("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def patch(self, kind: str, name: str, patch: dict[str, Any], *more: str) -> None:
        """A merge patch."""
        self("patch", kind, name, "--type=merge", "-p", json.dumps(patch), *more)

    def evict(self, pod: str) -> None:
        """Ask a pod to go as a drain does.

        Raises:
            KubectlError: A disruption budget keeps it.
        """
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": self.namespace},
        }
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/eviction"
        self("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))

    def secret(self, name: str, key: str) -> str:
        """A Secret's value."""
        found = self.get("secret", name)
        assert found is not None, f"there is no Secret {name}"
        return base64.b64decode(found["data"][key]).decode()

    def condition(self, name: str, kind: str = "Ready") -> dict[str, Any]:
        """A dashboard's condition; empty when it has none yet."""
        found = self.get("adash", name) or {}
        for condition in found.get("status", {}).get("conditions", ()):
            if condition["type"] == kind:
                return dict(condition)
        return {}

    def until(
        self,
        what: str,
        holds: Callable[[], Any],
        seconds: float = 120,
        interval: float = 0.5,
    ) -> Any:
        """Wait until something holds; returns what `holds` returned.

        Args:
            what: Named in the message of the failure.
            holds: Called again and again.
            seconds: How long.
            interval: The pause between two calls, in seconds.
        """
        until = time.monotonic() + seconds
        while True:
            try:
                found = holds()
            except KubectlError:
                found = None
            if found:
                return found
            assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}\n{self.picture()}"
            time.sleep(interval)

    def until_condition(self, name: str, kind: str, status: str, seconds: float = 180) -> Any:
        """Wait for a dashboard's condition, of the newest generation."""

        def holds() -> Any:
            found = self.get("adash", name)
            condition = self.condition(name, kind)
            newest = (
                found and condition.get("observedGeneration") == found["metadata"]["generation"]
            )
            return condition if newest and condition["status"] == status else None

        return self.until(f"{name}: {kind}={status}", holds, seconds)

    def until_settled(self, name: str, seconds: float = 180) -> None:
        """Wait until a dashboard serves its newest generation."""
        self.until_condition(name, "Progressing", "False", seconds)
        self.until_condition(name, "Ready", "True", seconds)

    def picture(self) -> str:
        """The cluster's state, for the message of a failed test."""
        parts = []
        conditions = (
            "jsonpath={range .items[*].status.conditions[*]}{.type}={.status} {.reason}:"
            " {.message}{'\\n'}{end}"
        )
        for words in (
            ("get", "adash,pods,jobs", "-o", "wide"),
            ("get", "adash", "-o", conditions),
            ("get", "events", "--sort-by=.lastTimestamp"),
        ):
            try:
                parts.append("\n".join(self(*words).splitlines()[-25:]))
            except KubectlError as error:
                parts.append(str(error))
        return "\n\n".join(parts)

    @contextmanager
    def python(self, where: str, code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run Python in a pod until the block ends, which closes its standard input.

        Args:
            where: The pod, or its owner.
            code: What to run.
            words: Its arguments.
        """
        process = subprocess.Popen(
            [
                *("kubectl", "--context", self.context, "--namespace", self.namespace),
                *("exec", "-i", where, "--", "python", "-c", code, *words),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)
            assert process.stdout is not None
            process.stdout.close()

    @contextmanager
    def forwarded(self, what: str, port: int) -> Iterator[int]:
        """A port of a Service or pod on this machine; yields the local one."""
        local = free_port()
        with subprocess.Popen(
            [
                *("kubectl", "--context", self.context, "--namespace", self.namespace),
                *("port-forward", what, f"{local}:{port}"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert line.startswith("Forwarding from"), line
                yield local
            finally:
                process.terminate()


def own_namespace(cluster: Kubectl, test: str) -> Iterator[Kubectl]:
    """Kubectl in a new namespace, which enforces restricted Pod Security and is deleted after."""
    readable = re.sub(r"[^a-z0-9]+", "-", test.rpartition("/")[2].lower()).strip("-")[:30]
    name = f"{readable.strip('-')}-{uuid.uuid4().hex[:6]}"
    cluster("create", "namespace", name)
    cluster("label", "namespace", name, *(f"{key}={value}" for key, value in RESTRICTED.items()))
    own = cluster.within(name)
    yield own
    if os.environ.get("SHOPX_E2E_KEEP"):
        return
    try:
        cluster("delete", "namespace", name, "--wait=false")
    except KubectlError as error:
        pytest.fail(str(error))
