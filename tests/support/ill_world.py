"""A cluster whose controllers run by themselves, and in which everything may go wrong."""

import copy
import datetime as dt
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.secrets import decoded
from shopx_operator.planning.drift import ANNOTATION
from shopx_operator.planning.observed_state import Key
from tests.support.cluster import Cluster, pod

CLAIM: Final = ("PersistentVolumeClaim", "sales-database")
SERVER: Final = ("StatefulSet", "sales-database")
SECRET: Final = ("Secret", "sales-database")
REFUSAL: Final = 'FATAL:  invalid value for parameter "work_mem": "32MBB"'
GOOD, BAD = "8MB", "32MBB"


def _database(**bundled: Any) -> dict[str, Any]:
    return {"database": {"bundled": bundled}}


EDITS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"version": "2.0.0"},
    {"suspend": True},
    {"api": {"replicas": 3}},
    {"api": {"autoscaling": {"mode": "hpa", "min": 2, "max": 5}}},
    {"workers": {"replicas": 0}},
    {"podTemplate": {"annotations": {"team": "sales"}}},
    {"ingress": {"host": "sales.example.com"}, "auth": {"public": True}},
    {"refresh": {"views": [{"name": "mine", "schedule": "0 * * * *"}]}},
    {"monitoring": {"grafanaDashboard": False}},
    {"columns": {"enabled": False}},
    _database(parameters={"work_mem": GOOD}),
    _database(parameters={"work_mem": BAD}),
    _database(storage={"size": "20Gi"}),
    _database(storage={"className": "tpyo"}),
    _database(storage={"className": "standard"}),
    {"cache": {"redis": {"bundled": {"instances": 3}}}},
)
"""Specs that admission accepts; some of them cannot work."""


@dataclass(slots=True)
class _ServerPod:
    """The pod of the database."""

    revision: str
    arguments: list[str]
    ready: bool = False


