"""A fake cluster: applied objects, and controllers that the test runs step by step."""

import copy
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.scaling import Decision
from shopx_operator.manifests import migration, names, secrets
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.render import render
from shopx_operator.planning.database_servers import with_servers
from shopx_operator.planning.drift import differs
from shopx_operator.planning.known_database import with_database
from shopx_operator.planning.observed_state import Key, ObservedState, belongs_to
from shopx_operator.planning.plan import ReconcilePlan, make_plan
from shopx_operator.planning.preflight import preflight
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.pruning import prunable
from shopx_operator.planning.rotation import without_previous_password
from shopx_operator.status.fold import FoldState
from shopx_operator.status.inputs import ConditionValue, StatusInput
from shopx_operator.status.status import status
from tests.support.rendering import context

START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


_FINE = FoldState(answered=True, behind=False)


@dataclass(slots=True)
class Cluster:
    """What is there, and when it is.

    `reconcile` is what the operator's loop does, without any I/O: decide, apply, scale, retry,
    prune, status. What controllers would do is said by the test, step by step.
    """

    objects: dict[Key, Object] = field(default_factory=dict)
    pods: list[Object] = field(default_factory=list)
    now: dt.datetime = START
    status: dict[str, Any] = field(default_factory=dict)
    refuse: dict[Key, Problem] = field(default_factory=dict)
    """Objects that the API server does not take, and why."""
    reject: dict[Key, str] = field(default_factory=dict)
    """Objects whose spec cannot change, and why."""
    applied: list[Key] = field(default_factory=list)
    """What the last reconcile applied."""
    scaled: Decision | None = None
    """The scaling decision that is there to show."""
    redis: WriteResult | None = None
    """The result of publishing the tuning to the dashboard's Redis."""
    columns: ConditionValue | None = None
    """What the pods' metrics say about the columnar replica."""
    fold: FoldState | None = _FINE
    """What the fold reports."""
    made: int = 0
    """How many objects were created, for their uids."""
    autoscaled: dict[str, str] = field(default_factory=dict)
    """Deployments that a HorizontalPodAutoscaler of others scales, with its name."""

    def reconcile(self, spec: Mapping[str, Any] | None = None, **how: Any) -> ReconcilePlan:
        """One round; the arguments are those of `tests.support.rendering.context`."""
        made = context(dict(spec or {}), **how)
        found = preflight(made)
        observed = self.observed()
        made = with_servers(made, observed)
        known = secrets.complete(made, lambda: "d" * 43)
        made = replace(made, facts=replace(made.facts, secrets=known))
        made = without_previous_password(made, observed)
        made = with_database(made, observed, self.status)
        plan = make_plan(made, render(made), observed, found, self.now)
        errors = self._carry_out(plan)
        seen = StatusInput(
            context=made,
            observed=self.observed(),
            plan=plan,
            problems=found,
            errors=errors,
            now=self.now,
            scaling_decision=self.scaled,
            tuning_write_result=self.redis,
            columns=self.columns,
            fold=self.fold,
        )
        self.status = status(seen, self.status)
        return plan

    def observed(self) -> ObservedState:
        """What the operator observes."""
        return ObservedState(dict(self.objects), tuple(self.pods), self.autoscaled)

    def _carry_out(self, plan: ReconcilePlan) -> list[Problem]:
        self.applied = []
        errors = []
        refused = set()
        discarded = [(one["kind"], one["metadata"]["name"]) for one in (plan.discard,) if one]
        for key in (*plan.withdraw, *discarded):
            del self.objects[key]
        for wanted in plan.apply:
            key = (wanted["kind"], wanted["metadata"]["name"])
            problem = self.refuse.get(key) or self._rejection(key, wanted)
            if problem:
                errors.append(problem)
                refused.add(key[0])
                continue
            self.applied.append(key)
            self._apply(key, wanted)
        live = self.objects | {("Pod", one["metadata"]["name"]): one for one in self.pods}
        for patch in plan.patches:
            _merge(live[patch["kind"], patch["metadata"]["name"]], patch)
        for scale in plan.scale:
            self.objects[scale.kind, scale.name]["spec"]["replicas"] = scale.replicas
        for key in plan.retry:
            del self.objects[key]
        replaced = {name for _, name in plan.replace}
        self.pods = [one for one in self.pods if one["metadata"]["name"] not in replaced]
        for key in prunable(plan.prune, refused):
            del self.objects[key]
        return errors

    def _rejection(self, key: Key, wanted: Object) -> Problem | None:
        changes = key in self.reject and differs(
            {"spec": self.objects[key]["spec"]}, {"spec": wanted["spec"]}
        )
        return Problem("ApplyFailed", self.reject[key]) if changes else None

    def bind(self, capacity: str = "1Gi") -> None:
        """The database's claim gets a volume."""
        for (kind, _), claim in self.objects.items():
            if kind == "PersistentVolumeClaim":
                claim["spec"].setdefault("storageClassName", "standard")
                claim["spec"]["volumeName"] = "pv-1"
                claim["status"] = {"phase": "Bound", "capacity": {"storage": capacity}}

    def runs(self, component: str, *names_: str) -> None:
        """These are the running pods of a component, and no others."""
        self.pods = [
            one
            for one in self.pods
            if one["status"].get("phase") != "Running" or not belongs_to(one, component)
        ]
        for name in names_:
            made = pod(name, component, {"running": {}}, phase="Running")
            self.pods.append(made)

    def _apply(self, key: Key, wanted: Object) -> None:
        live = self.objects.get(key, {"status": {}, "spec": {}})
        made = copy.deepcopy(wanted)
        metadata = live.get("metadata", {})
        made["metadata"]["generation"] = metadata.get("generation", 0) + 1
        if not metadata:
            self.made += 1
        made["metadata"]["uid"] = metadata.get("uid", f"{key[1]}-{self.made}")
        made["metadata"]["creationTimestamp"] = metadata.get(
            "creationTimestamp", self.now.isoformat()
        )
        if "deletionTimestamp" in metadata:
            made["metadata"]["deletionTimestamp"] = metadata["deletionTimestamp"]
        if wanted["kind"] in ("Deployment", "StatefulSet"):
            made["spec"]["replicas"] = live["spec"].get("replicas", 1)
        if wanted["kind"] == "PersistentVolumeClaim":
            made["spec"] = live["spec"] | made["spec"]
        made["status"] = live.get("status", {})
        self.objects[key] = made

    def __getitem__(self, key: Key) -> Object:
        return self.objects[key]

    def __contains__(self, key: object) -> bool:
        return key in self.objects

    def replicas(self, name: str, kind: str = "Deployment") -> int:
        """How many pods a workload asks for."""
        count: int = self.objects[kind, name]["spec"]["replicas"]
        return count

    def serves(self, *names_: str) -> None:
        """All pods of these workloads run the newest template; without names, of all workloads."""
        for (kind, name), made in self.objects.items():
            if kind in ("Deployment", "StatefulSet") and (not names_ or name in names_):
                count = made["spec"]["replicas"]
                made["status"] = {
                    "observedGeneration": made["metadata"]["generation"],
                    "replicas": count,
                    "readyReplicas": count,
                    "updatedReplicas": count,
                }

    def away(self, name: str, kind: str = "Deployment") -> None:
        """No pod of a workload serves."""
        self.objects[kind, name]["status"] |= {"readyReplicas": 0}

    def job(self) -> str:
        """The name of the one migration Job that is there."""
        (name,) = [
            name
            for kind, name in self.objects
            if kind == "Job" and f"-{migration.COMPONENT}-" in name
        ]
        return name

    def ends(
        self,
        job: str,
        state: str,
        message: str = "",
        component: str = "migrate",
        reason: str = "BackoffLimitExceeded",
    ) -> None:
        """A Job ends, `Complete` or `Failed`, and its last pod leaves a message."""
        made = self.objects["Job", job]
        ended = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        made["status"] = {
            "startTime": (self.now - dt.timedelta(seconds=7)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [
                {
                    "type": state,
                    "status": "True",
                    "reason": reason if state == "Failed" else "",
                    "lastTransitionTime": ended,
                }
            ],
        }
        self.pods.append(
            pod(
                f"{job}-x",
                component,
                {"terminated": {"finishedAt": ended, "message": message}},
                labels={"batch.kubernetes.io/job-name": job},
            )
        )

    def pass_(self, **time: float) -> None:
        """Time goes by."""
        self.now += dt.timedelta(**time)

    def running(self, spec: Mapping[str, Any] | None = None, **how: Any) -> None:
        """Bring a new dashboard to where everything serves."""
        self.reconcile(spec, **how)
        self.bind()
        self.serves()
        self.reconcile(spec, **how)
        self.ends(self.job(), "Complete", "The database is at revision 008.")
        self.reconcile(spec, **how)
        self.reconcile(spec, **how)
        self.serves()
        self.reconcile(spec, **how)

    def condition(self, kind: str) -> tuple[str, str]:
        """The status and the reason of a condition."""
        found = self._condition(kind)
        return found["status"], found["reason"]

    def message(self, kind: str) -> str:
        """What a condition says."""
        text: str = self._condition(kind)["message"]
        return text

    def since(self, kind: str) -> str:
        """Since when a condition has its status."""
        text: str = self._condition(kind)["lastTransitionTime"]
        return text

    def _condition(self, kind: str) -> dict[str, Any]:
        (found,) = [one for one in self.status["conditions"] if one["type"] == kind]
        return dict(found)


def pod(
    name: str,
    component: str,
    state: dict[str, Any],
    labels: dict[str, str] | None = None,
    phase: str = "",
    **more: Any,
) -> Object:
    """A pod with one container in a state."""
    return {
        "metadata": {
            "name": name,
            "labels": {names.LABEL_COMPONENT: component} | (labels or {}),
        },
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": component, "state": state} | more],
        },
    }


def _merge(live: Object, patch: Object) -> None:
    """A merge patch: `None` takes a key away."""
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(live.setdefault(key, {}), value)
        elif value is None:
            live.pop(key, None)
        else:
            live[key] = value


def keys(objects: tuple[Object, ...]) -> set[Key]:
    """Kind and name of objects."""
    return {(one["kind"], one["metadata"]["name"]) for one in objects}


__all__ = ["START", "Cluster", "Context", "keys", "pod"]
