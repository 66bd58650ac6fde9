"""An API server with just enough of Kubernetes to run the operator against, in this process.

It keeps objects, versions and watches, applies with field ownership left out, collects what a
removed owner leaves, and plays the controllers: workloads serve and Jobs end as soon as they are
there. What it does not do (admission, defaults, merging by field) the tests of a real cluster
cover.
"""

import asyncio
import contextlib
import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shopx_core.resource.versions import DEPRECATED, VERSION
from shopx_operator.manifests.kinds import (
    DASHBOARD,
    EVENT,
    LEASE,
    SECRET,
    WATCHED,
    ResourceKind,
)
from tests.support.api_discovery import CRD, NAMESPACE, groups, resources

Object = dict[str, Any]
Place = tuple[str, str]
KINDS = {
    (kind.group, kind.plural): kind
    for kind in (*WATCHED, SECRET, DASHBOARD, EVENT, LEASE, NAMESPACE, CRD)
}
_SCALED = ("Deployment", "StatefulSet")
_MERGES = ("application/merge-patch+json", "application/strategic-merge-patch+json")


@dataclass(slots=True)
class _Watch:
    kind: ResourceKind
    version: str
    namespace: str | None
    labels: dict[str, str]
    events: asyncio.Queue[Object]


def _selected(body: Object, labels: dict[str, str]) -> bool:
    return bool(labels.items() <= body["metadata"].get("labels", {}).items())


