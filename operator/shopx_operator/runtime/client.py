"""The client of the API server; every request has a timeout."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self

from kubernetes.aio.client import ApiClient as GeneratedClient
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import load_config, load_incluster_config
from kubernetes.aio.config.incluster_config import SERVICE_HOST_ENV_NAME
from kubernetes.aio.dynamic import DynamicClient
from kubernetes.aio.dynamic.exceptions import DynamicApiError

from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import ResourceKind
from shopx_operator.manifests.names import MANAGER

TIMEOUT_SECONDS: Final = 15
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
INVALID: Final = 422
_NOT_READY: Final = frozenset({429, 503, 504})
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between the attempts of a read."""


class ApiError(Exception):
    """The API server answered with an error.

    Args:
        status: The HTTP status.
        message: The API server's message.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status = status
        self.message = message


class ApiClient:
    """The requests that the operator makes.

    Args:
        api: The official client's connection; closed by `close`.
        counted: Called with the verb of each request.
        sleep: Waits between the attempts of a read.
    """

    def __init__(
        self,
        api: GeneratedClient,
        counted: Callable[[str], None] = lambda _: None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._counted = counted
        self._sleep = sleep
        self._dynamic = DynamicClient(api)  # type: ignore[no-untyped-call] # the client has no types

    @classmethod
    async def connect(cls, counted: Callable[[str], None] = lambda _: None) -> Self:
        """Connect with the pod's service account, or with the kubeconfig's current context."""
        configuration = Configuration()
        if SERVICE_HOST_ENV_NAME in os.environ:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # as above
        else:
            await load_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # as above
        return cls(GeneratedClient(configuration), counted)

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()  # type: ignore[no-untyped-call] # as above

    async def get(self, kind: ResourceKind, namespace: str, name: str) -> Object | None:
        """One object; `None` when it does not exist."""
        return await self._find(kind.path(namespace, name))

    async def all_of(
        self, kind: ResourceKind, namespace: str | None, selector: str | None = None
    ) -> list[Object]:
        """All objects of a kind; none where the cluster does not serve the kind.

        Args:
            kind: The kind.
            namespace: `None` = all namespaces.
            selector: A label selector; `None` = any labels.
        """
        found = await self._find(kind.path(namespace), label_selector=selector)
        items: list[Object] = found["items"] if found else []
        return items

    async def knows(self, kind: ResourceKind) -> bool:
        """Whether the cluster serves a kind."""
        listed = await self._find(f"/apis/{kind.group}/{kind.version}")
        return any(one["name"] == kind.plural for one in (listed or {}).get("resources", ()))

    async def apply(self, kind: ResourceKind, desired: Object, *, status: bool = False) -> Object:
        """Apply an object, or its status alone; forces ownership of its fields.

        Raises:
            ApiError: The API server refused it.
        """
        metadata = desired["metadata"]
        return await self._request(
            "PATCH",
            kind.path(metadata["namespace"], metadata["name"], "status" if status else None),
            body=desired,
            content_type="application/apply-patch+yaml",
            field_manager=MANAGER,
            force_conflicts=True,
        )

    async def merge(self, kind: ResourceKind, desired: Object) -> Object:
        """Merge-patch an object: its lists replace the live ones whole.

        Raises:
            ApiError: It does not exist, or the API server refused the patch.
        """
        metadata = desired["metadata"]
        return await self._request(
            "PATCH",
            kind.path(metadata["namespace"], metadata["name"]),
            body=desired,
            content_type="application/merge-patch+json",
            field_manager=MANAGER,
        )

    async def scale(self, kind: ResourceKind, namespace: str, name: str, replicas: int) -> None:
        """Write the number of pods to the scale subresource."""
        await self._request(
            "PATCH",
            kind.path(namespace, name, "scale"),
            body={"spec": {"replicas": replicas}},
            content_type="application/merge-patch+json",
            field_manager=MANAGER,
        )

    async def create(self, kind: ResourceKind, desired: Object) -> Object:
        """Create an object.

        Raises:
            ApiError: It exists already, or the API server refused it.
        """
        return await self._request(
            "POST", kind.path(desired["metadata"]["namespace"]), body=desired, field_manager=MANAGER
        )

    async def replace(self, kind: ResourceKind, desired: Object) -> Object:
        """Replace an object, if it is unchanged since it was read.

        Raises:
            ApiError: It was changed in the meantime.
        """
        metadata = desired["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"])
        return await self._request("PUT", path, body=desired, field_manager=MANAGER)

    async def delete(
        self, kind: ResourceKind, namespace: str, name: str, seen: Mapping[str, str] | None = None
    ) -> None:
        """Delete an object and what it owns; an absent one is no error.

        Args:
            kind: The kind.
            namespace: The object's.
            name: The object's.
            seen: Its uid and resourceVersion, if it must be unchanged.

        Raises:
            ApiError: It has changed, or the API server refused.
        """
        await self._find(
            kind.path(namespace, name),
            method="DELETE",
            body={"propagationPolicy": "Background"} | ({"preconditions": seen} if seen else {}),
        )

    async def _find(self, path: str, method: str = "GET", **parameters: Any) -> Object | None:
        try:
            return await self._request(method, path, **parameters)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    async def _request(self, method: str, path: str, **parameters: Any) -> Object:
        """Send a request; a read that the API server is not ready for is sent again.

        It answers 429 while the storage of a new kind is initialized, and 503 while it starts.
        """
        for pause in _PAUSES if method == "GET" else ():
            try:
                return await self._send(method, path, **parameters)
            except ApiError as error:
                if error.status not in _NOT_READY:
                    raise
            await self._sleep(pause)
        return await self._send(method, path, **parameters)

    async def _send(self, method: str, path: str, **parameters: Any) -> Object:
        self._counted(method)
        try:
            response = await self._dynamic.request(
                method,
                path,
                serialize=False,
                _request_timeout=TIMEOUT_SECONDS,
                **{key: value for key, value in parameters.items() if value is not None},
            )
        except DynamicApiError as error:
            raise ApiError(error.status, _message(error)) from error
        answer: Object = await response.json()
        return answer


def _message(error: DynamicApiError) -> str:
    """The API server's message; its errors are objects with a message."""
    try:
        said: Mapping[str, Any] = json.loads(error.body or "")
        return str(said["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
