"""What rendering knows besides the spec, and what follows from both."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_core.resource.v1alpha1 import API_VERSION, KIND, AnalyticsDashboard, DashboardSpec
from shopx_core.resource.v1alpha1.storage import SecretReference
from shopx_operator.manifests import names

Object = dict[str, Any]

SALT_KEY: Final = "salt"
TOKEN_KEY: Final = "token"  # noqa: S105 -- the name of a key, not a token
DSN_KEY: Final = "dsn"
URL_KEY: Final = "url"
PASSWORD_KEY: Final = "password"  # noqa: S105 -- the name of a key, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What this release of the operator runs where a manifest names no image."""

    version: str
    """The tag of the application's image."""
    app: str
    """Image of the application, without a tag."""
    postgres: str
    """Image of the bundled PostgreSQL."""
    redis: str
    """Image of the bundled Valkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a spec cannot know."""

    uid: str
    """The dashboard's own, for owner references."""
    release: Release
    secrets: Mapping[str, Mapping[str, str]]
    """Decoded values of the Secrets that the dashboard reads, by name."""
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Optional kinds that the cluster knows, as `Kind.group`."""
    operator_namespace: str | None = None
    """Where the operator runs: it scrapes the pods."""


@dataclass(frozen=True, slots=True)
class Context:
    """One dashboard to render."""

    dashboard: AnalyticsDashboard
    facts: Facts

    @property
    def spec(self) -> DashboardSpec:
        """What is asked for."""
        return self.dashboard.spec

    @property
    def name(self) -> str:
        """The dashboard's name."""
        return self.dashboard.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace of the dashboard and of all its children."""
        return self.dashboard.metadata.namespace

    @property
    def version(self) -> str:
        """The release that is asked for."""
        return self.spec.version or self.facts.release.version

    def child(self, part: str, longest: int = names.LONGEST) -> str:
        """The name of a child."""
        return names.child(self.name, part, longest)

    def knows(self, kind: str, group: str) -> bool:
        """Whether the cluster has an optional kind."""
        return f"{kind}.{group}" in self.facts.kinds

    def object(
        self,
        api_version: str,
        kind: str,
        part: str,
        component: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        owned: bool = True,
    ) -> Object:
        """The head of a child: who it is and whose.

        Args:
            api_version: Of its kind.
            kind: Its kind.
            part: What its name ends with.
            component: The component that it belongs to.
            name: Its whole name, where that is not made from `part`.
            labels: More labels.
            annotations: Its annotations.
            owned: Whether it goes when the dashboard goes.
        """
        metadata: Object = {
            "name": name or self.child(part),
            "namespace": self.namespace,
            "labels": names.labels(self.name, component) | dict(labels or {}),
        }
        if annotations:
            metadata["annotations"] = dict(annotations)
        if owned:
            metadata["ownerReferences"] = [self.owner()]
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata}

    def owner(self) -> Object:
        """The reference by which the cluster removes children of a removed dashboard."""
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.name,
            "uid": self.facts.uid,
            "controller": True,
        }

    def secret_digest(self, references: Iterable[SecretReference]) -> str:
        """A digest of the values that pods read, for their annotations.

        Keyed by a random value of this dashboard's own, because whoever may read pods may not
        guess passwords by their digests. What is missing counts as empty.
        """
        salt = self.value(SecretReference(name=self.child("token"), key=SALT_KEY)) or ""
        digest = hmac.new(salt.encode(), digestmod=hashlib.sha256)
        for reference in references:
            value = self.value(reference) or ""
            digest.update(f"{reference.name}\0{reference.key}\0{value}\0".encode())
        return digest.hexdigest()[:16]

    def value(self, reference: SecretReference) -> str | None:
        """The value that a reference means; `None` while there is none."""
        return self.facts.secrets.get(reference.name, {}).get(reference.key)