@dataclass(slots=True)
class ApiServer:
    """The server; `url` once it runs."""

    url: str = ""
    controllers: bool = True
    """Whether workloads serve and Jobs end by themselves."""
    requests: Counter[str] = field(default_factory=Counter)
    """Requests that write, by `VERB plural`."""
    refuse: dict[Place, str] = field(default_factory=dict)
    """Kinds and names that are not taken, and why."""
    granted: dict[tuple[str, str], set[str]] | None = None
    """The verbs that are allowed, by group and resource; `None` = everything."""
    used: set[tuple[str, str, str]] = field(default_factory=set)
    """Group, resource and verb of each request that was allowed."""
    denied: set[tuple[str, str, str]] = field(default_factory=set)
    """The same of each request that was not."""
    kinds: dict[tuple[str, str], ResourceKind] = field(default_factory=lambda: dict(KINDS))
    """What it serves."""
    versions: tuple[str, ...] = (VERSION, *DEPRECATED)
    """The versions of dashboards that it serves; the first one is stored."""
    discoveries: Counter[str] = field(default_factory=Counter)
    """How often the resources of dashboards were asked for, by version."""
    unready: int = 0
    """How many reads are answered 429, as while the storage of a kind is initialized."""
    _objects: dict[ResourceKind, dict[Place, Object]] = field(default_factory=dict)
    _removed: set[str] = field(default_factory=set)
    """The uids of objects that were deleted."""
    _version: int = 0
    _watches: list[_Watch] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert self._runner.addresses
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """End everything."""
        if self._runner is not None:
            await self._runner.cleanup()

    def kubeconfig(self) -> str:
        """A kubeconfig for it."""
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "contexts": [
                    {"name": "test", "context": {"cluster": "test", "user": "test"}},
                ],
                "clusters": [{"name": "test", "cluster": {"server": self.url}}],
                "users": [{"name": "test", "user": {"token": "t"}}],
            }
        )

    # What tests see and do.

    def find(self, kind: str, name: str, namespace: str = "shop") -> Object | None:
        """One object."""
        (found,) = [one for one in self.kinds.values() if one.name == kind]
        return self._objects.get(found, {}).get((namespace, name))

    def names(self, kind: str, namespace: str = "shop") -> set[str]:
        """The names of all objects of a kind."""
        (found,) = [one for one in self.kinds.values() if one.name == kind]
        return {name for space, name in self._objects.get(found, {}) if space == namespace}

    def everything(self) -> list[Object]:
        """Copies of all objects."""
        return [copy.deepcopy(one) for kind in self._objects.values() for one in kind.values()]

    def put(self, body: Object) -> Object:
        """Create or replace an object, as a person or a controller does."""
        (kind,) = [one for one in self.kinds.values() if one.name == body["kind"]]
        return self._store(kind, copy.deepcopy(body))

    def remove(self, kind: str, name: str, namespace: str = "shop") -> None:
        """Remove an object and what it owns."""
        (found,) = [one for one in self.kinds.values() if one.name == kind]
        self._delete(found, (namespace, name))

    def condition(self, name: str, kind: str) -> Object:
        """A dashboard's condition; empty when there is none."""
        body = self.find(DASHBOARD.name, name) or {}
        for condition in body.get("status", {}).get("conditions", ()):
            if condition["type"] == kind:
                return dict(condition)
        return {}

    # Keeping objects.

    def _store(self, kind: ResourceKind, body: Object) -> Object:
        metadata = body["metadata"]
        body = _converted(kind, body, self.versions[0])
        place = (metadata["namespace"], metadata["name"])
        before = self._objects.setdefault(kind, {}).get(place)
        if before is None:
            metadata["uid"] = f"uid-{self._version}"
            metadata["generation"] = 1
            # Long ago: what waits for a handover has waited long enough.
            metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
        else:
            kept = ("uid", "generation", "creationTimestamp")
            metadata |= {key: before["metadata"][key] for key in kept}
            if body.get("spec") != before.get("spec"):
                metadata["generation"] += 1
        if self.controllers:
            _control(body)
        if before is not None and {**body, "metadata": {**metadata, "resourceVersion": ""}} == {
            **before,
            "metadata": {**before["metadata"], "resourceVersion": ""},
        }:
            return before
        self._version += 1
        metadata["resourceVersion"] = str(self._version)
        self._objects[kind][place] = body
        self._tell(kind, "ADDED" if before is None else "MODIFIED", body)
        owners = {owner["uid"] for owner in metadata.get("ownerReferences", ())}
        if owners and owners <= self._removed:
            # The garbage collector: a child that was applied after its owner went goes, too.
            self._delete(kind, place)
        return body

    def _delete(self, kind: ResourceKind, place: Place) -> Object | None:
        body = self._objects.get(kind, {}).pop(place, None)
        if body is None:
            return None
        self._removed.add(body["metadata"]["uid"])
        self._version += 1
        self._tell(kind, "DELETED", body)
        for other, objects in list(self._objects.items()):
            for where, one in list(objects.items()):
                owners = one["metadata"].get("ownerReferences", [])
                if any(owner["uid"] == body["metadata"]["uid"] for owner in owners):
                    self._delete(other, where)
        return body

    def _tell(self, kind: ResourceKind, event: str, body: Object) -> None:
        for watch in self._watches:
            same = watch.kind == kind and watch.namespace in (None, body["metadata"]["namespace"])
            if same and _selected(body, watch.labels):
                seen = _converted(kind, copy.deepcopy(body), watch.version)
                watch.events.put_nowait({"type": event, "object": seen})

    # Answering.

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        parts = ["apis", "", *parts[1:]] if parts[0] == "api" else parts
        group, version, parts = "".join(parts[1:2]), "".join(parts[2:3]), parts[3:]
        if group == DASHBOARD.group:
            self.discoveries[version] += not parts
            if version not in ("", *self.versions):
                return _error(404, "the server could not find the requested resource")
        if not parts:
            return self._discovery(request.path, group, version)
        namespace = None
        if parts[0] == "namespaces" and len(parts) > 1:
            namespace, parts = parts[1], parts[2:]
        kind = self.kinds.get((group, parts[0]))
        if kind is None:
            return _error(404, "the server could not find the requested resource")
        name = parts[1] if len(parts) > 1 else None
        sub = parts[2] if len(parts) > 2 else None
        if not self._allowed(request, kind, (namespace or "", name or ""), sub):
            return _error(403, f"the operator may not {request.method} {kind.plural}")
        if request.method == "GET":
            return await self._read(request, kind, version, (namespace, name))
        self.requests[f"{request.method} {kind.plural}{f'/{sub}' if sub else ''}"] += 1
        answer = await self._write(request, kind, (namespace or "", name or ""), sub)
        if not isinstance(answer, web.Response):
            answer = web.json_response(_converted(kind, answer, version))
        return answer

    def _discovery(self, path: str, group: str, version: str) -> web.Response:
        """What is served."""
        if path == "/version":
            return web.json_response({"major": "1", "minor": "34"})
        if path in ("/api", "/apis"):
            return web.json_response(groups(path[1:], self.kinds, self.versions))
        found = resources(group, version, self.kinds)
        if found is None:
            return _error(404, "the server could not find the requested resource")
        return web.json_response(found)

    def _allowed(
        self, request: web.Request, kind: ResourceKind, place: Place, sub: str | None
    ) -> bool:
        """Whether the Role allows a request; an apply that makes an object also creates it."""
        resource = f"{kind.plural}/{sub}" if sub else kind.plural
        verbs = {_verb(request, place[1])}
        applied = request.content_type == "application/apply-patch+yaml"
        if applied and sub is None and place not in self._objects.get(kind, {}):
            verbs.add("create")
        rights = {(kind.group, resource, verb) for verb in verbs}
        granted = None if kind in (NAMESPACE, CRD) else self.granted
        if granted is None or verbs <= granted.get((kind.group, resource), set()):
            self.used |= rights
            return True
        self.denied |= rights
        return False

    async def _read(
        self,
        request: web.Request,
        kind: ResourceKind,
        version: str,
        place: tuple[str | None, str | None],
    ) -> web.StreamResponse:
        namespace, name = place
        if self.unready > 0:
            self.unready -= 1
            return _error(429, "storage is (re)initializing")
        objects = self._objects.get(kind, {})
        if name is not None:
            found = objects.get((namespace or "", name))
            if found is None:
                return _error(404, f"{name} not found")
            return web.json_response(_converted(kind, found, version))
        selector = request.query.get("labelSelector", "")
        labels = dict(pair.split("=") for pair in selector.split(",") if pair)
        if request.query.get("watch", "").lower() == "true":
            watch = _Watch(kind, version, namespace, labels, asyncio.Queue())
            return await self._watch(request, watch)
        items = [
            {key: value for key, value in body.items() if key not in ("kind", "apiVersion")}
            for place, body in objects.items()
            if namespace in (None, place[0]) and _selected(body, labels)
        ]
        return web.json_response(
            {
                "apiVersion": f"{kind.group}/{version}".lstrip("/"),
                "kind": f"{kind.name}List",
                "metadata": {"resourceVersion": str(self._version)},
                "items": items,
            }
        )

    async def _watch(self, request: web.Request, watch: _Watch) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        # What happened between the list and the watch.
        since = int(request.query.get("resourceVersion", "0"))
        for place, body in self._objects.get(watch.kind, {}).items():
            newer = int(body["metadata"]["resourceVersion"]) > since
            if newer and watch.namespace in (None, place[0]) and _selected(body, watch.labels):
                seen = _converted(watch.kind, body, watch.version)
                watch.events.put_nowait({"type": "MODIFIED", "object": seen})
        self._watches.append(watch)
        try:
            with contextlib.suppress(ConnectionResetError):
                while True:
                    event = await watch.events.get()
                    await response.write(json.dumps(event).encode() + b"\n")
        finally:
            self._watches.remove(watch)
        return response

    async def _write(
        self, request: web.Request, kind: ResourceKind, place: Place, sub: str | None
    ) -> web.Response | Object:
        """Carry out a request; returns the object, or another answer."""
        if request.method == "DELETE":
            gone = self._delete(kind, place)
            return web.json_response({"status": "Success"}) if gone else _error(404, "not found")
        body: Object = json.loads(await request.text())
        metadata = body.setdefault("metadata", {})
        metadata.setdefault("namespace", place[0])
        if request.method == "POST":
            metadata.setdefault("name", f"{metadata.get('generateName')}{self._version}")
            place = (place[0], metadata["name"])
        live = self._objects.get(kind, {}).get(place)
        if live is not None and request.content_type in _MERGES:
            body = _merged(live, body)
        refused = self._refusal(request.method, kind, body, live)
        if (kind.name, place[1]) in self.refuse:
            refused = (422, self.refuse[kind.name, place[1]])
        if refused is not None:
            return _error(*refused)
        if sub is not None:
            return self._write_part(kind, live, sub, body)
        if live is not None and "status" in live:
            body["status"] = live["status"]
        if kind.name in _SCALED:
            body["spec"]["replicas"] = (live or body)["spec"].get("replicas", 1)
        return self._store(kind, body)

    @staticmethod
    def _refusal(
        method: str, kind: ResourceKind, body: Object, live: Object | None
    ) -> tuple[int, str] | None:
        """Why a request conflicts with what is there."""
        if live is None:
            # A version alone does not keep an object from being made anew; its identity does.
            return (
                (409, "uid mismatch: there is no such object")
                if "uid" in body["metadata"]
                else None
            )
        if method == "POST":
            return 409, f"{kind.name} {live['metadata']['name']} exists"
        version = body["metadata"].get("resourceVersion")
        stale = version != live["metadata"]["resourceVersion"]
        named = method == "PUT" or version is not None
        return (409, "the object has been modified") if named and stale else None

    def _write_part(
        self, kind: ResourceKind, live: Object | None, sub: str, body: Object
    ) -> web.Response | Object:
        """Write a subresource alone."""
        if live is None:
            return _error(404, "not found")
        changed = copy.deepcopy(live)
        if sub == "status":
            changed["status"] = body["status"]
        else:
            changed["spec"]["replicas"] = body["spec"]["replicas"]
        return self._store(kind, changed)