@dataclass(slots=True)
class IllWorld:
    """One dashboard, its manifest, and what fails."""

    chance: random.Random
    cluster: Cluster = field(default_factory=Cluster)
    spec: dict[str, Any] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    """Components whose pods do not serve."""
    password: str = "first"
    _server: _ServerPod | None = None

    # What happens.

    def step(self) -> str:
        """Something happens, the controllers and the operator react; returns what it was."""
        happens: list[Callable[[], str]] = [
            self._edit,
            self._edit,
            self._delete_child,
            self._edit_child,
            self._fail,
            self._recover,
            self._rotate,
            self._recreate,
            self._wait,
        ]
        what = self.chance.choice(happens)()
        for _ in range(self.chance.randint(1, 3)):
            self.settle()
        return what

    def settle(self) -> None:
        """The controllers react, then the operator."""
        self.play()
        self.reconcile()

    def reconcile(self) -> None:
        """One round of the operator, over the Secrets in the cluster."""
        secrets = {
            name: decoded(made)
            for (kind, name), made in self.cluster.objects.items()
            if kind == "Secret"
        }
        if SECRET in self.cluster:
            secrets[SECRET[1]]["password"] = self.password
        # A claim's spec cannot change: its class cannot grow.
        self.cluster.reject = {CLAIM: "the class cannot grow"} if CLAIM in self.cluster else {}
        self.cluster.reconcile(self.spec, given=secrets)

    def heal(self, spec: dict[str, Any]) -> None:
        """The manifest is corrected, and everything works again."""
        self.spec = spec
        self.down.clear()
        before = None
        for _ in range(20):
            self.settle()
            self.cluster.pass_(minutes=2)
            now = (self.cluster.objects, self.cluster.status)
            if self.ready and now == before:
                return
            before = copy.deepcopy(now)

    def _edit(self) -> str:
        self.spec = copy.deepcopy(self.chance.choice(EDITS))
        return f"edit {self.spec}"

    def _child(self) -> Key | None:
        kept = ("Job", *(kind for kind, _ in (CLAIM, SECRET)))
        known = sorted(key for key in self.cluster.objects if key[0] not in kept)
        return self.chance.choice(known) if known else None

    def _delete_child(self) -> str:
        key = self._child()
        if key is not None:
            del self.cluster.objects[key]
        return f"delete {key}"

    def _edit_child(self) -> str:
        key = self._child()
        if key is not None:
            self.cluster[key]["metadata"]["labels"].pop(names.LABEL_NAME, None)
        return f"edit {key}"

    def _fail(self) -> str:
        part = self.chance.choice(("database", "redis", "redis-2", "api", "fold"))
        self.down.add(part)
        return f"{part} fails"

    def _recover(self) -> str:
        if not self.down:
            return "nothing"
        part = self.chance.choice(sorted(self.down))
        self.down.remove(part)
        return f"{part} recovers"

    def _rotate(self) -> str:
        self.password = f"password-{self.chance.randrange(10**6)}"
        return "another password"

    def _recreate(self) -> str:
        """The dashboard is deleted and applied again; what has no owner stays."""
        objects = self.cluster.objects
        for key in [key for key, made in objects.items() if _owned(made)]:
            del objects[key]
        self.cluster.pods.clear()
        self.cluster.status = {}
        self._server = None
        return "delete and re-create"

    def _wait(self) -> str:
        self.cluster.pass_(minutes=6)
        return "six minutes"

    # The controllers.

    def play(self) -> None:
        """What the cluster's controllers do."""
        self._bind()
        self._serve_database()
        for (kind, name), made in self.cluster.objects.items():
            if kind == "Deployment":
                count = made["spec"]["replicas"]
                away = name.removeprefix("sales-") in self.down
                made["status"] = {
                    "observedGeneration": made["metadata"]["generation"],
                    "replicas": count,
                    "readyReplicas": 0 if away else count,
                    "updatedReplicas": count,
                }
        self._run_jobs()

    def _bind(self) -> None:
        claim = self.cluster.objects.get(CLAIM)
        if claim is None or "volumeName" in claim["spec"]:
            return
        claim["metadata"]["resourceVersion"] = "1"
        if claim["spec"].setdefault("storageClassName", "standard") == "standard":
            size = claim["spec"]["resources"]["requests"]["storage"]
            claim["spec"]["volumeName"] = "pv-1"
            claim["status"] = {"capacity": {"storage": size}}

    def _serve_database(self) -> None:
        """As a StatefulSet: it replaces a pod of an older template only when that is ready."""
        workload = self.cluster.objects.get(SERVER)
        known = {one["metadata"]["name"] for one in self.cluster.pods}
        replicas = workload["spec"]["replicas"] if workload else 0
        if not replicas or "sales-database-0" not in known:
            self._server = None
        self.cluster.pods = [
            one for one in self.cluster.pods if one["metadata"]["name"] != "sales-database-0"
        ]
        if workload is None:
            return
        template = json.dumps(workload["spec"]["template"], sort_keys=True)
        revision = hashlib.sha256(template.encode()).hexdigest()[:8]
        arguments = workload["spec"]["template"]["spec"]["containers"][0]["args"]
        if replicas and (
            self._server is None or (self._server.ready and self._server.revision != revision)
        ):
            self._server = _ServerPod(revision, arguments)
        if self._server is not None:
            bound = "volumeName" in self.cluster.objects.get(CLAIM, {}).get("spec", {})
            takes = f"-cwork_mem={BAD}" not in self._server.arguments
            self._server.ready = bound and takes and "database" not in self.down
            self.cluster.pods.append(self._pod(workload, self._server))
        ready = int(self._server is not None and self._server.ready)
        updated = int(self._server is not None and self._server.revision == revision)
        workload["status"] = {
            "observedGeneration": workload["metadata"]["generation"],
            "replicas": replicas,
            "readyReplicas": ready,
            "updatedReplicas": updated,
            "updateRevision": revision,
        }

    @staticmethod
    def _pod(workload: Object, server: _ServerPod) -> Object:
        made = pod("sales-database-0", "database", {"running": {}}, phase="Running")
        made["metadata"]["labels"]["controller-revision-hash"] = server.revision
        made["metadata"]["ownerReferences"] = [{"uid": workload["metadata"]["uid"]}]
        ready = "True" if server.ready else "False"
        made["status"]["conditions"] = [{"type": "Ready", "status": ready}]
        return made

    def _run_jobs(self) -> None:
        jobs = [name for kind, name in self.cluster.objects if kind == "Job"]
        self.cluster.pods = [
            one
            for one in self.cluster.pods
            if one["metadata"]["labels"].get("batch.kubernetes.io/job-name", jobs) in (jobs, *jobs)
        ]
        for name in jobs:
            job = self.cluster["Job", name]
            if job["status"].get("conditions"):
                continue
            if "-database-check-" in name:
                arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
                bad = f"-cwork_mem={BAD}" in arguments
                state = "Failed" if bad else "Complete"
                self.cluster.ends(name, state, REFUSAL if bad else "", component="database-check")
            elif "-migrate-" in name:
                serves = self._server is not None and self._server.ready
                text = "The database is at revision 008." if serves else "error: it is away"
                self.cluster.ends(name, "Complete" if serves else "Failed", text)

    # What is true.

    @property
    def ill(self) -> str:
        """Why what the manifest asks for cannot run; empty = it may."""
        database = self.spec.get("database", {}).get("bundled", {})
        storage = database.get("storage", {})
        volume = self.cluster.objects.get(CLAIM, {})
        size = volume.get("status", {}).get("capacity", {}).get("storage")
        reasons = {
            "suspended": self.spec.get("suspend", False),
            "refused parameters": database.get("parameters", {}).get("work_mem") == BAD,
            "no such class": storage.get("className") == "tpyo",
            "no volume": size is None,
            "the volume cannot grow": storage.get("size") == "20Gi" and size == "10Gi",
            "pods are away": bool(self.down & {"database", "api", "fold"}),
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    @property
    def ready(self) -> bool:
        """Whether the status says Ready."""
        return bool(self.cluster.condition("Ready")[0] == "True")

    def state(self) -> dict[Key, Object]:
        """What is in the cluster, without what no two clusters share."""
        return {
            # A Job is what was done; its content depends on when.
            (kind, _without_digest(kind, name)): _lean(made) if kind != "Job" else {}
            for (kind, name), made in self.cluster.objects.items()
        }


def healthy(spec: dict[str, Any], like: IllWorld) -> IllWorld:
    """A dashboard that was just applied, with the database of another one."""
    fresh = IllWorld(random.Random(0), password=like.password)
    fresh.cluster.now = like.cluster.now + dt.timedelta(hours=1)
    for key in (CLAIM, SECRET):
        fresh.cluster.objects[key] = copy.deepcopy(like.cluster[key])
    fresh.heal(spec)
    return fresh


def _owned(made: Object) -> bool:
    return bool(made["metadata"].get("ownerReferences"))


def _without_digest(kind: str, name: str) -> str:
    # Of the volume's identity, among other things.
    return name.rpartition("-")[0] if kind == "Job" else name


def _lean(made: Object) -> Object:
    metadata = {
        key: value
        for key, value in made["metadata"].items()
        if key not in ("uid", "generation", "resourceVersion", "name", "creationTimestamp")
    }
    annotations = metadata.get("annotations", {})
    metadata["annotations"] = {k: v for k, v in annotations.items() if k != ANNOTATION}
    return {"metadata": metadata} | {
        key: value for key, value in made.items() if key not in ("metadata", "status")
    }