def _converted(kind: ResourceKind, body: Object, version: str) -> Object:
    """An object as it is read in a version: dashboards differ by the `apiVersion` alone."""
    return body | {"apiVersion": f"{kind.group}/{version}"} if kind is DASHBOARD else body


def _merged(live: Any, patch: Any) -> Any:
    """An object with a merge patch, whose `null` removes a field."""
    if not isinstance(live, dict) or not isinstance(patch, dict):
        return patch
    merged = {key: _merged(live.get(key), value) for key, value in patch.items()}
    return {key: value for key, value in {**live, **merged}.items() if value is not None}


def _verb(request: web.Request, name: str) -> str:
    """The verb of a request, as a Role names it."""
    if request.method == "GET":
        watched = request.query.get("watch", "").lower() == "true"
        return "watch" if watched else "get" if name else "list"
    return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[request.method]


def _control(body: Object) -> None:
    """What the cluster's controllers would make of an object, at once."""
    if body["kind"] in _SCALED:
        count = body["spec"].setdefault("replicas", 1)
        body["status"] = {
            "observedGeneration": body["metadata"]["generation"],
            "replicas": count,
            "readyReplicas": count,
            "updatedReplicas": count,
        }
    if body["kind"] == "Job":
        ended = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-23T10:00:00Z"}
        body["status"] = {"conditions": [ended]}


def _error(status: int, message: str) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": status, "message": message}
    return web.json_response(body, status=status)
